#include "random_check.hpp"

#include "compare.hpp"
#include "isolate.hpp"
#include "run.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>

namespace streams::conformance {

namespace {

using Difference = std::optional<std::string>;

constexpr unsigned kSecondsPerCase = 120;
constexpr int kMostFlushes = 10;  ///< more than there are internal topics in a row
constexpr RunOptions kInMemory{.in_memory = true};

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json with_config(Json test_case, const Json& config) {
  test_case["config"].update(config);
  return test_case;
}

/// The case with a record a step, so that it does not depend on the order of records with equal timestamps.
Json one_by_one(Json test_case) {
  Json steps = Json::array();
  for (Json& step : test_case["input"]) {
    if (!step.contains("batch")) {
      steps.push_back(std::move(step));
      continue;
    }
    for (Json& record : step["batch"]) steps.push_back(std::move(record));
  }
  test_case["input"] = std::move(steps);
  return test_case;
}

/// Records with null keys end in repartition topics, which an optimisation may move.
Json without_null_keys(Json test_case) {
  Json steps = Json::array();
  for (Json& step : test_case["input"]) {
    if (!step.contains("key") || !step["key"].is_null()) steps.push_back(std::move(step));
  }
  test_case["input"] = std::move(steps);
  return test_case;
}

/// With `extra` after each third of the steps.
Json with_steps(Json test_case, const std::function<void(Json& steps, int third)>& extra) {
  Json steps = Json::array();
  const std::size_t count = test_case["input"].size();
  for (std::size_t i = 0; i < count; ++i) {
    steps.push_back(test_case["input"][i]);
    for (int third = 1; third < 3; ++third) {
      if (i + 1 == count * static_cast<std::size_t>(third) / 3) extra(steps, third);
    }
  }
  extra(steps, 3);
  test_case["input"] = std::move(steps);
  return test_case;
}

/// Or, so that steps have the same numbers, with nothing but a commit instead of each restart.
Json with_restarts(const Json& test_case, const char* step = "restart") {
  const bool manual = test_case.at("config").value("commit", "") == "manual";
  return with_steps(test_case, [manual, step](Json& steps, int third) {
    const std::string label = std::to_string(third);
    for (int left = manual ? kMostFlushes : 0; left > 0; --left) steps.push_back({{"commit", true}});
    steps.push_back({{"checkpoint", "before " + label}});
    steps.push_back({{step, true}});
    steps.push_back({{"checkpoint", "after " + label}});
  });
}

Json with_commits(const Json& test_case) {
  return with_steps(with_config(test_case, {{"commit", "manual"}}), [](Json& steps, int third) {
    // What a flush sends through internal topics can wait in the caches of the stores behind them.
    for (int left = third == 3 ? kMostFlushes : 1; left > 0; --left) steps.push_back({{"commit", true}});
  });
}

/// Last rows of keys: what a table is made of. A row that was deleted is one that was never there.
std::map<std::string, Json> last_rows(const Json& records, bool times) {
  std::map<std::string, Json> rows;
  for (const Json& record : records) {
    const std::string key = text_of(record.at("key"));
    rows.erase(key);
    if (record.at("value").is_null()) continue;
    rows[key] = times ? Json{{"value", record.at("value")}, {"ts", record.at("ts")}} : record.at("value");
  }
  return rows;
}

/// Records without their steps, headers only if asked for.
Json plain_records(const Json& records, bool times, bool headers) {
  Json list = Json::array();
  for (Json record : records) {
    record.erase("step");
    if (!times) record.erase("ts");
    if (!headers) record.erase("headers");
    list.push_back(std::move(record));
  }
  return list;
}

Json sorted(const Json& list) {
  std::vector<Json> copy(list.begin(), list.end());
  std::sort(copy.begin(), copy.end(), [](const Json& a, const Json& b) { return text_of(a) < text_of(b); });
  return Json(copy);
}

const Json& output_of(const Json& actual, const std::string& id) {
  static const Json kNone = Json::array();
  const Json& output = actual.at("output");
  const auto found = output.find("out-" + id);
  return found == output.end() ? kNone : *found;
}

Difference different(const std::string& id, const Json& one, const Json& other) {
  if (one == other) return std::nullopt;
  return first_difference({{"output", {{id, one}}}}, {{"output", {{id, other}}}}, Json::array())
      .value_or(id + ": " + text_of(one) + " and " + text_of(other));
}

Difference compare_rows(const std::string& id, const Json& agree, const Json& one, const Json& other) {
  std::map<std::string, Json> rows = last_rows(output_of(one, id), agree.at("times").get<bool>());
  std::map<std::string, Json> others = last_rows(output_of(other, id), agree.at("times").get<bool>());
  if (agree.at("what") == "last_rows_of_both") {
    std::erase_if(rows, [&](const auto& row) { return others.count(row.first) == 0; });
    std::erase_if(others, [&](const auto& row) { return rows.count(row.first) == 0; });
  }
  if (rows == others) return std::nullopt;
  return "rows of " + id + ": " + text_of(rows) + " and " + text_of(others);
}

Json numbered(const Json& records) {
  Json list = records;
  for (Json& record : list) record["step"] = 0;
  return list;
}

/// When records came to topics that are read again. Where that is the same, so is the order of records of equal times.
std::map<std::string, std::vector<Json>> arrivals(const Json& actual) {
  std::map<std::string, std::vector<Json>> steps;
  for (const char* part : {"internal", "output"}) {
    for (const auto& [topic, records] : actual.at(part).items()) {
      if (topic.ends_with("-changelog") || topic.starts_with("out-")) continue;
      for (const Json& record : records) steps[topic].push_back(record.at("step"));
    }
  }
  return steps;
}

bool has_key(const Json& entries, const Json& key) {
  return std::any_of(entries.begin(), entries.end(), [&](const Json& entry) { return entry.at("key") == key; });
}

/// Results of two runs, one of which has caches or another optimisation: those whose `caches` is one of `compared`.
Difference compare_results(const Json& test_case, const Json& one, const Json& other,
                           const std::set<std::string>& compared, bool in_order) {
  for (const auto& [id, agree] : test_case.at("agree").items()) {
    if (compared.count(agree.at("caches").get<std::string>()) == 0) continue;
    Difference difference;
    if (agree.at("what") == "records") {
      const bool times = agree.at("times").get<bool>();
      const Json left = plain_records(output_of(one, id), times, true);
      const Json right = plain_records(output_of(other, id), times, true);
      difference = in_order ? different(id, numbered(left), numbered(right))
                            : different(id, numbered(sorted(left)), numbered(sorted(right)));
    } else {
      difference = compare_rows(id, agree, one, other);
    }
    if (difference) return difference;
  }
  return std::nullopt;
}

Difference compare_all(const Json& one, const Json& other, std::initializer_list<const char*> parts) {
  Json wanted = Json::object(), got = Json::object();
  if (one.contains("error") || other.contains("error")) {
    return first_difference({{"error", one.value("error", Json())}}, other, Json::array());
  }
  for (const char* part : parts) {
    wanted[part] = one.value(part, Json());
    got[part] = other.value(part, Json());
  }
  return first_difference(wanted, got, Json::array());
}

/// All ways to run one case.
class Check {
 public:
  explicit Check(const Json& test_case) : case_(test_case) {
    for (const Json& operation : case_.at("topology")) {
      for (const char* field : {"store", "materialized"}) {
        if (!operation.contains(field) || !operation.at(field).is_object()) continue;
        const Json& store = operation.at(field);
        if (store.value("supplier", "") == "lru") lru_.insert(store.at("name").get<std::string>());
      }
    }
  }

