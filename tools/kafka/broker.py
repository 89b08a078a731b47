#!/usr/bin/env python3
"""Runs a real single-node Apache Kafka on this machine's loopback address, for tests, the demo and benchmarks.

Usually called as `./dev kafka`, which also installs Java and Maven where they are missing. The server's jars come from
Maven (pom.xml beside this file) once, into .kafka/. Every instance is a folder: its settings, data, log and process id.
Invariants:
1. Only `start` prints to standard output, one line: the address for bootstrap.servers. The rest goes to standard error.
2. A process is signalled only if its id is in the instance's folder AND its command line names that folder's settings.
3. What several callers share (the jars, the blank data folder) is made beside its place, then renamed, under a lock.
4. A secured instance has no listener without TLS, and whoever has no ACL may do nothing. Its keys and passwords are
   made for it and known to everybody: they protect nothing but tests.
"""

import argparse
import contextlib
import fcntl
import os
import random
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from secured import CLIENTS, SCRAM_USERS, SECURED, Failure, make_certificates, parse_acls, set_acls

HERE = Path(__file__).resolve().parent
HOME = HERE.parent.parent / ".kafka"
HOST = "127.0.0.1"
VERSION = re.search(r"<kafka.version>(.*?)</kafka.version>", (HERE / "pom.xml").read_text()).group(1)
JARS = HOME / f"jars-{VERSION}"
# Formatted data folders; instances start from a copy, which saves one JVM start.
BLANK = HOME / f"blank-{VERSION}"
SECURED_BLANK = HOME / f"blank-secured-{VERSION}"

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
log.dirs={data}

# One node: nothing can be replicated, and few partitions of the internal topics make a quick start.
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4

