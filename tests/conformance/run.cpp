#include "run.hpp"

#include "binding.hpp"
#include "errors.hpp"
#include "listing.hpp"

#include <streams/config.hpp>
#include <streams/testing/topology_test_driver.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>

namespace streams::conformance {

namespace {

/// A choice of a configuration field as the library's setting.
struct Choice {
  const char* field;
  const char* setting;
  std::map<std::string, std::string> values;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> list = {
      {"timestamp_extractor",
       "default.timestamp.extractor",
       {{"fail", "FailOnInvalidTimestamp"},
        {"skip", "LogAndSkipOnInvalidTimestamp"},
        {"partition_time", "UsePartitionTimeOnInvalidTimestamp"}}},
      {"deserialization_handler",
       "deserialization.exception.handler",
       {{"fail", "LogAndFailExceptionHandler"}, {"continue", "LogAndContinueExceptionHandler"}}},
      {"processing_handler",
       "processing.exception.handler",
       {{"fail", "LogAndFailProcessingExceptionHandler"}, {"continue", "LogAndContinueProcessingExceptionHandler"}}},
      {"default_store",
       "dsl.store.suppliers.class",
       {{"rocks_db", "RocksDBDslStoreSuppliers"}, {"in_memory", "InMemoryDslStoreSuppliers"}}},
      {"store_format", "dsl.store.format", {{"default", "DEFAULT"}, {"headers", "HEADERS"}}},
  };
  return list;
}

StreamsConfig settings(const Op& config) {
  StreamsConfig settings;
  settings.set("application.id", config.text_or("application_id", "app"));
  settings.set("statestore.cache.max.bytes", config.number_or("cache_bytes", 0));
  settings.set("ensure.explicit.internal.resource.naming", config.flag("explicit_naming"));
  settings.set_logger(nullptr);
  for (const Choice& choice : choices()) {
    if (config.has(choice.field)) settings.set(choice.setting, choice.values.at(config.text(choice.field)));
  }
  if (!config.has("optimize")) return settings;
  std::string rewrites;
  for (const Json& rewrite :
       config.at("optimize").is_array() ? config.at("optimize") : Json::array({config.at("optimize")})) {
    rewrites += (rewrites.empty() ? "" : ",") + rewrite.get<std::string>();
  }
  settings.set("topology.optimization", rewrites);
  return settings;
}

Json lines_of(const std::string& text) {
  Json lines = Json::array();
  std::size_t from = 0;
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', from)) {
    lines.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  lines.push_back(text.substr(from));
  return lines;
}

Json hex_or_null(const OptionalBytes& bytes) { return bytes ? Json(to_hex(*bytes)) : Json(); }

class CaseRun {
 public:
  explicit CaseRun(const Json& test_case)
      : case_(test_case), config_(case_.at("config")), settings_(settings(config_)), binding_(settings_) {}

  Json run() {
    try {
      build();
      start();
      for (step_ = 0; step_ < case_.at("input").size(); ++step_) take_step(case_.at("input")[step_]);
      finish();
    } catch (const NotSupported&) {
      throw;
    } catch (const CaseError&) {
      throw;
    } catch (...) {
      fail(std::current_exception());
    }
    return actual_;
  }

 private:
  const Json& operations() const { return case_.at("topology"); }

  void build() {
    phase_ = "build";
    apply_operations(binding_, operations());
    actual_["description"] = lines_of(binding_.topology().describe());
  }

  void start() {
    phase_ = "start";
    TestDriverOptions options;
    options.wall_clock_start_ms = config_.number_or("wall_clock_start_ms", 0);
    options.commit_each_record = config_.text_or("commit", "each") == "each";
    driver_ = std::make_unique<TopologyTestDriver>(binding_.topology(), settings_, options);
    phase_ = "step";
    actual_["output"] = Json::object();
    actual_["internal"] = Json::object();
    find_internal_topics();
  }

  void find_internal_topics() {
    const detail::TopologyPlan& plan = binding_.topology().plan();
    const std::string prefix = driver_->application_id() + "-";
    for (const auto& [name, topic] : plan.internal_topics()) internal_topics_.insert(prefix + name);
    for (const std::string& store : plan.store_names()) {
      if (!plan.changelog_is_source_topic(store)) internal_topics_.insert(prefix + plan.changelog_topic(store));
    }
  }

  void take_step(const Json& step) {
    if (step.contains("batch")) {
      std::vector<RawTestRecord> records;
      for (const Json& record : step.at("batch")) records.push_back(input_record(record));
      driver_->pipe_batch(records);
    } else if (step.contains("advance_wall_clock_ms")) {
      driver_->advance_wall_clock_time(step.at("advance_wall_clock_ms").get<std::int64_t>());
    } else if (step.contains("commit")) {
      driver_->commit();
    } else if (step.contains("checkpoint")) {
      actual_["checkpoints"][step.at("checkpoint").get<std::string>()] = {{"output_counts", output_counts()},
                                                                          {"stores", stores()}};
    } else {
      driver_->pipe_raw(input_record(step));
    }
    for (const RawTestRecord& record : driver_->take_outputs()) add_output(record);
    observed_ = *binding_.observed();
  }