  Difference run() {
    base_ = run_case(case_);
    if (auto found = stores()) return found;
    if (base_.contains("error")) return std::nullopt;
    if (auto found = restarts()) return found;
    if (auto found = caches()) return found;
    return optimisations();
  }
  const Json& base() const { return base_; }

 private:
  static Difference named(const char* runs, Difference difference) {
    if (difference) difference = std::string(runs) + ": " + *difference;
    return difference;
  }

  Difference stores() {
    if (auto found = named("rows on disk and in memory",
                           compare_all(base_, run_case(case_, kInMemory),
                                       {"description", "output", "internal", "observed", "stores", "dropped_records"})))
      return found;
    if (case_.at("config").contains("store_format")) return std::nullopt;
    // In front of stores in memory a walk uses other rows of a cache, which then evicts others: caches that evict none.
    const bool cached = case_.at("config").value("cache_bytes", 0) > 0;
    const Json large = cached ? with_config(case_, {{"cache_bytes", 1000000}}) : case_;
    const Json on_disk = cached ? run_case(large, kInMemory) : base_;
    const Json in_memory = run_case(with_config(large, {{"default_store", "in_memory"}}), kInMemory);
    if (auto found = named("stores on disk and stores in memory",
                           compare_all(on_disk, in_memory, {"description", "output", "internal", "observed"})))
      return found;
    if (on_disk.contains("error")) return std::nullopt;
    return named(
        "rows of stores on disk and in memory",
        first_difference({{"stores", comparable(on_disk.at("stores"), in_memory.at("stores"))}},
                         {{"stores", comparable(in_memory.at("stores"), on_disk.at("stores"))}}, Json::array()));
  }

  Difference restarts() {
    for (const char* store : {"rocks_db", "in_memory"}) {
      const Json actual =
          run_case(with_restarts(with_config(case_, {{"default_store", store}})), {std::string(store) == "in_memory"});
      if (actual.contains("error")) return "error after a restart: " + text_of(actual.at("error"));
      for (const char* third : {"1", "2", "3"}) {
        const Json& checkpoints = actual.at("checkpoints");
        const Json& before = checkpoints.at(std::string("before ") + third).at("stores");
        const Json& after = checkpoints.at(std::string("after ") + third).at("stores");
        auto found = first_difference({{"stores", comparable(before, after)}}, {{"stores", comparable(after, before)}},
                                      Json::array());
        if (found) return std::string("restart ") + third + " with " + store + ": " + *found;
      }
    }
    if (!case_.at("ordered_input").get<bool>()) return std::nullopt;
    return named("with and without restarts", restarted_results());
  }

