// The settings of librdkafka's clients, which of them pass, and what Java's names for them are.
#include <runtime/config_keys.hpp>

#include <streams/errors.hpp>

#include <algorithm>

namespace streams::runtime {

namespace {

enum Scope : char { kBoth = '*', kConsumer = 'C', kProducer = 'P' };

struct PassedKey {
  std::string_view name;
  Scope scope;
};

/// librdkafka's settings that an application may choose, of 2.0.2 and later; an older library refuses what it does not
/// know.
constexpr PassedKey kPassed[] = {
    {"acks", kProducer},
    {"allow.auto.create.topics", kConsumer},
    {"api.version.fallback.ms", kBoth},
    {"api.version.request", kBoth},
    {"api.version.request.timeout.ms", kBoth},
    {"batch.num.messages", kProducer},
    {"batch.size", kProducer},
    {"broker.address.family", kBoth},
    {"broker.address.ttl", kBoth},
    {"broker.version.fallback", kBoth},
    {"builtin.features", kBoth},
    {"check.crcs", kConsumer},
    {"client.dns.lookup", kBoth},
    {"client.rack", kConsumer},
    {"compression.codec", kProducer},
    {"compression.level", kProducer},
    {"compression.type", kProducer},
    {"connections.max.idle.ms", kBoth},
    {"coordinator.query.interval.ms", kConsumer},
    {"debug", kBoth},
    {"delivery.timeout.ms", kProducer},
    {"enable.gapless.guarantee", kProducer},
    {"enable.idempotence", kProducer},
    {"enable.metrics.push", kBoth},
    {"enable.random.seed", kBoth},
    {"enable.sasl.oauthbearer.unsecure.jwt", kBoth},
    {"enable.ssl.certificate.verification", kBoth},
    {"fetch.error.backoff.ms", kConsumer},
    {"fetch.max.bytes", kConsumer},
    {"fetch.message.max.bytes", kConsumer},
    {"fetch.min.bytes", kConsumer},
    {"fetch.queue.backoff.ms", kConsumer},
    {"fetch.wait.max.ms", kConsumer},
    {"group.instance.id", kConsumer},
    {"group.protocol.type", kConsumer},
    {"heartbeat.interval.ms", kConsumer},
    {"isolation.level", kConsumer},
    {"linger.ms", kProducer},
    {"log.connection.close", kBoth},
    {"log_level", kBoth},
    {"max.in.flight", kBoth},
    {"max.in.flight.requests.per.connection", kBoth},
    {"max.partition.fetch.bytes", kConsumer},
    {"max.poll.interval.ms", kConsumer},
    {"message.copy.max.bytes", kBoth},
    {"message.max.bytes", kBoth},
    {"message.send.max.retries", kProducer},
    {"message.timeout.ms", kProducer},
    {"metadata.max.age.ms", kBoth},
    {"metadata.recovery.rebootstrap.trigger.ms", kBoth},
    {"metadata.recovery.strategy", kBoth},
    {"plugin.library.paths", kBoth},
    {"queue.buffering.backpressure.threshold", kProducer},
    {"queue.buffering.max.kbytes", kProducer},
    {"queue.buffering.max.messages", kProducer},
    {"queue.buffering.max.ms", kProducer},
    {"queued.max.messages.kbytes", kConsumer},
    {"queued.min.messages", kConsumer},
    {"receive.message.max.bytes", kBoth},
    {"reconnect.backoff.jitter.ms", kBoth},
    {"reconnect.backoff.max.ms", kBoth},
    {"reconnect.backoff.ms", kBoth},
    {"request.required.acks", kProducer},
    {"request.timeout.ms", kProducer},
    {"retries", kProducer},
    {"retry.backoff.max.ms", kBoth},
    {"retry.backoff.ms", kBoth},
    {"sasl.kerberos.keytab", kBoth},
    {"sasl.kerberos.kinit.cmd", kBoth},
    {"sasl.kerberos.min.time.before.relogin", kBoth},
    {"sasl.kerberos.principal", kBoth},
    {"sasl.kerberos.service.name", kBoth},
    {"sasl.mechanism", kBoth},
    {"sasl.mechanisms", kBoth},
    {"sasl.oauthbearer.client.id", kBoth},
    {"sasl.oauthbearer.client.secret", kBoth},
    {"sasl.oauthbearer.config", kBoth},
    {"sasl.oauthbearer.extensions", kBoth},
    {"sasl.oauthbearer.method", kBoth},
    {"sasl.oauthbearer.scope", kBoth},
    {"sasl.oauthbearer.token.endpoint.url", kBoth},
    {"sasl.password", kBoth},
    {"sasl.username", kBoth},
    {"security.protocol", kBoth},
    {"session.timeout.ms", kConsumer},
    {"socket.connection.setup.timeout.ms", kBoth},
    {"socket.keepalive.enable", kBoth},
    {"socket.max.fails", kBoth},
    {"socket.nagle.disable", kBoth},
    {"socket.receive.buffer.bytes", kBoth},
    {"socket.send.buffer.bytes", kBoth},
    {"socket.timeout.ms", kBoth},
    {"ssl.ca.certificate.stores", kBoth},
    {"ssl.ca.location", kBoth},
    {"ssl.ca.pem", kBoth},
    {"ssl.certificate.location", kBoth},
    {"ssl.certificate.pem", kBoth},
    {"ssl.cipher.suites", kBoth},
    {"ssl.crl.location", kBoth},
    {"ssl.curves.list", kBoth},
    {"ssl.endpoint.identification.algorithm", kBoth},
    {"ssl.engine.id", kBoth},
    {"ssl.engine.location", kBoth},
    {"ssl.key.location", kBoth},
    {"ssl.key.password", kBoth},
    {"ssl.key.pem", kBoth},
    {"ssl.keystore.location", kBoth},
    {"ssl.keystore.password", kBoth},
    {"ssl.providers", kBoth},
    {"ssl.sigalgs.list", kBoth},
    {"statistics.interval.ms", kBoth},
    {"sticky.partitioning.linger.ms", kProducer},
    {"topic.metadata.propagation.max.ms", kBoth},
    {"topic.metadata.refresh.fast.interval.ms", kBoth},
    {"topic.metadata.refresh.interval.ms", kBoth},
    {"topic.metadata.refresh.sparse", kBoth},
    {"transaction.timeout.ms", kProducer},
};

/// Java's name, librdkafka's, and what to divide a number by.
struct Renamed {
  std::string_view java;
  std::string_view name;
  Scope scope;
  std::int64_t divide_by = 1;
};

constexpr Renamed kRenamed[] = {
    {"buffer.memory", "queue.buffering.max.kbytes", kProducer, 1024},
    {"fetch.max.wait.ms", "fetch.wait.max.ms", kConsumer},
    {"max.request.size", "message.max.bytes", kProducer},
    {"receive.buffer.bytes", "socket.receive.buffer.bytes", kBoth},
    {"sasl.jaas.config", "sasl.jaas.config", kBoth},  // taken apart below
    {"send.buffer.bytes", "socket.send.buffer.bytes", kBoth},
    {"socket.connection.setup.timeout.max.ms", "socket.connection.setup.timeout.ms", kBoth},
    {"ssl.keystore.certificate.chain", "ssl.certificate.pem", kBoth},
    {"ssl.keystore.key", "ssl.key.pem", kBoth},
    {"ssl.truststore.certificates", "ssl.ca.pem", kBoth},
    {"compression.gzip.level", "compression.level", kProducer},
    {"compression.lz4.level", "compression.level", kProducer},
    {"compression.zstd.level", "compression.level", kProducer},
};

struct Explained {
  std::string_view name;
  std::string_view why;
};

constexpr std::string_view kByUs = "it is set by the library itself";
constexpr std::string_view kNoJks =
    "Java's keystore format is not read; give the certificates as PEM in ssl.ca.location";
constexpr std::string_view kJavaTls =
    "it chooses among Java's implementations of TLS; OpenSSL takes ssl.cipher.suites, ssl.curves.list and "
    "ssl.sigalgs.list";
constexpr std::string_view kJavaLogin =
    "logins are librdkafka's; see sasl.kerberos.min.time.before.relogin and the sasl.oauthbearer settings";

constexpr Explained kRefusedKeys[] = {
    {"auto.commit.enable", "offsets are committed together with state, every commit.interval.ms"},
    {"auto.commit.interval.ms", "offsets are committed together with state, every commit.interval.ms"},
    {"enable.auto.commit", "offsets are committed together with state, every commit.interval.ms"},
    {"enable.auto.offset.store", kByUs},
    {"enable.partition.eof", kByUs},
    {"group.id", "the group is application.id"},
    {"interceptor.classes", "there are no interceptors"},
    {"key.deserializer", "serdes belong to the types of the topology (see Serde<T>)"},
    {"key.serializer", "serdes belong to the types of the topology (see Serde<T>)"},
    {"partition.assignment.strategy", "tasks need cooperative-sticky, which the library sets"},
    {"partitioner", "records are partitioned by murmur2 as in Java, or by a StreamPartitioner"},
    {"partitioner.class", "records are partitioned by murmur2 as in Java, or by a StreamPartitioner"},
    {"sasl.client.callback.handler.class", "it names a Java class"},
    {"sasl.kerberos.ticket.renew.jitter", kJavaLogin},
    {"sasl.kerberos.ticket.renew.window.factor", kJavaLogin},
    {"sasl.login.callback.handler.class", "it names a Java class; see sasl.oauthbearer.method"},
    {"sasl.login.class", "it names a Java class"},
    {"sasl.login.connect.timeout.ms", kJavaLogin},
    {"sasl.login.read.timeout.ms", kJavaLogin},
    {"sasl.login.refresh.buffer.seconds", kJavaLogin},
    {"sasl.login.refresh.min.period.seconds", kJavaLogin},
    {"sasl.login.refresh.window.factor", kJavaLogin},
    {"sasl.login.refresh.window.jitter", kJavaLogin},
    {"sasl.login.retry.backoff.max.ms", kJavaLogin},
    {"sasl.login.retry.backoff.ms", kJavaLogin},
    {"security.providers", "it names a Java class"},
    {"ssl.enabled.protocols", "OpenSSL takes the newest that both sides have; see ssl.cipher.suites"},
    {"ssl.engine.factory.class", "it names a Java class; see ssl.engine.location"},
    {"ssl.keymanager.algorithm", kJavaTls},
    {"ssl.keystore.type",
     "ssl.keystore.location is read as PKCS#12; give PEM in ssl.certificate.location and ssl.key.location"},
    {"ssl.protocol", "OpenSSL takes the newest that both sides have; see ssl.cipher.suites"},
    {"ssl.provider", kJavaTls},
    {"ssl.secure.random.implementation", kJavaTls},
    {"ssl.trustmanager.algorithm", kJavaTls},
    {"ssl.truststore.location", kNoJks},
    {"ssl.truststore.password", kNoJks},
    {"ssl.truststore.type", kNoJks},
    {"transactional.id", kByUs},
    {"value.deserializer", "serdes belong to the types of the topology (see Serde<T>)"},
    {"value.serializer", "serdes belong to the types of the topology (see Serde<T>)"},
};

/// Consumer settings that mean something to the runtime rather than to librdkafka.
constexpr std::string_view kOurConsumerKeys[] = {"auto.offset.reset", "max.poll.records"};

template <class Table, class Name>
auto find(const Table& table, std::string_view name, Name name_of) {
  return std::find_if(std::begin(table), std::end(table), [&](const auto& entry) { return name_of(entry) == name; });
}

bool in_scope(Scope scope, ClientRole role) {
  return scope == kBoth || (role == ClientRole::kConsumer && scope == kConsumer) ||
         (role == ClientRole::kProducer && scope == kProducer);
}

/// The value of `field="..."` in a JAAS line, where a backslash protects the character behind it; nullopt if it is not
/// there.
std::optional<std::string> jaas_field(std::string_view line, std::string_view field) {
  std::size_t at = line.find(std::string(field) + "=");
  if (at == std::string_view::npos) return std::nullopt;
  at += field.size() + 1;
  if (at >= line.size() || (line[at] != '"' && line[at] != '\'')) return std::nullopt;
  const char quote = line[at];
  std::string value;
  for (++at; at < line.size() && line[at] != quote; ++at) {
    if (line[at] == '\\' && at + 1 < line.size()) ++at;
    value += line[at];
  }
  return at < line.size() ? std::optional(value) : std::nullopt;
}

void translate_jaas(const std::string& value, client::Settings& out) {
  const auto user = jaas_field(value, "username");
  const auto password = jaas_field(value, "password");
  const bool known =
      value.find("PlainLoginModule") != std::string::npos || value.find("ScramLoginModule") != std::string::npos;
  if (!known || !user || !password) {
    throw ConfigError(
        "Setting sasl.jaas.config is understood for PlainLoginModule and ScramLoginModule with username=\"...\" and "
        "password=\"...\"; otherwise give sasl.username and sasl.password, or the sasl.oauthbearer settings.");
  }
  out["sasl.username"] = *user;
  out["sasl.password"] = *password;
}

}  // namespace

ClientKey classify_client_key(ClientRole role, std::string_view name) {
  const auto refused = find(kRefusedKeys, name, [](const Explained& e) { return e.name; });
  if (refused != std::end(kRefusedKeys)) return {ClientKey::Use::kRefused, std::string(refused->why)};
  const auto our_key = find(kOurConsumerKeys, name, [](std::string_view n) { return n; });
  if (our_key != std::end(kOurConsumerKeys)) {
    return {role == ClientRole::kConsumer ? ClientKey::Use::kOurs : ClientKey::Use::kOtherRole, {}};
  }
  const auto renamed = find(kRenamed, name, [](const Renamed& r) { return r.java; });
  if (renamed != std::end(kRenamed)) {
    return {in_scope(renamed->scope, role) ? ClientKey::Use::kPass : ClientKey::Use::kOtherRole, {}};
  }
  const auto passed = find(kPassed, name, [](const PassedKey& p) { return p.name; });
  if (passed == std::end(kPassed)) return {};
  return {in_scope(passed->scope, role) ? ClientKey::Use::kPass : ClientKey::Use::kOtherRole, {}};
}

void translate_client_setting(const std::string& name, const std::string& value, client::Settings& out) {
  if (name == "sasl.jaas.config") return translate_jaas(value, out);
  if (name == "ssl.endpoint.identification.algorithm" && value.empty()) {
    out[name] = "none";  // Java's way to switch it off
    return;
  }
  if (name == "security.protocol") {  // Java writes SASL_SSL, librdkafka sasl_ssl
    std::string lower = value;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    out[name] = lower;
    return;
  }
  const auto renamed = find(kRenamed, name, [](const Renamed& r) { return r.java; });
  if (renamed == std::end(kRenamed)) {
    out[name] = value;
    return;
  }
  if (renamed->divide_by == 1) {
    out[std::string(renamed->name)] = value;
    return;
  }
  const auto number = parse_integer(value);
  if (!number || *number <= 0)
    throw ConfigError("Setting " + name + " has the value \"" + value + "\"; it takes a number above 0.");
  out[std::string(renamed->name)] = std::to_string(std::max<std::int64_t>(1, *number / renamed->divide_by));
}

std::vector<std::string_view> client_key_names() {
  std::vector<std::string_view> names(std::begin(kOurConsumerKeys), std::end(kOurConsumerKeys));
  for (const PassedKey& key : kPassed) names.push_back(key.name);
  for (const Renamed& key : kRenamed) names.push_back(key.java);
  return names;
}

}  // namespace streams::runtime
