#include "compare.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace streams::conformance {

namespace {

using Difference = std::optional<std::string>;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string differ(const std::string& where, const Json& expected, const Json& actual) {
  return where + ": expected " + text_of(expected) + ", got " + text_of(actual);
}

Difference compare_values(const std::string& where, const Json& expected, const Json& actual) {
  if (expected == actual) return std::nullopt;
  return differ(where, expected, actual);
}

/// The first position at which two lists differ.
Difference compare_lists(const std::string& where, const Json& expected, const Json& actual) {
  if (!expected.is_array() || !actual.is_array()) return compare_values(where, expected, actual);
  for (std::size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
    const std::string at = where + "[" + std::to_string(i) + "]";
    if (i >= actual.size()) return at + ": expected " + text_of(expected[i]) + ", got nothing";
    if (i >= expected.size()) return at + ": expected nothing more, got " + text_of(actual[i]);
    if (auto difference = compare_values(at, expected[i], actual[i])) return difference;
  }
  return std::nullopt;
}

/// Lists by name: a name that is missing is an empty list.
Difference compare_named_lists(const std::string& where, const Json& expected, const Json& actual) {
  static const Json kNone = Json::array();
  auto get = [](const Json& from, const std::string& name) -> const Json& {
    const auto found = from.find(name);
    return found == from.end() ? kNone : *found;
  };
  for (const auto& [name, list] : expected.items()) {
    if (auto difference = compare_lists(where + "." + name, list, get(actual, name))) return difference;
  }
  for (const auto& [name, list] : actual.items()) {
    if (auto difference = compare_lists(where + "." + name, get(expected, name), list)) return difference;
  }
  return std::nullopt;
}

/// The text of a dynamic sink's extractor is the library's own.
std::string described_line(const std::string& line) {
  static const std::string kExtractor = "extractor class: ";
  const auto at = line.find(kExtractor);
  return at == std::string::npos ? line : line.substr(0, at + kExtractor.size());
}

Difference compare_description(const Json& expected, const Json& actual) {
  Json wanted = expected, got = actual;
  for (Json& line : wanted) line = described_line(line.get<std::string>());
  for (Json& line : got) line = described_line(line.get<std::string>());
  return compare_lists("description", wanted, got);
}

/// Entries sorted by key, start and end; those that are equal in these keep their order.
Json sorted_entries(const Json& entries) {
  std::vector<Json> list(entries.begin(), entries.end());
  auto position = [](const Json& entry) {
    return Json::array({entry.value("key", Json()), entry.value("start", Json()), entry.value("end", Json())});
  };
  std::stable_sort(list.begin(), list.end(),
                   [&](const Json& a, const Json& b) { return text_of(position(a)) < text_of(position(b)); });
  return Json(list);
}

Difference compare_stores(const std::string& where, const Json& expected, const Json& actual) {
  for (const auto& [name, store] : expected.items()) {
    const std::string at = where + "." + name;
    if (!actual.contains(name)) return at + ": there is no such store";
    const Json& other = actual.at(name);
    if (auto difference = compare_values(at + ".kind", store.at("kind"), other.at("kind"))) return difference;
    if (auto difference =
            compare_lists(at + ".entries", sorted_entries(store.at("entries")), sorted_entries(other.at("entries")))) {
      return difference;
    }
  }
  return std::nullopt;
}

Difference compare_checkpoints(const Json& expected, const Json& actual) {
  for (const auto& [label, checkpoint] : expected.items()) {
    const std::string at = "checkpoints." + label;
    if (!actual.contains(label)) return at + ": there is no such checkpoint";
    const Json& other = actual.at(label);
    if (checkpoint.contains("output_counts")) {
      if (auto difference = compare_values(at + ".output_counts", checkpoint.at("output_counts"),
                                           other.value("output_counts", Json::object()))) {
        return difference;
      }
    }
    if (checkpoint.contains("stores")) {
      if (auto difference =
              compare_stores(at + ".stores", checkpoint.at("stores"), other.value("stores", Json::object()))) {
        return difference;
      }
    }
  }
  return std::nullopt;
}

Difference compare_queries(const Json& expected, const Json& actual, const Json& queries) {
  if (expected.size() != actual.size()) return differ("queries", expected, actual);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string kind = i < queries.size() ? queries[i].value("query", "") : "";
    const bool is_set = kind == "window_fetch_range" || kind == "window_fetch_all";
    const std::string at = "queries[" + std::to_string(i) + "]";
    const bool sort = is_set && expected[i].is_array() && actual[i].is_array();
    if (auto difference = compare_lists(at, sort ? sorted_entries(expected[i]) : expected[i],
                                        sort ? sorted_entries(actual[i]) : actual[i])) {
      return difference;
    }
  }
  return std::nullopt;
}

Difference compare_errors(const Json& expected, const Json& actual) {
  if (expected.is_null() && actual.is_null()) return std::nullopt;
  if (expected.is_null()) return "error: expected none, got " + text_of(actual);
  if (actual.is_null()) return "error: expected " + text_of(expected) + ", got none";
  for (const char* field : {"at", "index", "class", "cause"}) {
    if (expected.value(field, Json()) != actual.value(field, Json())) return differ("error", expected, actual);
  }
  return std::nullopt;
}

/// Records of the steps before a given one.
Json before_step(const Json& topics, std::int64_t step) {
  Json result = Json::object();
  for (const auto& [topic, records] : topics.items()) {
    Json kept = Json::array();
    for (const Json& record : records) {
      if (record.at("step").get<std::int64_t>() < step) kept.push_back(record);
    }
    if (!kept.empty()) result[topic] = kept;
  }
  return result;
}

}  // namespace

std::optional<std::string> first_difference(const Json& expected, const Json& actual, const Json& queries) {
  const Json error = expected.value("error", Json());
  if (auto difference = compare_errors(error, actual.value("error", Json()))) return difference;
  if (expected.contains("description")) {
    if (auto difference = compare_description(expected.at("description"), actual.value("description", Json::array()))) {
      return difference;
    }
  }
  const std::int64_t steps = error.is_null() ? std::numeric_limits<std::int64_t>::max()
                                             : error.value("index", std::numeric_limits<std::int64_t>::max());
  for (const char* part : {"output", "internal"}) {
    if (!expected.contains(part)) continue;
    if (auto difference = compare_named_lists(part, before_step(expected.at(part), steps),
                                              before_step(actual.value(part, Json::object()), steps))) {
      return difference;
    }
  }
  const Json nothing = Json::object();
  if (expected.contains("observed")) {
    if (auto difference = compare_named_lists("observed", expected.at("observed"), actual.value("observed", nothing))) {
      return difference;
    }
  }
  if (expected.contains("checkpoints")) {
    if (auto difference = compare_checkpoints(expected.at("checkpoints"), actual.value("checkpoints", nothing))) {
      return difference;
    }
  }
  if (expected.contains("stores")) {
    if (auto difference = compare_stores("stores", expected.at("stores"), actual.value("stores", nothing)))
      return difference;
  }
  if (expected.contains("queries")) {
    if (auto difference = compare_queries(expected.at("queries"), actual.value("queries", Json::array()), queries)) {
      return difference;
    }
  }
  if (!expected.contains("dropped_records")) return std::nullopt;
  return compare_values("dropped_records", expected.at("dropped_records"), actual.value("dropped_records", Json()));
}

}  // namespace streams::conformance
