// The rules that choose cases for a broker, from their content alone.
#include "broker_feed.hpp"

#include "op.hpp"

#include <algorithm>
#include <map>

namespace streams::conformance {

namespace {

constexpr std::int64_t kSmallCache = 100'000;           // names of topics count: a full cache depends on them
constexpr Timestamp kNotTheClocks = 1'000'000'000'000;  // below: no broker's or client's clock shows it now

/// All texts in a topology that say what it is made of: values of "op", "processor", ... and names of fields.
struct Content {
  std::multimap<std::string, Json> fields;

  explicit Content(const Json& json) { add(json); }
  void add(const Json& json) {
    if (json.is_object()) {
      for (const auto& [name, value] : json.items()) {
        fields.emplace(name, value);
        add(value);
      }
    } else if (json.is_array()) {
      for (const Json& element : json) add(element);
    } else if (json.is_string() && json.get<std::string>().starts_with('$')) {
      fields.emplace(json.get<std::string>(), Json());
    }
  }
  bool has(const std::string& name) const { return fields.count(name) > 0; }
  bool has(const std::string& name, const Json& value) const {
    const auto [from, to] = fields.equal_range(name);
    return std::any_of(from, to, [&](const auto& field) { return field.second == value; });
  }
};

/// Whether an operation of that name has the property.
template <class Property>
bool any_operation(const Json& operations, const std::string& name, Property property) {
  return std::any_of(operations.begin(), operations.end(),
                     [&](const Json& operation) { return operation.at("op") == name && property(operation); });
}

bool gives_unmatched(const Json& join) { return join.value("type", "inner") != "inner"; }
bool buffers(const Json& join) { return join.contains("grace_ms"); }

std::string unsuitable_content(const Json& test_case, const detail::TopologyPlan& plan, bool exactly_once) {
  const Json& operations = test_case.at("topology");
  const Json& config = test_case.at("config");
  const Content content(operations);
  if (test_case.at("expect").contains("error")) return "it fails";
  if (config.value("commit", "each") != "each") return "it says when to commit";
  if (content.has("processor", "times") || content.has("clock", "wall")) return "it shows the time";
  if (any_operation(operations, "stream_stream_join", gives_unmatched) || content.has("strategy", "on_window_close"))
    return "it holds results back by the clock";
  if (content.has("partitions") || content.has("partitioner")) return "it asks for partitions";
  if (content.has("pattern") || content.has("topic_expr") || content.has("$topic")) return "it computes with names";
  const std::int64_t cache = config.value("cache_bytes", std::int64_t{0});
  if (content.has("max_bytes") || (cache > 0 && cache < kSmallCache)) return "it has a bound in bytes";
  if (content.has("offset_reset")) return "where it starts to read is not the beginning";
  const bool shows_offsets = content.has("processor", "metadata") || content.has("op", "suppress") ||
                             any_operation(operations, "stream_table_join", buffers);
  if (exactly_once && shows_offsets && !plan.internal_topics().empty())
    return "it shows offsets, which transactions' markers move";
  return {};
}

class Feeder {
 public:
  Feeder(const Json& test_case, const detail::TopologyPlan& plan)
      : case_(test_case), application_(test_case.at("config").value("application_id", "app")) {
    std::map<std::string, std::set<int>> writers;
    for (const detail::SubTopology& sub : plan.sub_topologies()) {
      for (const std::string& topic : sub.sink_topics)
        writers[plan.full_topic_name(topic, application_)].insert(sub.id);
      if (sub.global) continue;
      for (const std::string& topic : sub.source_topics) reader_[plan.full_topic_name(topic, application_)] = sub.id;
    }
    for (const detail::GlobalStorePlan& global : plan.global_stores()) global_.insert(global.topic);
    for (const auto& [topic, by] : writers) {
      written_.insert(topic);
      if (by.size() > 1) feed_.unsuitable = "several sub-topologies write topic " + topic;
      if (global_.count(topic) > 0) feed_.unsuitable = "it writes to topic " + topic + " of a global table";
    }
    const Content content(test_case.at("topology"));
    one_by_one_ = test_case.at("config").value("cache_bytes", 0) > 0 || content.has("op", "suppress") ||
                  content.has("clock") || content.has("interval_ms");
    count_results();
  }

