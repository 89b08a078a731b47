// Topics, records and an application of one case on a broker.
#include "broker_run.hpp"

#include "broker_observer.hpp"
#include "case_io.hpp"

#include <streams/kafka_streams.hpp>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace streams::conformance {

namespace {

constexpr int kTimeoutMs = 30000;
/// Beyond the age of every record of a case, whose times begin at 0: what is older than it the broker may delete.
constexpr std::int64_t kAdditionalRetentionMs = 100 * 365 * 86'400'000LL;

/// The case with the prefix before its application id and all its topics.
void add_prefix(Json& json, const std::string& prefix) {
  if (json.is_array()) {
    for (Json& element : json) add_prefix(element, prefix);
  }
  if (!json.is_object()) return;
  for (auto& [name, value] : json.items()) {
    if ((name == "topic" || name == "consumer_to") && value.is_string()) {
      value = prefix + value.get<std::string>();
    } else if (name == "topics") {
      for (Json& topic : value) topic = prefix + topic.get<std::string>();
    } else {
      add_prefix(value, prefix);
    }
  }
}

std::string application_id(const Json& test_case) { return test_case.at("config").value("application_id", "app"); }

/// Which record came during which step is nobody's to say.
Json in_one_step(Json topics) {
  for (auto& [topic, records] : topics.items()) {
    for (Json& record : records) record["step"] = 0;
  }
  return topics;
}

}  // namespace

std::set<std::string> internal_topics(const detail::TopologyPlan& plan, const std::string& application_id) {
  std::set<std::string> topics;
  for (const auto& [name, topic] : plan.internal_topics()) topics.insert(plan.full_topic_name(name, application_id));
  for (const std::string& store : plan.store_names()) {
    const std::string changelog = plan.changelog_topic(store);
    if (!changelog.empty() && !plan.changelog_is_source_topic(store)) topics.insert(application_id + "-" + changelog);
  }
  return topics;
}

namespace {

class BrokerCase {
 public:
  BrokerCase(const Json& test_case, const BrokerRun& run)
      : case_(test_case),
        run_(run),
        plain_(case_settings(Op(case_.at("config")))),
        operations_(case_.at("topology")),
        settings_(case_settings(Op(case_.at("config")))) {
    apply_operations(plain_, case_.at("topology"));
    add_prefix(operations_, run.prefix);
    configure();
    renamed_ = std::make_unique<Binding>(settings_);
    apply_operations(*renamed_, operations_);
    feed_ = plan_broker_feed(case_, plain_.topology().plan(), run.exactly_once);
    if (!feed_.unsuitable.empty()) throw CaseError("not for a broker: " + feed_.unsuitable);
    find_topics();
  }

  Json run() {
    const auto admin = run_.clients->admin({});
    create_topics(*admin);
    const Json actual = run_application(*admin);
    const auto topics = all_topics();
    admin->delete_topics({topics.begin(), topics.end()}, kTimeoutMs).ignore("the broker is a test's own");
    return actual;
  }

 private:
  void configure() {
    settings_.set("application.id", run_.prefix + application_id(case_));
    settings_.set("bootstrap.servers", run_.bootstrap);
    settings_.set("state.dir", run_.state_dir);
    settings_.set("processing.guarantee", std::string(run_.exactly_once ? "exactly_once_v2" : "at_least_once"));
    if (std::getenv("STREAMS_TEST_LOG") != nullptr) settings_.set_logger(stderr_logger());
    settings_.set("commit.interval.ms", 10);
    settings_.set("state.memory.bytes", 16'777'216);
    settings_.set("repartition.purge.interval.ms", kAdditionalRetentionMs);  // what was read is still to be compared
    settings_.set("windowstore.changelog.additional.retention.ms", kAdditionalRetentionMs);
  }

  void find_topics() {
    const detail::TopologyPlan& plan = renamed_->topology().plan();
    const std::string id = settings_.get("application.id");
    read_ = topics_read(plan, id);
    internal_ = internal_topics(plan, id);
    external_ = read_;
    for (const detail::SubTopology& sub : plan.sub_topologies()) {
      for (const std::string& topic : sub.sink_topics) external_.insert(plan.full_topic_name(topic, id));
    }
    for (const detail::GlobalStorePlan& global : plan.global_stores()) external_.insert(global.topic);
    for (const std::string& topic : internal_) external_.erase(topic);
  }

  std::set<std::string> all_topics() const {
    std::set<std::string> all = external_;
    all.insert(internal_.begin(), internal_.end());
    return all;
  }

  void create_topics(client::Admin& admin) const {
    std::vector<client::NewTopic> topics;
    for (const std::string& name : external_) topics.push_back({name, 1, 1, {}});
    const auto created = admin.create_topics(topics, kTimeoutMs);
    if (!created.ok()) throw std::runtime_error(created.status().message());
    for (const Status& status : created.value()) {
      if (!status.ok()) throw std::runtime_error(status.message());
    }
  }

  Json run_application(client::Admin& admin) const {
    BrokerObserver observer(*run_.clients, admin, run_.prefix, settings_.get("application.id"));
    const auto producer = run_.clients->producer({{"enable.idempotence", "true"}, {"linger.ms", "0"}});
    produce(*producer, feed_.before_start);
    KafkaStreams app(renamed_->topology(), settings_);
    app.start();
    observer.wait_for_topics(internal_, [&] { check(app); });
    for (const auto& burst : feed_.bursts) {
      produce(*producer, burst);
      observer.wait_until_quiet(all_topics(), read_, [&] { check(app); });
    }
    Json actual = result(observer, admin);
    app.close(std::chrono::milliseconds(kTimeoutMs));
    check(app);
    return actual;
  }