# After a crash the broker waits until the session of its predecessor has expired (9 s by default).
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
# Groups form at once, and tests may use short sessions.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# A topic that nobody created is a mistake.
auto.create.topics.enable=false
# Records with timestamps of years ago stay.
log.retention.ms=-1
# The default of 128 MB would take a third of the heap.
log.cleaner.dedupe.buffer.size=33554432
"""

OPEN = """
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
"""

def say(text):
    print(f"kafka: {text}", file=sys.stderr, flush=True)


# -- what all instances share


@contextlib.contextmanager
def lock():
    HOME.mkdir(exist_ok=True)
    with open(HOME / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def java():
    path = shutil.which("java")
    if not path:
        raise Failure("Java is missing: install a Java 17 runtime (openjdk-17-jre-headless)")
    text = subprocess.run([path, "-version"], stderr=subprocess.PIPE, text=True).stderr
    version = re.search(r'version "(\d+)', text)
    if not version or int(version.group(1)) < 17:
        known = text.splitlines()[0] if text else "unknown"
        raise Failure(f"Kafka {VERSION} needs Java 17 or newer, {path} is: {known}")
    return path


def fetch_jars():
    if JARS.is_dir():
        return
    maven = shutil.which("mvn")
    if not maven:
        raise Failure("Maven is missing: install it (maven) to fetch the server's jars")
    say(f"fetching Apache Kafka {VERSION} with Maven (once, about 45 MB)")
    with tempfile.TemporaryDirectory(dir=HOME) as scratch:
        jars = Path(scratch) / "jars"
        # The goal's full name: with the short one, Maven says nothing about why it cannot be had.
        command = [maven, "-q", "-B", "-Dstyle.color=never", "-f", HERE / "pom.xml",
                   "org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy-dependencies",
                   f"-DoutputDirectory={jars}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0 or not list(jars.glob("kafka_*.jar")):
            reason = re.search(r"\[ERROR\] (.*)", done.stdout)
            raise Failure(f"Maven could not fetch the server's jars: {reason[1] if reason else done.stdout[-2000:]}")
        jars.rename(JARS)


def java_command(main, *arguments, options=()):
    return [java(), *options, f"-Dlog4j2.configurationFile={HERE / 'log4j2.xml'}", "-cp", f"{JARS}/*", main, *arguments]


def format_data(data, scratch, scram_users=()):
    settings = Path(scratch) / "server.properties"
    settings.write_text((SETTINGS + OPEN).format(host=HOST, port=9092, controller_port=19093, data=data))
    cluster_id = "c3RyZWFtcy10ZXN0cy0wMQ"  # 16 bytes in base64; nothing tells brokers of this machine apart by it
    users = [argument for user in scram_users for argument in ("--add-scram", user)]
    done = subprocess.run(java_command("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", settings, *users),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Failure(f"formatting the data folder failed:\n{done.stdout.strip()[-2000:]}")


def format_blank(blank, scram_users):
    if blank.is_dir():
        return
    with tempfile.TemporaryDirectory(dir=HOME) as scratch:
        data = Path(scratch) / "data"
        format_data(data, scratch, scram_users)
        data.rename(blank)


# -- the network


def is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((HOST, port))
        except OSError:
            return False
    return True


def free_ports(count):
    """Not among those that the system gives to clients: one that looks for a stopped broker would be given the broker's
    own port sooner or later, connect to itself, and keep the broker from coming back."""
    free = (port for port in random.sample(range(20000, 32000), 1000) if is_free(port))
    return tuple(next(free) for _ in range(count))


def receive(s, size):
    data = b""
    while len(data) < size:
        part = s.recv(size - len(data))
        if not part:
            raise OSError("closed")
        data += part
    return data


def connect(port, tls):
    plain = socket.create_connection((HOST, port), timeout=2)
    if not tls:
        return plain
    context = ssl.create_default_context(cafile=tls / "ca.pem")
    context.load_cert_chain(tls / "admin.pem")
    try:
        return context.wrap_socket(plain, server_hostname=HOST)
    except OSError:
        plain.close()
        raise


def ask(port, tls, api, version, body):
    """What the broker answers, without size and correlation id. OSError if it does not."""
    client = b"dev-kafka"
    request = struct.pack(">hhih", api, version, 7, len(client)) + client + body
    with connect(port, tls) as s:
        s.settimeout(2)
        s.sendall(struct.pack(">i", len(request)) + request)
        response = receive(s, struct.unpack(">i", receive(s, 4))[0])
    if struct.unpack_from(">i", response)[0] != 7:
        raise OSError("not an answer")
    return response[4:]


def answers(port, tls=None):
    """True if the broker lists itself in a Metadata response: the first moment at which clients can work."""
    try:
        return struct.unpack_from(">i", ask(port, tls, 3, 1, struct.pack(">i", 0)))[0] > 0  # v1, no topics
    except OSError:
        return False


# -- one instance


class Instance:
    def __init__(self, folder):
        self.dir = Path(folder).resolve()
        self.settings = self.dir / "server.properties"
        self.pid_file = self.dir / "pid"
        self.log = self.dir / "broker.log"
        self.data = self.dir / "data"
        self.tls = self.dir / "tls"
        self.acls = self.dir / "acls"  # as last given

    def pid(self):
        """The id of this instance's running process, or None."""
        try:
            pid = int(self.pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self.settings) in command else None

    def ports(self):
        """(port, controller port) of the last start, with the port for certificates if it is secured; or None."""
        try:
            text = self.settings.read_text()
        except OSError:
            return None
        return tuple(map(int, re.findall(r"://[^,]*:(\d+)", re.search(r"^listeners=.*$", text, re.M)[0])))

    def address(self):
        return f"{HOST}:{self.ports()[0]}"

    def answers(self, ports):
        return answers(ports[2], self.tls) if len(ports) == 3 else answers(ports[0])

    def choose_ports(self, wanted, secured):
        count = 3 if secured else 2
        before = self.ports()
        if before and len(before) != count:
            before = None
        if wanted == 0:
            return before if before and all(map(is_free, before)) else free_ports(count)
        if not is_free(wanted):
            raise Failure(f"port {wanted} is in use by another process; choose one with --port, or 0 for any free one")
        if before and before[0] == wanted and all(map(is_free, before[1:])):
            return before
        controller_port, *tls_port = free_ports(count - 1)
        return wanted, 19093 if is_free(19093) else controller_port, *tls_port

    def write_settings(self, ports, options):
        values = dict(zip(("port", "controller_port", "tls_port"), ports), host=HOST, data=self.data, tls=self.tls)
        text = (SETTINGS + (SECURED if options.secured else OPEN)).format(**values)
        self.settings.write_text(text + "".join(f"{line}\n" for line in options.set))
        for name, words in CLIENTS.items() if options.secured else ():
            port, *lines = words.format(**values).split()
            lines += [f"bootstrap.servers={HOST}:{values[port]}", f"ssl.ca.location={self.tls}/ca.pem"]
            (self.dir / f"{name}.properties").write_text("".join(f"{line}\n" for line in lines))

    def launch(self, ports, options):
        """Starts the process and waits until it answers; False if it ended before."""
        self.write_settings(ports, options)
        command = java_command("kafka.Kafka", str(self.settings), options=[f"-Xmx{options.heap}", "-XX:+UseG1GC"])
        self.log_start = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            process = subprocess.Popen(command, cwd=self.dir, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True)
        self.pid_file.write_text(str(process.pid))
        try:
            deadline = time.monotonic() + options.timeout_s
            while not self.answers(ports):
                if process.poll() is not None:
                    self.pid_file.unlink()
                    return False
                if time.monotonic() > deadline:
                    raise Failure(f"no answer within {options.timeout_s:g} s; see {self.log}")
                time.sleep(0.05)
        except BaseException:  # Ctrl-C as well: nobody would know that it runs
            self.stop(kill=True)
            raise
        return True

    def said(self):
        """What this start wrote to the log."""
        return self.log.read_bytes()[self.log_start :].decode(errors="replace")

    def start(self, options):
        if self.pid():
            if options.port not in (0, None, self.ports()[0]):
                raise Failure(f"{self.dir} is already running on port {self.ports()[0]}")
            if not self.answers(self.ports()):
                raise Failure(f"{self.dir} is running as process {self.pid()} but does not answer; see {self.log}")
            return
        wanted = 9092 if options.port is None else options.port
        ports = self.choose_ports(wanted, options.secured)
        begun = time.monotonic()
        blank = SECURED_BLANK if options.secured else BLANK
        with lock():
            java()
            fetch_jars()
            format_blank(blank, SCRAM_USERS if options.secured else ())
        self.dir.mkdir(parents=True, exist_ok=True)
        if options.secured:
            make_certificates(self.tls, HOST)
        if not self.data.is_dir():
            copy = self.dir / "data.new"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(blank, copy)
            copy.rename(self.data)
        # Between choosing a free port and binding it somebody else may take it: with --port 0, choose again.
        for _ in range(3 if wanted == 0 else 1):
            if self.launch(ports, options):
                say(f"Apache Kafka {VERSION} answers at {self.address()} after {time.monotonic() - begun:.1f} s, "
                    f"process {self.pid()}, folder {self.dir}")
                return
            if "Address already in use" not in self.said():
                break
            ports = self.choose_ports(wanted, options.secured)
        tail = "\n".join(self.said().splitlines()[-15:])
        raise Failure(f"the broker ended during its start; the end of {self.log}:\n{tail}")

    def stop(self, kill=False):
        """Ends the process and waits for it; True if there was one."""
        pid = self.pid()
        if not pid:
            return False
        os.kill(pid, signal.SIGKILL if kill else signal.SIGTERM)
        deadline = time.monotonic() + 30
        while self.alive(pid):
            if time.monotonic() > deadline and not kill:
                say(f"process {pid} did not end within 30 s: killing it")
                os.kill(pid, signal.SIGKILL)
                kill = True
            time.sleep(0.02)
        self.pid_file.unlink()
        return True

    def alive(self, pid):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)  # reaps it if this very process started it
        return self.pid() == pid

    def clean(self):
        self.stop(kill=True)
        for path in (self.settings, self.log, self.acls, *(self.dir / f"{name}.properties" for name in CLIENTS)):
            path.unlink(missing_ok=True)
        for path in (self.data, self.dir / "data.new", self.tls, self.dir / "tls.new"):
            shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.dir.rmdir()  # stays if there is something in it that is not ours


