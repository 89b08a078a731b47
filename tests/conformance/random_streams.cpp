// Operators of streams in random topologies, and processors among them.
#include "random_generator.hpp"

#include <algorithm>

namespace streams::conformance {

void Generator::add_stream_operator() {
  one_of({&Generator::add_filter,
          &Generator::add_map,
          &Generator::add_map_values,
          &Generator::add_flat_map,
          &Generator::add_flat_map_values,
          &Generator::add_select_key,
          &Generator::add_observer,
          &Generator::add_split,
          &Generator::add_merge,
          &Generator::add_repartition,
          &Generator::add_through,
          &Generator::add_dynamic_sink,
          &Generator::add_record_processor,
          &Generator::add_record_processor,
          &Generator::add_record_processor,
          &Generator::add_record_processor,
          &Generator::add_record_processor,
          &Generator::add_store_processor,
          &Generator::add_store_processor,
          &Generator::add_key_value_commands,
          &Generator::add_window_processor,
          &Generator::add_punctuation});
}

void Generator::add_filter() {
  const Node from = stream();
  Json parameters{{"from", from.id}, {"if", predicate(from)}};
  name_some(parameters);
  put_stream(next(from, add(chance(50) ? "filter" : "filter_not", parameters)));
}

/// Never null: with merge.repartition.topics records go through a repartition topic that would not otherwise, and there
/// those with a null key end.
Json Generator::new_key(const Node& of) { return call("coalesce", letter(of, "$value"), "d"); }

void Generator::add_map() {
  Node from = stream();
  Json parameters{{"from", from.id}, {"key", new_key(from)}, {"value", mapped(from)}};
  if (chance(30)) {
    from.is_long = !from.is_long;
    parameters["value"] = from.is_long ? call("length", "$value") : call("show", "$value");
    parameters["value_type"] = type_of(from.is_long);
  }
  name_some(parameters);
  put_stream(next(from, add("map", parameters)));
}

void Generator::add_map_values() {
  Node from = stream();
  Json parameters{{"from", from.id}, {"value", mapped(from)}};
  if (chance(30)) {
    from.is_long = false;
    parameters["with_key"] = true;
    parameters["value"] = call("concat", "$key", call("substr", call("show", "$value"), 0, 4));
    parameters["value_type"] = "string";
  }
  name_some(parameters);
  put_stream(next(from, add("map_values", parameters)));
}

void Generator::add_flat_map() {
  Node from = stream();
  from.weight *= 2;
  Json parameters{{"from", from.id},
                  {"each", call("list", "$value", call("if", predicate(from), mapped(from), Json()))},
                  {"key", call("coalesce", "$key", "d")},
                  {"value", "$item"}};
  put_stream(next(from, add("flat_map", parameters)));
}

void Generator::add_flat_map_values() {
  Node from = stream();
  from.weight *= 2;
  Json parameters{{"from", from.id}, {"each", call("list", "$value", mapped(from))}};
  if (chance(20)) {
    parameters["with_key"] = true;
    parameters["each"] = call("if", call("eq", "$key", "a"), call("list"), call("repeat", "$value", 2));
  }
  put_stream(next(from, add("flat_map_values", parameters)));
}

void Generator::add_select_key() {
  const Node from = stream();
  Json parameters{{"from", from.id}, {"key", new_key(from)}};
  name_some(parameters);
  put_stream(next(from, add("select_key", parameters)));
}

void Generator::add_observer() {
  const Node from = stream();
  switch (pick(3)) {
    case 0:
      put_stream(next(from, add("peek", {{"from", from.id}})));
      break;
    case 1:
      add("foreach", {{"from", from.id}});
      break;
    default:
      add("print", {{"from", from.id}, {"label", "printed"}, {"mapper", call("concat", "$key", ":", "$value")}});
  }
}

void Generator::add_split() {
  const Node from = stream();
  const std::string first = new_id(), second = new_id();
  Json branches = Json::array({Json{{"id", first}, {"if", predicate(from)}}});
  const bool mapping = chance(30), consuming = chance(20), rest = chance(60);
  if (mapping) branches[0]["function_value"] = mapped(from);
  if (consuming) branches.push_back({{"if", call("eq", "$key", "b")}, {"consumer_to", "consumed-" + first}});
  Json parameters{{"from", from.id}, {"branches", branches}};
  if (rest) parameters["default"] = {{"id", second}};
  add("split", parameters);
  put_stream(next(from, first));
  if (rest) put_stream(next(from, second));
}

void Generator::add_merge() {
  const Node left = stream(), right = stream_of_type(left.is_long);
  if (left.weight + right.weight > 6) return;
  Node out = both(left, right);
  out.is_long = left.is_long;
  out.weight = left.weight + right.weight;
  out.agree.caches = std::min(out.agree.caches, Caches::kLarge);
  put_stream(next(out, add("merge", {{"from", left.id}, {"with", right.id}})));
}

void Generator::add_repartition() {
  const Node from = stream();
  Json parameters{{"from", from.id}, {"as", "part-" + std::to_string(next_)}};
  if (chance(30)) parameters["partitions"] = 1 + pick(4);
  put_stream(next(from, add("repartition", parameters)));
}

/// Through a topic of the user's.
void Generator::add_through() {
  const Node from = stream();
  const std::string topic = "mid-" + std::to_string(next_);
  topology_.push_back({{"op", "to"}, {"from", from.id}, {"topic", topic}});
  put_stream(next(from, add("stream", {{"topic", topic}, {"value", type_of(from.is_long)}})));
}

void Generator::add_dynamic_sink() {
  if (std::exchange(has_dynamic_sink_, true)) return add_filter();
  const Node from = stream();
  topology_.push_back(
      {{"op", "to"}, {"from", from.id}, {"topic_expr", call("if", predicate(from), "dynamic-a", "dynamic-b")}});
}

void Generator::put_processed(const char* op, const Node& from, Json parameters, Node result) {
  parameters["from"] = from.id;
  parameters["value_type"] = type_of(result.is_long);
  put_stream(next(std::move(result), add(op, parameters)));
}

void Generator::add_record_processor() {
  const Node from = stream();
  Node out = from;
  Json parameters;
  const char* op = chance(50) ? "process" : "process_values";
  switch (pick(11)) {
    case 0:
      parameters = {{"processor", "forward"}};
      break;
    case 1:
      parameters = {{"processor", "map_record"}, {"value", mapped(from)}};
      break;
    case 2:
      op = "process";
      parameters = {{"processor", "filter_record"}, {"if", predicate(from)}};
      break;
    case 3:
      parameters = {{"processor", "repeat"}, {"count", 2}};
      out.weight *= 2;
      break;
    case 4:
      parameters = {{"processor", "with_timestamp"}, {"ts", call("add", "$ts", pick(7))}};
      break;
    case 5:
      parameters = {{"processor", "headers"},
                    {"set", Json::array({Json::array({"seen", call("show", "$value")})})},
                    {"remove", Json::array({"h"})}};
      break;
    case 6:
      parameters = {{"processor", "times"}};
      out.is_long = false;
      out.agree.caches = std::min(out.agree.caches, Caches::kLarge);
      break;
    case 7:
      parameters = {{"processor", "metadata"}};
      out.is_long = false;
      out.agree.caches = std::min(out.agree.caches, Caches::kLarge);
      break;
    case 8:
      op = "process";
      parameters = {{"processor", "context_ids"}};
      out.is_long = false;
      break;
    case 9:
      parameters = {{"processor", "drop"}};
      break;
    default:
      op = "process";
      parameters = {{"processor", "commit"}};
      commits_ = true;
  }
  put_processed(op, from, parameters, out);
}

std::string Generator::add_store(Json store) {
  const std::string name = "state-" + std::to_string(next_++);
  store["name"] = name;
  if (chance(50)) store["caching"] = true;
  topology_.push_back({{"op", "add_state_store"}, {"store", store}});
  return name;
}

void Generator::add_store_processor() {
  const bool sums = chance(30);
  const Node from = sums ? stream_of_type(true) : stream();
  Node out = from;
  const int kind = pick(4);
  const bool is_long = sums || from.is_long;
  Json store{{"builder", kind == 0   ? "kv"
                         : kind == 1 ? "timestamped_kv_headers"
                                     : "timestamped_kv"},
             {"supplier", kind == 0   ? "in_memory_kv"
                          : kind == 1 ? "persistent_timestamped_kv_headers"
                          : kind == 2 ? "persistent_timestamped_kv"
                                      : "persistent_kv"},
             {"value", type_of(is_long)}};
  if (chance(10)) {
    store = {{"supplier", "lru"}, {"max_entries", 3}, {"value", type_of(is_long)}};
    out.agree.restart = false;
    out.agree.caches = Caches::kNone;
  }
  const std::string name = add_store(store);
  Json parameters{{"stores", Json::array({name})}, {"store", name}};
  if (sums) {
    parameters["processor"] = "running_total";
    return put_processed(chance(50) ? "process" : "process_values", from, parameters, out);
  }
  parameters["processor"] = "dedup";
  put_processed(chance(50) ? "process" : "process_values", from, parameters, out);
  if (chance(50)) return;
  parameters["processor"] = "lookup";
  out.is_long = false;
  if (chance(30)) {
    // Which of the two that write comes first depends on where an optimisation puts a repartition topic between them.
    streams_.back().agree.caches = std::min(streams_.back().agree.caches, Caches::kLarge);
    parameters["processor"] = "store_put";
    return put_processed("process", from, parameters, out);
  }
  // It shows the stored time: a cache has one, the store that keeps plain values has none.
  out.agree.caches = kind == 3 ? Caches::kNone : std::min(out.agree.caches, Caches::kLarge);
  put_processed(chance(50) ? "process" : "process_values", from, parameters, out);
}

/// Values become commands, one for some first letters each.
void Generator::add_key_value_commands() {
  const Node from = non_null(stream_of_type(false));
  const auto when = [](const char* letter, Json then, Json otherwise) {
    return call("if", call("contains", "$value", letter), std::move(then), std::move(otherwise));
  };
  const Json listing = random_.one_of<const char*>(
      {"all", "reverse_all", "range a c", "reverse_range b -", "range - b", "prefix a", "reverse_range c a"});
  const Json put = call("concat", chance(50) ? "put " : "put_if_absent ", call("substr", "$value", 0, 3));
  const Json command = when("0", put, when("1", listing, when("2", "put_all a=1 c=2", when("3", "delete", "get"))));
  const Node commands = next(from, add("map_values", {{"from", from.id}, {"value", command}}));
  Json store{{"supplier", chance(50) ? "persistent_kv" : "in_memory_kv"}};
  if (chance(50)) store = {{"builder", "timestamped_kv"}, {"supplier", "persistent_timestamped_kv"}};
  const std::string name = add_store(store);
  put_processed(chance(50) ? "process" : "process_values", commands,
                {{"processor", "kv_ops"}, {"stores", Json::array({name})}, {"store", name}}, commands);
}

/// Retention is long: rows that have expired stay visible in a cache.
void Generator::add_window_processor() {
  const Node from = non_null(stream());
  Node out = from;
  out.is_long = false;
  const bool is_long = from.is_long, on_disk = chance(50);
  Json parameters, store{{"value", type_of(is_long)}, {"retention_ms", 100000}};
  switch (pick(3)) {
    case 0: {
      const bool timestamped = chance(50);
      store["builder"] = timestamped ? "timestamped_window" : "window";
      store["supplier"] = !on_disk      ? "in_memory_window"
                          : timestamped ? "persistent_timestamped_window"
                                        : "persistent_window";
      store["window_ms"] = 10;
      parameters = {{"processor", "window_ops"}, {"before_ms", pick(40)}, {"after_ms", pick(40)}};
      if (chance(30)) parameters["backward"] = true;
      break;
    }
    case 1:
      store["builder"] = "session";
      store["supplier"] = on_disk ? "persistent_session" : "in_memory_session";
      store["value"] = "string";
      parameters = {{"processor", "session_ops"}, {"gap_ms", pick(30)}};
      break;
    default:
      store["builder"] = store["supplier"] = "versioned";
      store["history_retention_ms"] = 100 + pick(200);
      parameters = {{"processor", "versioned_ops"}, {"back_ms", 1 + pick(30)}};
  }
  if (store["builder"] == "session") {
    const Node shown =
        next(out, add("map_values", {{"from", from.id}, {"value", call("show", "$value")}, {"value_type", "string"}}));
    const std::string name = add_store(store);
    parameters.update({{"stores", Json::array({name})}, {"store", name}});
    return put_processed("process", shown, parameters, out);
  }
  const std::string name = add_store(store);
  if (store["builder"] == "versioned") topology_.back()["store"].erase("caching");
  parameters.update({{"stores", Json::array({name})}, {"store", name}});
  put_processed(chance(50) ? "process" : "process_values", from, parameters, out);
}

void Generator::add_punctuation() {
  const Node from = non_null(stream());
  Node out = from;
  out.agree.restart = out.ordered = false;
  out.agree.caches = std::min(out.agree.caches, Caches::kLarge);
  Json parameters{{"processor", "tick"}, {"interval_ms", 10 + pick(60)}, {"clock", chance(60) ? "stream" : "wall"}};
  if (chance(50)) {
    const Node text =
        from.is_long ? next(from, add("map_values",
                                      {{"from", from.id}, {"value", call("show", "$value")}, {"value_type", "string"}}))
                     : from;
    out.is_long = false;
    if (chance(30)) parameters["cancel_after"] = 2;
    return put_processed("process", text, parameters, out);
  }
  const std::string name = add_store({{"supplier", "persistent_kv"}, {"value", type_of(from.is_long)}});
  parameters.update({{"processor", "buffer"}, {"stores", Json::array({name})}, {"store", name}});
  put_processed("process", from, parameters, out);
}

}  // namespace streams::conformance