  void produce(client::Producer& producer, const std::vector<const Json*>& records) const {
    for (const Json* json : records) {
      const RawTestRecord record = input_record(plain_, *json);
      const std::string topic = run_.prefix + record.topic;
      const Status sent = producer.send({topic, 0, record.key ? OptionalView(*record.key) : OptionalView(),
                                         record.value ? OptionalView(*record.value) : OptionalView(), record.timestamp,
                                         &record.headers});
      if (!sent.ok()) throw std::runtime_error(sent.message());
    }
    const Status flushed = producer.flush(kTimeoutMs);
    if (!flushed.ok() || !producer.take_errors().empty()) throw std::runtime_error("the input could not be sent");
  }

  static void check(const KafkaStreams& app) {
    if (!app.last_error().empty()) throw std::runtime_error("the application failed: " + app.last_error());
  }

  Json result(const BrokerObserver& observer, client::Admin& admin) const {
    Json actual{{"output", Json::object()}, {"internal", Json::object()}, {"configs", Json::object()}};
    std::map<std::string, std::string> internal;  // without the prefix -> full
    for (const std::string& topic : internal_) internal[observer.plain_name(topic)] = topic;
    for (const auto& [topic, records] : observer.records()) {
      const bool is_internal = internal.count(topic) > 0;
      // What was fed is not output; no topic is both.
      if (!is_internal && plain_.sink_types(topic) == nullptr) continue;
      for (const RawTestRecord& record : records) {
        actual[is_internal ? "internal" : "output"][topic].push_back(is_internal ? internal_record(record)
                                                                                 : output_record(plain_, record));
      }
    }
    const Json wanted = expected_on_broker(case_).at("configs");
    for (const auto& [topic, expected] : wanted.items()) {
      const auto configs = admin.topic_configs(internal.at(topic), kTimeoutMs);
      if (!configs.ok()) throw std::runtime_error(configs.status().message());
      for (const auto& [name, value] : expected.items()) actual["configs"][topic][name] = configs.value().at(name);
    }
    for (const char* part : {"output", "internal"}) actual[part] = in_one_step(actual[part]);
    return actual;
  }

  const Json& case_;
  const BrokerRun& run_;
  Binding plain_;  ///< of the names as they are in the case
  Json operations_;
  StreamsConfig settings_;
  std::unique_ptr<Binding> renamed_;
  BrokerFeed feed_;
  std::set<std::string> read_, internal_, external_;  ///< full names; read_ is in the others
};

/// The object in a topology that gives a store of this name; null if there is none.
const Json* find_store(const Json& json, const std::string& store) {
  if (json.is_object() && json.value("name", Json()) == store) return &json;
  if (!json.is_structured()) return nullptr;
  for (const Json& part : json) {
    if (const Json* found = find_store(part, store)) return found;
  }
  return nullptr;
}

/// Settings of a store's changelog, by the kind that the case says it has.
Json changelog_configs(const std::string& kind, const Json& operations, const std::string& store) {
  if (kind.find("window") == std::string::npos && kind.find("session") == std::string::npos)
    return {{"cleanup.policy", "compact"}};
  const Json* given = find_store(operations, store);
  // Of all operators, only stream-stream joins have window stores without timestamps; those keep duplicates.
  const bool duplicates = given != nullptr ? given->value("retain_duplicates", false) : kind == "window";
  Json configs{{"cleanup.policy", duplicates ? "delete" : "compact,delete"}};
  if (given != nullptr && given->contains("retention_ms")) {
    configs["retention.ms"] = std::to_string(given->at("retention_ms").get<std::int64_t>() + kAdditionalRetentionMs);
  }
  return configs;
}

}  // namespace

std::string unsuitable_for_broker(const Json& test_case, bool exactly_once) {
  if (test_case.at("expect").contains("error")) return "it fails";
  Binding binding(case_settings(Op(test_case.at("config"))));
  try {
    apply_operations(binding, test_case.at("topology"));
  } catch (const std::exception& error) {
    return error.what();
  }
  return plan_broker_feed(test_case, binding.topology().plan(), exactly_once).unsuitable;
}

Json run_on_broker(const Json& test_case, const BrokerRun& run) { return BrokerCase(test_case, run).run(); }

Json expected_on_broker(const Json& test_case) {
  const Json& expect = test_case.at("expect");
  Json expected{{"output", in_one_step(expect.value("output", Json::object()))},
                {"internal", in_one_step(expect.value("internal", Json::object()))},
                {"configs", Json::object()}};
  const std::string application = application_id(test_case) + "-";
  for (const auto& [topic, records] : expected.at("internal").items()) {
    Json& configs = expected["configs"][topic];
    if (!topic.ends_with("-changelog")) {
      configs = {{"cleanup.policy", "delete"}, {"retention.ms", "-1"}, {"segment.bytes", "52428800"}};
      continue;
    }
    const std::string store = topic.substr(application.size(), topic.size() - application.size() - 10);
    const Json stores = expect.value("stores", Json::object());
    if (stores.contains(store)) {
      configs = changelog_configs(stores.at(store).at("kind").get<std::string>(), test_case.at("topology"), store);
    } else {
      expected["configs"].erase(topic);
    }
  }
  return expected;
}

}  // namespace streams::conformance