  BrokerFeed feed() {
    const Json& input = case_.at("input");
    for (std::size_t step = 0; step < input.size() && feed_.unsuitable.empty(); ++step) {
      if (!input[step].contains("checkpoint")) add(step, input[step]);
    }
    return std::move(feed_);
  }

 private:
  /// How many records each step brought to topics that are read again.
  void count_results() {
    for (const char* part : {"output", "internal"}) {
      const Json topics = case_.at("expect").value(part, Json::object());
      for (const auto& [topic, records] : topics.items()) {
        if (reader_.count(topic) == 0) continue;
        for (const Json& record : records) ++results_[record.at("step").get<std::size_t>()][topic];
      }
    }
  }

  void add(std::size_t index, const Json& step) {
    if (!step.contains("topic")) {
      feed_.unsuitable = "a step is not a record";
      return;
    }
    const auto topic = step.at("topic").get<std::string>();
    const Timestamp time = step.at("ts").get<Timestamp>();
    if (time < 0 || time >= kNotTheClocks) {
      feed_.unsuitable = "no producer can send its timestamps";
    } else if (written_.count(topic) > 0) {
      feed_.unsuitable = "it reads a topic that it writes, and gets input there";
    } else if (global_.count(topic) > 0) {
      if (feed_.bursts.empty())
        feed_.before_start.push_back(&step);
      else
        feed_.unsuitable = "records of a global table come later than others";
    } else if (reader_.count(topic) == 0) {
      feed_.unsuitable = "nothing reads topic " + topic;
    } else {
      add_record(topic, step, results_[index]);
    }
  }

  void add_record(const std::string& input, const Json& step, const std::map<std::string, int>& results) {
    std::map<int, std::set<std::string>> topics;  // of each sub-topology, without the record's own
    std::map<int, int> counts;
    for (const auto& [topic, count] : results) {
      topics[reader_.at(topic)].insert(topic);
      counts[reader_.at(topic)] += count;
    }
    const int first = reader_.at(input);
    ++counts[first];
    for (const auto& [sub, named] : topics) {
      if (named.size() > 1) feed_.unsuitable = "two topics of a sub-topology get records in one step";
    }
    for (const auto& [sub, count] : counts) {
      if (one_by_one_ && count > 1) feed_.unsuitable = "commits between the records of a step matter";
    }
    // What follows from the record comes after it, so its own topic may have one more beside it: then it stands alone.
    const bool alone = one_by_one_ || topics[first].size() + (topics[first].count(input) > 0 ? 0 : 1) > 1;
    topics[first].insert(input);
    if (feed_.bursts.empty() || alone || !fits(topics)) {
      feed_.bursts.emplace_back();
      burst_.clear();
    }
    for (const auto& [sub, named] : topics) burst_[sub].insert(named.begin(), named.end());
    feed_.bursts.back().push_back(&step);
  }

  bool fits(const std::map<int, std::set<std::string>>& topics) const {
    return std::all_of(topics.begin(), topics.end(), [&](const auto& entry) {
      const auto found = burst_.find(entry.first);
      return found == burst_.end() || found->second == entry.second;
    });
  }

  const Json& case_;
  const std::string application_;
  std::map<std::string, int> reader_;  ///< topic -> sub-topology
  std::set<std::string> written_, global_;
  bool one_by_one_ = false;  ///< results depend on when commits and punctuations come
  std::map<std::size_t, std::map<std::string, int>> results_;
  std::map<int, std::set<std::string>> burst_;  ///< sub-topology -> topics, of the last burst
  BrokerFeed feed_;
};

}  // namespace

BrokerFeed plan_broker_feed(const Json& test_case, const detail::TopologyPlan& plan, bool exactly_once) {
  BrokerFeed feed;
  feed.unsuitable = unsuitable_content(test_case, plan, exactly_once);
  if (!feed.unsuitable.empty()) return feed;
  return Feeder(test_case, plan).feed();
}

std::set<std::string> topics_read(const detail::TopologyPlan& plan, const std::string& application_id) {
  std::set<std::string> topics;
  for (const detail::SubTopology& sub : plan.sub_topologies()) {
    if (sub.global) continue;
    for (const std::string& topic : sub.source_topics) topics.insert(plan.full_topic_name(topic, application_id));
  }
  return topics;
}

}  // namespace streams::conformance
