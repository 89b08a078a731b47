#!/usr/bin/env python3
"""What broker.py needs to secure a broker: settings, also of clients, certificates, and the ACLs it is given."""

import argparse
import shutil
import struct
import subprocess
import time


class Failure(Exception):
    """Told to the user in one line."""


# Clients log in with a password on one port, with a certificate on the other, where the broker talks to itself, too.
SECURED = """
listeners=SASL_SSL://{host}:{port},CONTROLLER://{host}:{controller_port},SSL://{host}:{tls_port}
listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:SSL,SSL:SSL
inter.broker.listener.name=SSL
ssl.keystore.type=PEM
ssl.keystore.location={tls}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={tls}/ca.pem
ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
  user_app="app-plain";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:broker
"""
SCRAM_USERS = [f"SCRAM-SHA-{bits}=[name=app,password=app-scram]" for bits in (256, 512)]

SCRAM = "port security.protocol=sasl_ssl sasl.mechanism=SCRAM"
# What clients set, by the name of the file in a secured instance's folder; `admin` may do everything.
CLIENTS = {
    "plain": "port security.protocol=sasl_ssl sasl.mechanism=PLAIN sasl.username=app sasl.password=app-plain",
    "scram256": f"{SCRAM}-SHA-256 sasl.username=app sasl.password=app-scram",
    "scram512": f"{SCRAM}-SHA-512 sasl.username=app sasl.password=app-scram",
    "mutual": "tls_port security.protocol=ssl ssl.certificate.location={tls}/app.pem ssl.key.location={tls}/app.pem",
    "admin": "tls_port security.protocol=ssl ssl.certificate.location={tls}/admin.pem ssl.key.location={tls}/admin.pem",
}


def make_certificates(folder, host):
    """An authority, ca.pem, and what it has signed: key and certificate of NAME in NAME.pem. The broker's is valid for
    its address only, not for the name localhost."""
    if folder.is_dir():
        return
    openssl = shutil.which("openssl")
    if not openssl:
        raise Failure("openssl is missing: install it (openssl) to make certificates")
    new = folder.with_name("tls.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    authority, signed = [], ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", f"subjectAltName=IP:{host}"]
    for name, options in (("ca", authority), ("broker", signed), ("admin", signed), ("app", signed)):
        command = [openssl, "req", "-x509", *options, "-subj", f"/CN={name}", "-days", "3650", "-nodes",
                   "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", f"{name}.key",
                   "-out", f"{name}.pem"]
        done = subprocess.run(command, cwd=new, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise Failure(f"openssl could not make a certificate (it takes version 3): {done.stdout.strip()[-500:]}")
        if name != "ca":
            (new / f"{name}.pem").write_text((new / f"{name}.key").read_text() + (new / f"{name}.pem").read_text())
    new.rename(folder)


# -- permissions

RESOURCES = {"topic": 2, "group": 3, "cluster": 4, "transactional_id": 5}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Delete": 6, "Describe": 8, "IdempotentWrite": 12}
PATTERNS = {"literal": 3, "prefixed": 4}
ANY, ALLOW = 1, 3


def text(value):
    return struct.pack(">h", -1) if value is None else struct.pack(">h", len(value)) + value.encode()


def parse_acls(line):
    """The ACLs that one command gives, as the protocol has them. Takes the options of kafka-acls.sh --add."""
    parser = argparse.ArgumentParser(prog="acl", allow_abbrev=False)
    parser.add_argument("--allow-principal", required=True)
    parser.add_argument("--operation", action="append", required=True, choices=OPERATIONS)
    parser.add_argument("--resource-pattern-type", default="literal", choices=PATTERNS)
    which = parser.add_mutually_exclusive_group(required=True)
    for resource in ("topic", "group", "transactional-id"):
        which.add_argument(f"--{resource}")
    which.add_argument("--cluster", action="store_const", const="kafka-cluster")
    options = parser.parse_args(line.split())
    resource = next(r for r in RESOURCES if getattr(options, r))
    return [struct.pack(">b", RESOURCES[resource]) + text(getattr(options, resource))
            + struct.pack(">b", PATTERNS[options.resource_pattern_type]) + text(options.allow_principal) + text("*")
            + struct.pack(">bb", OPERATIONS[operation], ALLOW) for operation in options.operation]


def set_acls(ask, before, acls):
    """Gives these permissions and takes away those of `before` that are not among them; returns when the broker knows.

    `ask` sends a request (number, version, body) to it and gives the answer."""

    def send(api, some):  # what is to be deleted is described as what is to be created
        if some:
            answer = ask(api, 1, struct.pack(">i", len(some)) + b"".join(some))
            if error := struct.unpack_from(">h", answer, 8)[0]:
                raise Failure(f"the broker refuses the first ACL: error {error}")

    def known():  # every ACL in the answer names a host, which is always "*"
        everything = struct.pack(">b", ANY) + text(None) + struct.pack(">b", ANY) + text(None) + text(None)
        return ask(29, 1, everything + struct.pack(">bb", ANY, ANY)).count(text("*"))

    send(30, acls)
    send(31, [one for one in before if one not in acls])
    deadline = time.monotonic() + 10
    while known() != len(acls):
        if time.monotonic() > deadline:
            raise Failure("the broker does not take the ACLs over")
        time.sleep(0.01)
