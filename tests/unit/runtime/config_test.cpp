// Settings: what is accepted, what is refused and how, and what clients get of them.
#include <runtime/config.hpp>
#include <runtime/offset_reset.hpp>
#include <streams/config.hpp>
#include <streams/errors.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streams::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string refusal(const std::string& key, const std::string& value) {
  try {
    StreamsConfig().set(key, value);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

StreamsConfig minimal() { return {{"application.id", "app"}, {"bootstrap.servers", "host:9092"}}; }

TEST(StreamsConfig, NamesTheNearestKeyForAMisspeltOne) {
  EXPECT_EQ(
      refusal("commit.intervall.ms", "1"),
      "Setting commit.intervall.ms is not known. Did you mean commit.interval.ms? Settings of your own begin with "
      "\"app.\".");
  EXPECT_THAT(refusal("consumer.sesion.timeout.ms", "1"), HasSubstr("Did you mean consumer.session.timeout.ms?"));
  EXPECT_EQ(refusal("zzzzzzzzz", "1"), "Setting zzzzzzzzz is not known. Settings of your own begin with \"app.\".");
}

TEST(StreamsConfig, SaysWhichValuesAKeyTakes) {
  EXPECT_EQ(refusal("processing.guarantee", "exactly_once"),
            "Setting processing.guarantee has the value \"exactly_once\"; it takes one of: at_least_once, "
            "exactly_once_v2.");
  EXPECT_EQ(refusal("num.stream.threads", "0"),
            "Setting num.stream.threads has the value \"0\"; it takes a whole number, at least 1 and at most 1000.");
  EXPECT_EQ(refusal("num.stream.threads", "two"),
            "Setting num.stream.threads has the value \"two\"; it takes a whole number, at least 1 and at most 1000.");
  EXPECT_EQ(refusal("ensure.explicit.internal.resource.naming", "yes"),
            "Setting ensure.explicit.internal.resource.naming has the value \"yes\"; it takes true or false.");
  EXPECT_THAT(refusal("topology.optimization", "all,none"), HasSubstr("it takes none, all, or a list out of"));
  EXPECT_EQ(refusal("consumer.auto.offset.reset", "first"),
            "Setting consumer.auto.offset.reset has the value \"first\"; it takes one of: earliest, latest, none, "
            "by_duration:D with D an ISO 8601 duration such as PT1H or P7D.");
}

TEST(StreamsConfig, ExplainsWhatCannotBeChosen) {
  EXPECT_EQ(refusal("consumer.enable.auto.commit", "true"),
            "Setting consumer.enable.auto.commit cannot be chosen: offsets are committed together with state, every "
            "commit.interval.ms.");
  EXPECT_EQ(refusal("rocksdb.config.setter", "Mine"),
            "Setting rocksdb.config.setter does not exist here: state.memory.bytes bounds the memory of all RocksDB "
            "databases together.");
  EXPECT_EQ(refusal("producer.fetch.min.bytes", "1"),
            "Setting producer.fetch.min.bytes does not exist: fetch.min.bytes belongs to another kind of client.");
  EXPECT_THAT(refusal("ssl.truststore.location", "x.jks"),
              HasSubstr("give the certificates as PEM in ssl.ca.location"));
}

TEST(StreamsConfig, AcceptsJavasNamesOfHandlersAndExtractors) {
  EXPECT_EQ(
      refusal("deserialization.exception.handler", "org.apache.kafka.streams.errors.LogAndContinueExceptionHandler"),
      "accepted");
  StreamsConfig config = minimal();
  config.set("default.timestamp.extractor", "org.apache.kafka.streams.processor.WallclockTimestampExtractor");
  EXPECT_EQ(resolve_config(config, true).timestamp_extractor, DefaultTimestampExtractor::kWallclock);
}

TEST(StreamsConfig, HasKafkaStreamsDefaults) {
  const RuntimeConfig config = resolve_config(minimal(), true);
  EXPECT_FALSE(config.exactly_once);
  EXPECT_EQ(config.commit_interval_ms, 30000);
  EXPECT_EQ(config.threads, 1);
  EXPECT_EQ(config.cache_bytes, 10485760u);
  EXPECT_EQ(config.state_dir, "/tmp/kafka-streams");
  EXPECT_EQ(config.max_task_idle_ms, 0);
  EXPECT_EQ(config.replication_factor, -1);
  EXPECT_EQ(config.buffered_records, 1000u);
  EXPECT_EQ(config.max_poll_records, 1000u);
  EXPECT_EQ(config.task_timeout_ms, 300000);
  EXPECT_EQ(config.repartition_purge_interval_ms, 30000);
  EXPECT_EQ(config.offset_reset.policy, AutoOffsetReset::Policy::kEarliest);
}

TEST(StreamsConfig, TakesAnOffsetResetByDuration) {
  StreamsConfig config = minimal();
  config.set("auto.offset.reset", "by_duration:P1DT2H3M4.5S");
  const AutoOffsetReset reset = resolve_config(config, true).offset_reset;
  EXPECT_EQ(reset.policy, AutoOffsetReset::Policy::kByDuration);
  EXPECT_EQ(reset.duration_ms, 86400000 + 2 * 3600000 + 3 * 60000 + 4500);
  for (const char* wrong : {"by_duration", "by_duration:", "by_duration:1H", "by_duration:P1H", "by_duration:PT-1S",
                            "by_duration:PT1.5H", "sometimes"}) {
    EXPECT_THROW(config.set("auto.offset.reset", wrong), ConfigError) << wrong;
  }
}

TEST(IsoDuration, IsReadAsJavaDoes) {
  EXPECT_EQ(parse_iso_duration("PT0S"), 0);
  EXPECT_EQ(parse_iso_duration("pt1h1m"), 3660000);
  EXPECT_EQ(parse_iso_duration("P2D"), 172800000);
  EXPECT_EQ(parse_iso_duration("PT0.0019S"), 1);
  EXPECT_EQ(parse_iso_duration("PT9223372036854775S"), 9223372036854775000);
  for (const char* wrong : {"", "P", "PT", "1S", "P1DT", "PT1S1M", "PT1H1H", "PT1", "PT.5S", "PT1.S1", "PT 1S", "P1W",
                            "PT9223372036854776S", "PT99999999999999999999S", "PT0.0000000001S", "PTS"}) {
    EXPECT_EQ(parse_iso_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(StreamsConfig, CommitsMoreOftenUnderExactlyOnce) {
  StreamsConfig config = minimal();
  config.set("processing.guarantee", "exactly_once_v2");
  EXPECT_EQ(resolve_config(config, true).commit_interval_ms, 100);
  config.set("commit.interval.ms", 20000);
  EXPECT_THROW(resolve_config(config, true), ConfigError) << "a transaction would outlive its timeout";
  config.set("producer.transaction.timeout.ms", 60000);
  EXPECT_EQ(resolve_config(config, true).commit_interval_ms, 20000);
}

TEST(StreamsConfig, TellsWhatIsMissing) {
  EXPECT_THROW(resolve_config(StreamsConfig{{"bootstrap.servers", "host:9092"}}, true), ConfigError);
  EXPECT_THROW(resolve_config(StreamsConfig{{"application.id", "app"}}, true), ConfigError);
  EXPECT_EQ(resolve_config(StreamsConfig{{"application.id", "app"}}, false).application_id, "app");
  EXPECT_THROW(resolve_config(StreamsConfig{{"application.id", "my app"}}, false), ConfigError);
}

TEST(StreamsConfig, HandsSettingsToTheClientsThatKnowThem) {
  StreamsConfig config = minimal();
  config.set("security.protocol", "SASL_SSL");
  config.set("sasl.mechanism", "PLAIN");
  config.set("sasl.jaas.config",
             "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"me\" password=\"s3cret\";");
  config.set("session.timeout.ms", 10000);
  config.set("consumer.session.timeout.ms", 20000);
  config.set("main.consumer.session.timeout.ms", 30000);
  config.set("fetch.max.wait.ms", 100);
  config.set("producer.buffer.memory", 2048000);
  config.set("receive.buffer.bytes", 65536);
  const RuntimeConfig resolved = resolve_config(config, true);
  EXPECT_EQ(resolved.consumer(ConsumerKind::kMain, "c1"), (client::Settings{{"bootstrap.servers", "host:9092"},
                                                                            {"client.id", "c1"},
                                                                            {"fetch.wait.max.ms", "100"},
                                                                            {"group.id", "app"},
                                                                            {"max.poll.interval.ms", "300000"},
                                                                            {"sasl.mechanism", "PLAIN"},
                                                                            {"sasl.password", "s3cret"},
                                                                            {"sasl.username", "me"},
                                                                            {"security.protocol", "sasl_ssl"},
                                                                            {"session.timeout.ms", "30000"},
                                                                            {"socket.receive.buffer.bytes", "65536"}}));
  EXPECT_EQ(resolved.consumer(ConsumerKind::kRestore, "r1").at("session.timeout.ms"), "20000");
  EXPECT_EQ(resolved.producer("p1", ""), (client::Settings{{"bootstrap.servers", "host:9092"},
                                                           {"client.id", "p1"},
                                                           {"enable.idempotence", "true"},
                                                           {"queue.buffering.max.kbytes", "2000"},
                                                           {"sasl.mechanism", "PLAIN"},
                                                           {"sasl.password", "s3cret"},
                                                           {"sasl.username", "me"},
                                                           {"security.protocol", "sasl_ssl"},
                                                           {"socket.receive.buffer.bytes", "65536"}}));
}

TEST(StreamsConfig, HandsWhatSecuresConnectionsToEveryClient) {
  const client::Settings settings = {{"sasl.mechanism", "SCRAM-SHA-512"},
                                     {"sasl.password", "s3cret"},
                                     {"sasl.username", "me"},
                                     {"security.protocol", "sasl_ssl"},
                                     {"ssl.ca.location", "/ca.pem"},
                                     {"ssl.certificate.location", "/me.pem"},
                                     {"ssl.endpoint.identification.algorithm", "none"},
                                     {"ssl.key.location", "/me.key"},
                                     {"ssl.key.password", "k3y"}};
  StreamsConfig config = minimal();
  for (const auto& [key, value] : settings) config.set(key, value);
  config.set("ssl.endpoint.identification.algorithm", "");  // Java's way
  config.set("admin.sasl.username", "boss");
  const RuntimeConfig resolved = resolve_config(config, true);
  const client::Settings clients[] = {
      resolved.consumer(ConsumerKind::kMain, "c"), resolved.consumer(ConsumerKind::kRestore, "c"),
      resolved.consumer(ConsumerKind::kGlobal, "c"), resolved.producer("p", "id"), resolved.admin("a")};
  for (const client::Settings& client : clients) {
    const bool admin = client.at("client.id") == "a";
    for (const auto& [key, value] : settings) EXPECT_EQ(client.at(key), admin && value == "me" ? "boss" : value) << key;
  }
}

TEST(StreamsConfig, TakesAJaasLineApart) {
  StreamsConfig config = minimal();
  config.set("sasl.jaas.config",
             R"(org.apache.kafka.common.security.scram.ScramLoginModule required username='me' password="a\"b\\c";)");
  const client::Settings admin = resolve_config(config, true).admin("a");
  EXPECT_EQ(admin.at("sasl.username"), "me");
  EXPECT_EQ(admin.at("sasl.password"), R"(a"b\c)");
  const std::string error = refusal("sasl.jaas.config", "com.example.Mine required password=\"s3cret\";");
  EXPECT_THAT(error, AllOf(HasSubstr("sasl.username"), testing::Not(HasSubstr("s3cret"))));
}

TEST(StreamsConfig, NamesWhatStandsForJavasWaysToSecureConnections) {
  const std::pair<const char*, const char*> settings[] = {{"ssl.truststore.location", "ssl.ca.location"},
                                                          {"ssl.truststore.password", "ssl.ca.location"},
                                                          {"ssl.truststore.type", "ssl.ca.location"},
                                                          {"ssl.keystore.type", "ssl.certificate.location"},
                                                          {"ssl.enabled.protocols", "ssl.cipher.suites"},
                                                          {"sasl.login.class", "Java class"},
                                                          {"sasl.login.refresh.window.factor", "sasl.oauthbearer"}};
  for (const auto& [key, instead] : settings) {
    EXPECT_THAT(refusal(key, "s3cret"), AllOf(HasSubstr(key), HasSubstr(instead), testing::Not(HasSubstr("s3cret"))));
  }
}

TEST(StreamsConfig, GivesTheTopologyItsPart) {
  StreamsConfig config = minimal();
  config.set("topology.optimization", "merge.repartition.topics, single.store.self.join");
  config.set("dsl.store.suppliers.class",
             "org.apache.kafka.streams.state.BuiltInDslStoreSuppliers$InMemoryDslStoreSuppliers");
  config.set("dsl.store.format", "HEADERS");
  EXPECT_FALSE(config.optimization().reuse_ktable_source_topics);
  EXPECT_TRUE(config.optimization().merge_repartition_topics);
  EXPECT_TRUE(config.optimization().single_store_self_join);
  EXPECT_EQ(config.topology().default_store, StoreType::kInMemory);
  EXPECT_TRUE(config.topology().store_headers);
}

TEST(StreamsConfig, KeepsTheApplicationsOwnSettings) {
  StreamsConfig config = minimal();
  config.set("app.colour", "blue").set("topic.retention.bytes", 5);
  EXPECT_EQ(config.get("app.colour"), "blue");
  EXPECT_EQ(config.get("app.shape"), "");
  EXPECT_EQ(resolve_config(config, true).topic_defaults,
            (std::map<std::string, std::string>{{"retention.bytes", "5"}}));
}

TEST(StreamsConfig, ReadsTagsForStandbyTasks) {
  StreamsConfig config = minimal();
  config.set("num.standby.replicas", 2).set("client.tag.zone", "eu-1a").set("client.tag.cluster", "k8s");
  config.set("rack.aware.assignment.tags", "zone, cluster");
  const RuntimeConfig resolved = resolve_config(config, true);
  EXPECT_EQ(resolved.standby_replicas, 2);
  EXPECT_EQ(resolved.rack_tags, (std::vector<std::string>{"zone", "cluster"}));
  EXPECT_EQ(resolved.client_tags, (std::map<std::string, std::string>{{"cluster", "k8s"}, {"zone", "eu-1a"}}));
  EXPECT_THROW(resolve_config(StreamsConfig(config).set("rack.aware.assignment.tags", "floor"), true), ConfigError);
  EXPECT_THROW(resolve_config(StreamsConfig(config).set("client.tag.zone", "a;b"), true), ConfigError);
  EXPECT_THROW(resolve_config(StreamsConfig(config).set("client.tag.zone", std::string(31, 'x')), true), ConfigError);
  for (const char* tag : {"a", "b", "c", "d"}) config.set(std::string("client.tag.") + tag, "x");
  EXPECT_THROW(resolve_config(config, true), ConfigError) << "six of them";
}

}  // namespace
}  // namespace streams::runtime