# -- the commands


def start(options):
    instance = Instance(options.dir)
    instance.start(options)
    print(instance.address(), flush=True)


def stop(options):
    instance = Instance(options.dir)
    say(f"stopped {instance.dir}" if instance.stop(options.kill) else f"{instance.dir} was not running")


def status(options):
    instance = Instance(options.dir)
    if not instance.pid():
        say(f"not running: {instance.dir}")
        return 1
    state = "answers" if instance.answers(instance.ports()) else "does not answer"
    say(f"process {instance.pid()} {state} at {instance.address()}, folder {instance.dir}, log {instance.log}")
    return 0 if state == "answers" else 1


def acl(options):
    instance = Instance(options.dir)
    if not instance.pid() or len(instance.ports()) != 3:
        raise Failure(f"no secured instance is running: {instance.dir}")
    lines = [line for line in sys.stdin if line.strip()]
    acls = list(dict.fromkeys(one for line in lines for one in parse_acls(line)))
    before = instance.acls.read_text().splitlines() if instance.acls.exists() else []
    set_acls(lambda *request: ask(instance.ports()[2], instance.tls, *request),
             [one for line in before for one in parse_acls(line)], acls)
    instance.acls.write_text("".join(lines))
    say(f"the ACLs of {instance.dir} are those {len(acls)}")