  /// Without what a cache may show and the store behind it not: rows that have expired, and times where the store keeps
  /// none. Which rows an LRU store has depends on when they were read: of these only rows whose keys are in both.
  Json comparable(const Json& all, const Json& others) const {
    Json stores = Json::object();
    const bool cached = case_.at("config").value("cache_bytes", 0) > 0;
    for (const auto& [name, store] : all.items()) {
      const auto kind = store.at("kind").get<std::string>();
      if (cached && !kind.starts_with("kv") && !kind.starts_with("timestamped_kv")) continue;
      const bool lru = lru_.count(name) > 0;
      Json& kept = stores[name] = store;
      Json& entries = kept["entries"] = Json::array();
      for (Json entry : store.at("entries")) {
        if (lru && !has_key(others.at(name).at("entries"), entry.at("key"))) continue;
        if (cached) entry.erase("ts");
        entries.push_back(std::move(entry));
      }
    }
    return stores;
  }

  Difference restarted_results() {
    const Json each = with_config(case_, {{"commit", "each"}, {"cache_bytes", 0}});
    const Json plain = run_case(with_restarts(each, "commit"), kInMemory);
    const Json restarted = run_case(with_restarts(each), kInMemory);
    if (plain.contains("error") || restarted.contains("error")) return std::nullopt;
    const Json& agreements = case_.at("agree");
    // What a punctuation sends, which a restart changes, may wait beside records of other queues.
    const bool all = std::all_of(agreements.begin(), agreements.end(),
                                 [](const Json& agree) { return agree.at("restart").get<bool>(); });
    if (!all && arrivals(plain) != arrivals(restarted)) return std::nullopt;
    for (const auto& [id, agree] : agreements.items()) {
      if (!agree.at("restart").get<bool>()) continue;
      auto found = different(id, numbered(output_of(plain, id)), numbered(output_of(restarted, id)));
      if (found) return found;
    }
    return std::nullopt;
  }

  Difference caches() {
    const Json committed = with_commits(one_by_one(case_));
    const Json plain = run_case(with_config(committed, {{"cache_bytes", 0}}), kInMemory);
    if (plain.contains("error")) return std::nullopt;
    for (const int bytes : {400, 2000, 1000000}) {
      const Json cached = run_case(with_config(committed, {{"cache_bytes", bytes}}), kInMemory);
      if (cached.contains("error")) return "error with caches: " + text_of(cached.at("error"));
      std::set<std::string> compared{"any"};
      if (bytes == 1000000) compared.insert("no_eviction");
      if (bytes == 1000000 && arrivals(plain) == arrivals(cached)) compared.insert("large");
      const std::string runs = "without and with caches of " + std::to_string(bytes) + " bytes";
      auto found = named(runs.c_str(), compare_results(case_, plain, cached, compared, true));
      if (found) return found;
    }
    return std::nullopt;
  }

  Difference optimisations() {
    const Json each = without_null_keys(with_config(one_by_one(case_), {{"commit", "each"}, {"cache_bytes", 0}}));
    const Json none = run_case(with_config(each, {{"optimize", "none"}}), kInMemory);
    const Json all = run_case(with_config(each, {{"optimize", "all"}}), kInMemory);
    if (none.contains("error") || all.contains("error")) return std::nullopt;
    return named("without and with optimisation", compare_results(case_, none, all, {"any", "no_eviction"}, false));
  }

  const Json& case_;
  std::set<std::string> lru_;
  Json base_;
};

Json check_here(const Json& test_case) {
  Json result;
  Check check(test_case);
  try {
    result["failure"] = check.run().value_or("");
  } catch (const std::exception& error) {
    result["failure"] = std::string("it ends with: ") + error.what();
  }
  result["with_output"] = Json::array();
  if (!check.base().contains("output")) return result;
  for (const auto& [id, agree] : test_case.at("agree").items()) {
    if (!output_of(check.base(), id).empty()) result["with_output"].push_back(id);
  }
  if (check.base().contains("error")) result["error"] = check.base().at("error");
  return result;
}

}  // namespace

CheckResult check_random_case(const Json& test_case) {
  const Isolated isolated = run_isolated([&] { return text_of(check_here(test_case)); }, kSecondsPerCase);
  CheckResult out;
  if (!isolated.finished) {
    out.failure = isolated.text;
    return out;
  }
  const Json result = Json::parse(isolated.text);
  out.failure = result.at("failure").get<std::string>();
  out.with_output = result.at("with_output").get<std::vector<std::string>>();
  out.ends_with_error = result.contains("error");
  return out;
}

}  // namespace streams::conformance