  RawTestRecord input_record(const Json& json) {
    const Op record(json);
    RawTestRecord raw;
    raw.topic = record.text("topic");
    const TopicTypes* types = binding_.source_types(raw.topic);
    raw.key = input_bytes(record.at("key"), types == nullptr ? Type() : types->key);
    raw.value = input_bytes(record.at("value"), types == nullptr ? Type() : types->value);
    raw.timestamp = record.number("ts");
    if (!record.has("headers")) return raw;
    for (const Json& header : record.at("headers")) {
      raw.headers.add(header[0].get<std::string>(),
                      header[1].is_null() ? OptionalBytes() : header[1].get<std::string>());
    }
    return raw;
  }

  OptionalBytes input_bytes(const Json& json, const Type& type) {
    if (json.is_object() && json.contains("raw_hex")) return from_hex(json.at("raw_hex").get<std::string>());
    return to_bytes(from_json(json, type), type);
  }

  void add_output(const RawTestRecord& record) {
    Json json{{"step", step_}, {"ts", record.timestamp < 0 ? Json() : Json(record.timestamp)}};
    const bool internal = internal_topics_.count(record.topic) > 0;
    if (internal) {
      json["key_hex"] = hex_or_null(record.key);
      json["value_hex"] = hex_or_null(record.value);
    } else {
      const TopicTypes* types = binding_.sink_types(record.topic);
      if (types == nullptr) throw CaseError("a record came out of topic " + record.topic + ", which is no sink's");
      json["key"] = to_json(from_bytes(record.key, types->key));
      json["value"] = to_json(from_bytes(record.value, types->value));
      if (types->key.windowed()) json["key_hex"] = hex_or_null(record.key);
    }
    if (!record.headers.empty()) add_headers(json, record.headers, internal);
    actual_[internal ? "internal" : "output"][record.topic].push_back(std::move(json));
  }

  static void add_headers(Json& json, const Headers& headers, bool internal) {
    Json& list = json[internal ? "headers_hex" : "headers"] = Json::array();
    for (const Header& header : headers) {
      list.push_back(Json::array({header.key, internal       ? hex_or_null(header.value)
                                              : header.value ? Json(*header.value)
                                                             : Json()}));
    }
  }

  Json output_counts() const {
    Json counts = Json::object();
    for (const auto& [topic, records] : actual_.at("output").items()) counts[topic] = records.size();
    return counts;
  }

  /// All keys of input records, each once, for stores that can only be asked for the versions of a key.
  std::vector<Dyn> input_keys() const {
    std::vector<Dyn> keys;
    auto add = [&](const Json& record) {
      const TopicTypes* types =
          record.contains("topic") ? binding_.source_types(record.at("topic").get<std::string>()) : nullptr;
      if (types == nullptr || (record.at("key").is_object() && record.at("key").contains("raw_hex"))) return;
      Dyn key = from_json(record.at("key"), types->key);
      if (!key.is_null() && std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
    };
    for (const Json& step : case_.at("input")) {
      if (!step.contains("batch")) {
        add(step);
        continue;
      }
      for (const Json& record : step.at("batch")) add(record);
    }
    return keys;
  }

  Json stores() {
    Json stores = Json::object();
    const std::vector<Dyn> keys = input_keys();
    for (const std::string& name : driver_->state_store_names()) {
      if (auto list = list_store(*driver_->state_store(name), binding_.topology().plan().store(name), keys)) {
        stores[name] = std::move(*list);
      }
    }
    return stores;
  }

  void finish() {
    actual_["stores"] = stores();
    actual_["dropped_records"] = driver_->dropped_records();
    add_observed();
    if (!case_.contains("queries")) return;
    Json& results = actual_["queries"] = Json::array();
    for (const Json& query : case_.at("queries")) {
      const auto name = query.at("store").get<std::string>();
      StateStore* store = driver_->state_store(name);
      if (store == nullptr) throw CaseError("there is no store " + name);
      results.push_back(query_store(*store, binding_.topology().plan().store(name), query));
    }
  }

  void add_observed() {
    if (!observed_.empty()) actual_["observed"] = observed_;
  }

  void fail(std::exception_ptr error) {
    Json& described = actual_["error"] = describe_error(error);
    described["at"] = phase_;
    if (phase_ != "step") return;
    described["index"] = step_;
    add_observed();
  }

  const Json& case_;
  Op config_;
  StreamsConfig settings_;
  Binding binding_;
  std::unique_ptr<TopologyTestDriver> driver_;
  std::set<std::string> internal_topics_;
  std::string phase_;
  std::size_t step_ = 0;
  Observed observed_;
  Json actual_ = Json::object();
};

}  // namespace

Json run_case(const Json& test_case) { return CaseRun(test_case).run(); }

}  // namespace streams::conformance
