#include "random_generator.hpp"

#include <algorithm>
#include <stdexcept>

namespace streams::conformance {

namespace {

constexpr int kMostWeight = 6;

const char* name_of(Caches caches) {
  switch (caches) {
    case Caches::kNone:
      return "none";
    case Caches::kLarge:
      return "large";
    case Caches::kNoEviction:
      return "no_eviction";
    case Caches::kAny:
      return "any";
  }
  throw std::logic_error("no such agreement");
}

const char* name_of(Agreement::What what) {
  if (what == Agreement::What::kRecords) return "records";
  return what == Agreement::What::kLastRows ? "last_rows" : "last_rows_of_both";
}

}  // namespace

Generator::Generator(std::uint64_t seed) : random_(seed), ordered_input_(chance(50)) {}

Json Generator::generate() {
  add_sources();
  for (int left = 4 + pick(8); left > 0; --left) {
    const int kind = pick(100);
    if (kind < 30) {
      add_stream_operator();
    } else if (kind < 50) {
      add_aggregation();
    } else if (kind < 68) {
      add_table_operator();
    } else if (kind < 76) {
      add_windowed_operator();
    } else if (kind < 94) {
      one_of({&Generator::add_stream_join, &Generator::add_stream_join, &Generator::add_stream_table_join,
              &Generator::add_stream_global_join, &Generator::add_table_join, &Generator::add_foreign_key_join});
    } else {
      add_processor_api();
    }
  }
  add_sinks();
  for (Json& op : of_processors_) topology_.push_back(std::move(op));
  return {{"about", "Random topology."},     {"config", config()}, {"topology", topology_}, {"input", input()},
          {"ordered_input", ordered_input_}, {"agree", agree_}};
}

Json Generator::config() {
  Json config{{"optimize", chance(50) ? "all" : "none"}};
  if (chance(15)) config["store_format"] = "headers";
  if (chance(15)) config["timestamp_extractor"] = chance(50) ? "skip" : "partition_time";
  if (chance(30)) config["cache_bytes"] = random_.one_of({400, 2000, 1000000});
  if (chance(30)) config["commit"] = "manual";
  return config;
}

/// Adds an operation with a result.
std::string Generator::add(const char* op, Json parameters) {
  const std::string id = new_id();
  parameters["id"] = id;
  parameters["op"] = op;
  topology_.push_back(std::move(parameters));
  return id;
}

Node Generator::one(const std::vector<Node>& list) { return list[random_.below(list.size())]; }

Node Generator::stream() {
  for (int tries = 0; tries < 20; ++tries) {
    Node node = one(streams_);
    if (node.weight <= kMostWeight) return node;
  }
  return streams_.front();
}

Node Generator::table() { return one(tables_); }

/// Maps the values where there is no stream of the type.
Node Generator::stream_of_type(bool is_long) {
  Node from = stream();
  if (from.is_long == is_long) return from;
  const Json value = is_long ? call("length", "$value") : call("substr", call("show", "$value"), 0, 4);
  Node out = next(from, add("map_values", {{"from", from.id}, {"value", value}, {"value_type", type_of(is_long)}}));
  out.is_long = is_long;
  return out;
}

Node Generator::non_null(const Node& from) {
  const Json condition = call("not", call("or", call("is_null", "$key"), call("is_null", "$value")));
  return next(from, add("filter", {{"from", from.id}, {"if", condition}}));
}

Node Generator::next(Node from, std::string id) {
  from.id = std::move(id);
  return from;
}

Node Generator::both(const Node& left, const Node& right) {
  Node out = left;
  out.agree.caches = std::min(left.agree.caches, right.agree.caches);
  out.agree.times = left.agree.times && right.agree.times;
  out.agree.restart = left.agree.restart && right.agree.restart;
  out.ordered = left.ordered && right.ordered;
  out.immediate = left.immediate && right.immediate;
  out.cached = left.cached && right.cached;
  out.versioned = false;
  out.from_initial = left.from_initial || right.from_initial;
  out.joined = left.joined || right.joined;
  out.is_long = left.is_long && right.is_long;
  out.weight = left.weight * right.weight;
  return out;
}

void Generator::put_stream(Node node) {
  node.immediate = node.versioned = node.window_final = node.from_initial = node.joined = false;
  streams_.push_back(std::move(node));
}

void Generator::put_table(Node node) { (node.windowed ? windowed_ : tables_).push_back(std::move(node)); }

void Generator::name_some(Json& parameters) {
  if (chance(15)) parameters["as"] = "name-" + std::to_string(next_);
}

/// Parameters of an operation with or without a store of its own.
Json Generator::store_of_table(bool may_be_versioned) {
  if (chance(50)) return Json::object();
  Json store{{"name", "store-n" + std::to_string(next_)}};
  switch (pick(may_be_versioned ? 9 : 6)) {
    case 0:
      store["store_type"] = chance(50) ? "in_memory" : "rocks_db";
      break;
    case 1:
      store["caching"] = false;
      break;
    case 2:
      store["supplier"] = random_.one_of<const char*>({"persistent_kv", "persistent_timestamped_kv", "in_memory_kv"});
      break;
    case 6:
    case 7:
      store["supplier"] = "versioned";
      store["history_retention_ms"] = 100 + pick(200);
      break;
    default:
      break;
  }
  return {{"materialized", store}};
}

/// Of a table with these parameters.
bool Generator::has_cache(const Json& parameters) {
  const Json store = parameters.value("materialized", Json::object());
  const std::string supplier = store.value("supplier", "");
  return store.value("caching", true) && supplier != "versioned" && supplier != "lru";
}

Json Generator::predicate(const Node& of) {
  if (of.is_long) return call("ne", call("mod", "$value", 3), pick(3));
  return call("not", call("contains", "$value", std::string(1, static_cast<char>('a' + pick(3)))));
}

Json Generator::mapped(const Node& of) {
  if (of.is_long) return call("add", "$value", 1 + pick(3));
  return call("concat", call("substr", "$value", 0, 6), "x");
}

/// A letter out of those of the keys, or something else for values that say nothing.
Json Generator::letter(const Node& of, const char* variable) {
  if (of.is_long)
    return call("if", call("is_null", variable), Json(), call("substr", "abcd", call("mod", variable, 4), 1));
  return call("substr", variable, 0, 1);
}

/// Of the type that both() gives.
Json Generator::joined(const Node& left, const Node& right) {
  if (left.is_long && right.is_long)
    return call("add", call("coalesce", "$left", 100), call("coalesce", "$right", 1000));
  return call("concat", call("substr", call("show", "$left"), 0, 6), "+", call("substr", call("show", "$right"), 0, 6));
}

void Generator::add_sources() {
  add_stream_source();
  add_stream_source();
  add_table_source();
  if (chance(50)) add_stream_source();
  if (chance(50)) add_table_source();
  if (chance(40)) add_global_table();
}

void Generator::add_stream_source() {
  Node node;
  node.is_long = chance(50);
  const std::string topic = "in" + std::to_string(topics_.size());
  Json parameters{{"topic", topic}, {"value", type_of(node.is_long)}};
  topics_.push_back({topic, node.is_long});
  if (chance(15)) {
    topics_.push_back({topic + "-more", node.is_long});
    parameters.erase("topic");
    if (chance(50)) {
      parameters["topics"] = {topic, topic + "-more"};
    } else {
      parameters["pattern"] = topic + ".*";
    }
  }
  if (chance(15)) {
    parameters["timestamp"] =
        chance(50) ? call("add", "$ts", 3) : call("max", call("add", "$ts", 1), "$partition_time");
  }
  name_some(parameters);
  node.id = add("stream", parameters);
  put_stream(node);
}

void Generator::add_table_source() {
  Node node;
  node.is_long = chance(50);
  node.agree.what = Agreement::What::kLastRows;
  node.immediate = true;
  const std::string topic = "in" + std::to_string(topics_.size());
  topics_.push_back({topic, node.is_long});
  Json parameters = store_of_table(true);
  if (chance(3)) {
    parameters["materialized"] = {{"name", "store-n" + std::to_string(next_)}, {"supplier", "lru"}, {"max_entries", 3}};
    node.agree.caches = Caches::kNone;
    node.agree.restart = false;
  }
  node.cached = has_cache(parameters);
  node.versioned =
      parameters.contains("materialized") && parameters["materialized"].value("supplier", "") == "versioned";
  parameters.update({{"topic", topic}, {"value", type_of(node.is_long)}});
  name_some(parameters);
  node.id = add("table", parameters);
  put_table(node);
}

void Generator::add_global_table() {
  Node node;
  node.is_long = chance(50);
  const std::string topic = "in" + std::to_string(topics_.size());
  topics_.push_back({topic, node.is_long});
  Json parameters{{"topic", topic}, {"value", type_of(node.is_long)}};
  if (chance(40)) parameters["materialized"] = {{"name", "store-n" + std::to_string(next_)}};
  node.id = add("global_table", parameters);
  globals_.push_back(node);
}

void Generator::add_sinks() {
  const auto send = [&](const Node& node, const std::string& stream) {
    topology_.push_back({{"op", "to"}, {"from", stream}, {"topic", "out-" + node.id}});
    Agreement agree = node.agree;
    if (commits_ && agree.caches == Caches::kLarge) agree.caches = Caches::kNone;
    agree_[node.id] = {{"what", name_of(agree.what)},
                       {"caches", name_of(agree.caches)},
                       {"times", agree.times},
                       {"restart", agree.restart}};
  };
  for (const Node& node : streams_) send(node, node.id);
  for (const auto* list : {&tables_, &windowed_}) {
    for (const Node& node : *list) send(node, add("to_stream", {{"from", node.id}}));
  }
}

}  // namespace streams::conformance
