#include "random_coverage.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>

namespace streams::conformance {

namespace {

/// Words of operations, as Words gives them, that must occur. One that begins with "-" has no result of its own.
// clang-format off
constexpr const char* kRequired[] = {
    "stream", "stream of topics", "stream of pattern", "stream with timestamp", "table", "-global_table",
    "-add_state_store", "-add_global_store", "filter of stream", "filter_not of stream", "map of stream",
    "map_values of stream", "flat_map of stream", "flat_map_values of stream", "select_key of stream",
    "peek of stream", "-foreach of stream", "-print of stream", "-split of stream", "merge of stream",
    "repartition of stream", "-to of stream", "-to topic_expr", "to_table of stream", "to_stream of table",
    "filter of table", "filter_not of table", "map_values of table", "filter of windowed table",
    "-group_by_key of stream", "-group_by of stream", "-group_by of table", "-group_by of windowed table",
    "-cogroup of grouped stream", "-cogroup of cogrouped stream", "count of grouped stream",
    "reduce of grouped stream", "aggregate of grouped stream", "count of grouped table", "reduce of grouped table",
    "aggregate of grouped table", "count of tumbling windows", "reduce of tumbling windows",
    "aggregate of tumbling windows", "count of hopping windows", "reduce of hopping windows",
    "aggregate of hopping windows", "count of sliding windows", "reduce of sliding windows",
    "aggregate of sliding windows", "count of session windows", "reduce of session windows",
    "aggregate of session windows", "count of unlimited windows", "reduce of unlimited windows",
    "aggregate of unlimited windows", "aggregate of cogrouped stream", "aggregate of cogrouped tumbling windows",
    "aggregate of cogrouped hopping windows", "aggregate of cogrouped sliding windows",
    "aggregate of cogrouped session windows", "-emit_strategy on_window_update",
    "-emit_strategy on_window_close of tumbling windows", "-emit_strategy on_window_close of hopping windows",
    "-emit_strategy on_window_close of sliding windows", "-emit_strategy on_window_close of session windows",
    "inner stream_stream_join", "left stream_stream_join", "outer stream_stream_join", "self stream_stream_join",
    "inner stream_table_join", "left stream_table_join", "stream_table_join with grace", "inner stream_global_join",
    "left stream_global_join", "inner table_table_join", "left table_table_join", "outer table_table_join",
    "inner foreign_key_join", "left foreign_key_join", "suppress until window_closes", "suppress until time_limit",
    "suppress of table", "suppress of windowed table", "supplier versioned", "supplier lru", "supplier persistent_kv",
    "supplier persistent_timestamped_kv", "supplier in_memory_kv", "store_type in_memory", "store_type rocks_db",
    "caching off", "process forward", "process map_record", "process filter_record", "process repeat",
    "process with_timestamp", "process headers", "process times", "process metadata", "process context_ids",
    "process commit", "-process drop", "process dedup", "process running_total", "process lookup",
    "-process store_put", "process kv_ops", "process window_ops", "process session_ops", "process versioned_ops",
    "process tick", "process buffer", "process_values forward", "process_values map_record", "process_values repeat",
    "process_values with_timestamp", "process_values headers", "process_values times", "process_values metadata",
    "-process_values drop", "process_values dedup", "process_values running_total", "process_values lookup",
    "process_values kv_ops", "process_values window_ops", "process_values versioned_ops",
    "transform_values map_record", "transform_values count_calls", "-topology_source", "-topology_processor route",
    "-topology_processor running_total", "-topology_sink", "-topology_store", "-topology_connect",
    "-topology_global_store store_put", "-topology_read_only_store store_put", "-optimize all", "-optimize none",
    "-store_format headers",
};
// clang-format on

/// Kinds of results, followed through a topology.
class Words {
 public:
  std::vector<std::string> of(const Json& operation) {
    const auto op = operation.at("op").get<std::string>();
    const std::string from = kind_of(operation, "from");
    remember(operation, op, from);
    std::vector<std::string> words;
    if (operation.contains("processor") && !operation.contains("topic") && op != "topology_connect") {
      words.push_back(op + " " + operation.at("processor").get<std::string>());
    } else if (op.ends_with("_join")) {
      words.push_back(operation.at("type").get<std::string>() + " " + op);
      if (operation.contains("grace_ms")) words.push_back(op + " with grace");
      if (operation.at("from") == operation.at("right")) words.push_back("self " + op);
    } else if (op == "emit_strategy") {
      const auto strategy = operation.at("strategy").get<std::string>();
      words.push_back(op + " " + strategy);
      words.push_back(op + " " + strategy + " of " + from);
    } else {
      words.push_back(from.empty() ? op : op + " of " + from);
      for (const char* field : {"topics", "pattern"}) {
        if (operation.contains(field) && op == "stream") words.push_back(op + " of " + field);
      }
    }
    if (op == "stream" && operation.contains("timestamp")) words.push_back("stream with timestamp");
    if (op == "suppress") words.push_back(op + " until " + operation.at("until").get<std::string>());
    if (op == "to" && operation.contains("topic_expr")) words.push_back("to topic_expr");
    if (op.starts_with("topology_") && operation.contains("processor") && operation.contains("topic"))
      words.push_back(op + " " + operation.at("processor").get<std::string>());
    if (operation.contains("materialized")) add_store(operation.at("materialized"), words);
    return words;
  }