def clean(options):
    Instance(options.dir).clean()
    if options.all:
        running = [d for d in HOME.glob("*/") if Instance(d).pid()]
        if running:
            raise Failure(f"still running: {', '.join(map(str, running))}; stop it first")
        shutil.rmtree(HOME, ignore_errors=True)
    say(f"removed {HOME if options.all else options.dir}")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev kafka",
                                     description=f"A real single-node Apache Kafka {VERSION} on {HOST}.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="start|stop|status|acl|clean")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--dir", default=HOME / "default", help="folder of the instance (default: .kafka/default)")

    p = commands.add_parser("start", parents=[shared], help="start it, wait until it answers, print its address")
    p.set_defaults(run=start)
    p.add_argument("--port", type=int,
                   help="port for clients; 0: any free one, the last one if it still is (default: 9092)")
    p.add_argument("--heap", default="384m", help="largest size of the Java heap (default: 384m)")
    p.add_argument("--secured", action="store_true",
                   help="TLS, passwords (PLAIN, SCRAM), certificates, ACLs; clients' settings are in its folder: "
                        + ", ".join(f"{name}.properties" for name in CLIENTS))
    p.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                   help="one more broker setting; repeatable")
    p.add_argument("--timeout-s", type=float, default=60, help="give up after this many seconds (default: 60)")

    p = commands.add_parser("stop", parents=[shared], help="end it, keep its data")
    p.set_defaults(run=stop)
    p.add_argument("--kill", action="store_true", help="as in a crash: no orderly shutdown")

    p = commands.add_parser("status", parents=[shared], help="say whether it runs; exit status 1 if not")
    p.set_defaults(run=status)

    p = commands.add_parser("acl", parents=[shared],
                            help="give a secured one these permissions and no others: lines on standard input, each "
                                 "with the options of a kafka-acls.sh --add")
    p.set_defaults(run=acl)

    p = commands.add_parser("clean", parents=[shared], help="end it and remove its data")
    p.set_defaults(run=clean)
    p.add_argument("--all", action="store_true", help="remove the downloaded server as well")
    return parser.parse_args(arguments)


def main():
    options = parse(sys.argv[1:])
    try:
        return options.run(options)
    except Failure as failure:
        say(failure)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
