#include "run.hpp"

#include "case_io.hpp"
#include "errors.hpp"
#include "listing.hpp"

#include <streams/testing/topology_test_driver.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>

namespace streams::conformance {

namespace {

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

class CaseRun {
 public:
  CaseRun(const Json& test_case, const RunOptions& options)
      : case_(test_case),
        options_(options),
        config_(case_.at("config")),
        settings_(case_settings(config_)),
        binding_(settings_) {}

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
    options.in_memory = options_.in_memory;
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
      for (const Json& record : step.at("batch")) records.push_back(input_record(binding_, record));
      driver_->pipe_batch(records);
    } else if (step.contains("advance_wall_clock_ms")) {
      driver_->advance_wall_clock_time(step.at("advance_wall_clock_ms").get<std::int64_t>());
    } else if (step.contains("commit")) {
      driver_->commit();
    } else if (step.contains("restart")) {
      driver_->restart();
    } else if (step.contains("checkpoint")) {
      actual_["checkpoints"][step.at("checkpoint").get<std::string>()] = {{"output_counts", output_counts()},
                                                                          {"stores", stores()}};
    } else {
      driver_->pipe_raw(input_record(binding_, step));
    }
    for (const RawTestRecord& record : driver_->take_outputs()) add_output(record);
    observed_ = *binding_.observed();
  }

  void add_output(const RawTestRecord& record) {
    const bool internal = internal_topics_.count(record.topic) > 0;
    Json json = internal ? internal_record(record) : output_record(binding_, record);
    json["step"] = step_;
    actual_[internal ? "internal" : "output"][record.topic].push_back(std::move(json));
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
  const RunOptions options_;
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

Json run_case(const Json& test_case, const RunOptions& options) { return CaseRun(test_case, options).run(); }

}  // namespace streams::conformance