 private:
  static void add_store(const Json& store, std::vector<std::string>& words) {
    for (const char* field : {"supplier", "store_type"}) {
      if (store.contains(field)) words.push_back(std::string(field) + " " + store.at(field).get<std::string>());
    }
    if (!store.value("caching", true)) words.push_back("caching off");
  }
  std::string kind_of(const Json& operation, const char* field) const {
    if (!operation.contains(field)) return "";
    const auto found = kinds_.find(operation.at(field).get<std::string>());
    return found == kinds_.end() ? "stream" : found->second;
  }
  void remember(const Json& operation, const std::string& op, const std::string& from) {
    if (!operation.contains("id")) return;
    static const std::set<std::string> kTables = {"table", "to_table", "table_table_join", "foreign_key_join",
                                                  "transform_values"};
    static const std::set<std::string> kSame = {"filter", "filter_not", "map_values", "suppress", "emit_strategy"};
    std::string kind = "stream";
    if (kTables.count(op) > 0) {
      kind = "table";
    } else if (kSame.count(op) > 0) {
      kind = from;
    } else if (op == "group_by_key" || op == "group_by") {
      kind = from == "stream" ? "grouped stream" : "grouped table";
    } else if (op == "cogroup") {
      kind = "cogrouped stream";
    } else if (op == "windowed_by") {
      kind = (from == "cogrouped stream" ? "cogrouped " : "") + operation.at("window").at("type").get<std::string>() +
             " windows";
    } else if (op == "count" || op == "reduce" || op == "aggregate") {
      kind = from.ends_with("windows") ? "windowed table" : "table";
    }
    kinds_[operation.at("id").get<std::string>()] = kind;
  }

  std::map<std::string, std::string> kinds_;
};

}  // namespace

void Coverage::add(const Json& test_case, const std::vector<std::string>& with_output) {
  Words words;
  std::set<std::string> seen, with_records;
  for (const char* field : {"optimize", "store_format"}) {
    if (test_case.at("config").contains(field))
      seen.insert(std::string(field) + " " + test_case.at("config").at(field).get<std::string>());
  }
  for (const Json& operation : test_case.at("topology")) {
    const std::string id = operation.value("id", "");
    const bool records = std::find(with_output.begin(), with_output.end(), id) != with_output.end();
    for (const std::string& word : words.of(operation)) {
      seen.insert(word);
      if (records) with_records.insert(word);
    }
  }
  for (const std::string& word : seen) ++counts_[word].cases;
  for (const std::string& word : with_records) ++counts_[word].with_records;
}

std::string Coverage::table() const {
  std::ostringstream text;
  text << "   cases  with records\n";
  for (const auto& [word, count] : counts_) {
    text.width(8);
    text << count.cases;
    text.width(14);
    text << count.with_records << "  " << word << '\n';
  }
  return text.str();
}

std::vector<std::string> Coverage::missing() const {
  std::vector<std::string> missing;
  for (const std::string entry : kRequired) {
    const bool has_result = entry.front() != '-';
    const auto found = counts_.find(has_result ? entry : entry.substr(1));
    if (found == counts_.end() || (has_result && found->second.with_records == 0)) missing.push_back(entry);
  }
  return missing;
}

}  // namespace streams::conformance
