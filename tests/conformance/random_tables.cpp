// Aggregations and tables in random topologies.
#include "random_generator.hpp"

#include <algorithm>

namespace streams::conformance {

using What = Agreement::What;

std::string Generator::grouped(const Node& from, bool named) {
  Json parameters{{"from", from.id}};
  if (named || chance(15)) parameters["as"] = "group-" + std::to_string(next_);
  if (chance(60)) return add("group_by_key", parameters);
  parameters["key"] = letter(from, "$value");
  return add("group_by", parameters);
}

Json Generator::window(bool cogrouped) {
  const int size = 5 + pick(25);
  Json window;
  switch (pick(cogrouped ? 10 : 11)) {
    case 0:
    case 1:
    case 2:
      window = {{"type", "tumbling"}, {"size_ms", size}};
      break;
    case 3:
    case 4:
      window = {{"type", "hopping"}, {"size_ms", size}, {"advance_ms", 1 + size / 3}};
      break;
    case 5:
    case 6:
      window = {{"type", "sliding"}, {"difference_ms", size}};
      break;
    case 10:
      return {{"type", "unlimited"}, {"start_ms", pick(2) * 100}};
    default:
      window = {{"type", "session"}, {"gap_ms", size}};
  }
  if (chance(85)) window["grace_ms"] = pick(4) * 10;
  return window;
}

/// An aggregation of a grouped or windowed stream. Gives values of the stream's type, or the number of records.
Node Generator::aggregated(const std::string& group, const Node& from, bool sessions, bool on_close) {
  Node out = from;
  Json parameters{{"from", group}};
  if (chance(50)) parameters["materialized"] = {{"name", "store-n" + std::to_string(next_)}};
  if (on_close) {
    // The same store in all runs: what expires before it is given out is still found on disk, always in
    // RocksDBTimeOrderedSessionStore, for a millisecond in AbstractDualSchemaRocksDBSegmentedBytesStore.
    parameters["materialized"] = {{"name", "store-n" + std::to_string(next_)},
                                  {"store_type", chance(50) ? "in_memory" : "rocks_db"}};
  }
  if (parameters.contains("materialized") && !on_close && chance(20))
    parameters["materialized"]["store_type"] = chance(50) ? "in_memory" : "rocks_db";
  if (parameters.contains("materialized") && chance(20)) parameters["materialized"]["caching"] = false;
  out.agree.what = What::kLastRows;
  out.immediate = true;
  out.cached = has_cache(parameters);
  out.weight = 1;
  out.from_initial = true;
  if (chance(30)) {
    out.is_long = true;
    return next(out, add("count", parameters));
  }
  const Json text = call("substr", call("concat", "$value", "$agg"), 0, 10);
  parameters["add"] = from.is_long ? call("add", "$agg", "$value") : text;
  if (chance(50)) {
    out.from_initial = false;
    return next(out, add("reduce", parameters));
  }
  parameters["init"] = from.is_long ? Json(0) : Json("");
  if (from.is_long) parameters["add"] = call("add", "$agg", call("coalesce", "$value", 1));
  if (sessions) {
    parameters["merge"] =
        from.is_long ? call("add", "$left", "$right") : call("substr", call("concat", "$left", "&", "$right"), 0, 12);
  }
  return next(out, add("aggregate", parameters));
}

/// What windows change of a result.
Node Generator::windowed_result(Node of, const Json& window, bool on_close) {
  const bool sessions = window.at("type") == "session";
  // Sessions that have expired in their store go on in a cache, and without any grace a record of another key with the
  // same time is enough: CachingSessionStore.
  if (sessions && !on_close && !(ordered_input_ && of.ordered && window.value("grace_ms", 0) > 0))
    of.agree.caches = Caches::kNone;
  of.windowed = true;
  of.immediate = false;
  of.window_final = !on_close && window.at("type") != "unlimited";
  of.agree.restart = of.agree.restart && of.ordered;
  // A session that grows deletes the former one with that one's time.
  of.ordered = of.ordered && !on_close && window.at("type") != "sliding" && !sessions;
  const bool time_window = window.at("type") == "tumbling" || window.at("type") == "hopping";
  if (on_close) of.agree.what = time_window ? What::kLastRowsOfBoth : What::kRecords;
  return of;
}

void Generator::add_windowed(Node table) {
  if (table.window_final && chance(20)) {
    put_table(table);
    windowed_.push_back(suppressed(table, {{"until", "window_closes"}}));
    return;
  }
  put_table(table);
  if (!chance(50)) return;
  Node stream = table;
  if (table.agree.what != What::kRecords) stream.agree.caches = Caches::kNone;
  stream.agree.what = What::kRecords;
  stream.windowed = false;
  const std::string updates = add("to_stream", {{"from", table.id}});
  put_stream(next(stream,
                  add("select_key", {{"from", updates}, {"key", call("window_key", "$key")}, {"key_type", "string"}})));
}

void Generator::add_aggregation() {
  if (chance(20)) return add_cogroup();
  const Node from = stream();
  std::string group = grouped(from);
  if (chance(35)) return put_table(aggregated(group, from, false, false));
  const Json of = window(false);
  group = add("windowed_by", {{"from", group}, {"window", of}});
  const bool on_close = of.at("type") != "unlimited" && chance(30);
  if (on_close || chance(15)) {
    group = add("emit_strategy", {{"from", group}, {"strategy", on_close ? "on_window_close" : "on_window_update"}});
  }
  add_windowed(windowed_result(aggregated(group, from, of.at("type") == "session", on_close), of, on_close));
}

void Generator::add_cogroup() {
  const bool is_long = chance(50);
  const auto added = [&](const Node& of) {
    if (is_long) return call("add", "$agg", of.is_long ? call("coalesce", "$value", 1) : Json(1));
    return call("substr", call("concat", call("show", "$value"), "$agg"), 0, 12);
  };
  Node from = stream();
  std::string group =
      add("cogroup", {{"from", grouped(from, true)}, {"add", added(from)}, {"value_type", type_of(is_long)}});
  for (int more = pick(3); more > 0; --more) {
    const Node other = stream();
    const std::string with = grouped(other, true);
    group = add("cogroup", {{"from", group}, {"with", with}, {"add", added(other)}});
    from = both(from, other);
    from.agree.caches = std::min(from.agree.caches, Caches::kLarge);
  }
  Node out = from;
  out.is_long = is_long;
  out.agree.what = What::kLastRows;
  out.immediate = out.from_initial = out.cached = true;
  out.weight = 1;
  const bool windowed = chance(50);
  // Each stream has a time of its own for what is late, and the store has theirs together for what has expired.
  if (windowed && from.agree.caches != Caches::kAny && !(ordered_input_ && from.ordered))
    out.agree.caches = Caches::kNone;
  const Json of = window(true);
  if (windowed) group = add("windowed_by", {{"from", group}, {"window", of}});
  Json parameters{{"from", group}, {"init", is_long ? Json(0) : Json("")}, {"value_type", type_of(is_long)}};
  if (chance(50)) parameters["materialized"] = {{"name", "store-n" + std::to_string(next_)}};
  if (windowed && of.at("type") == "session") {
    parameters["merge"] =
        is_long ? call("add", "$left", "$right") : call("substr", call("concat", "$left", "&", "$right"), 0, 12);
  }
  out.id = add("aggregate", parameters);
  windowed ? add_windowed(windowed_result(out, of, false)) : put_table(out);
}

void Generator::add_table_operator() {
  one_of({&Generator::add_table_filter, &Generator::add_table_map_values, &Generator::add_transform_values,
          &Generator::add_to_table, &Generator::add_to_stream, &Generator::add_grouped_table,
          &Generator::add_grouped_table, &Generator::add_suppress});
}

void Generator::add_table_filter() {
  Node from = table();
  Json parameters = store_of_table();
  from.immediate = from.immediate && parameters.empty();
  if (from.joined) from.agree.caches = Caches::kNone;
  parameters.update({{"from", from.id}, {"if", predicate(from)}});
  name_some(parameters);
  put_table(next(from, add(chance(50) ? "filter" : "filter_not", parameters)));
}

void Generator::add_table_map_values() {
  Node from = table();
  Json parameters = store_of_table();
  from.immediate = from.immediate && parameters.empty();
  parameters.update({{"from", from.id}, {"value", mapped(from)}});
  if (chance(30)) {
    from.is_long = false;
    parameters["with_key"] = true;
    parameters["value"] = call("concat", "$key", call("substr", call("show", "$value"), 0, 4));
    parameters["value_type"] = "string";
  }
  name_some(parameters);
  put_table(next(from, add("map_values", parameters)));
}

/// Only without a store of its own does the result depend on the last update alone. With one it needs another for
/// its result, because what reads the table has no access to the transformer's.
void Generator::add_transform_values() {
  Node from = table();
  Json parameters = store_of_table();
  from.immediate = false;
  parameters["from"] = from.id;
  if (chance(50)) {
    parameters.update(
        {{"processor", "map_record"}, {"value", call("if", call("is_null", "$value"), Json(), mapped(from))}});
  } else {
    const std::string name =
        add_store({{"builder", "timestamped_kv"}, {"supplier", "persistent_timestamped_kv"}, {"value", "long"}});
    parameters["materialized"] = {{"name", "store-n" + std::to_string(next_)}};
    parameters.update({{"processor", "count_calls"}, {"stores", Json::array({name})}, {"store", name}});
    from.is_long = false;
    from.agree.caches = Caches::kNone;
  }
  parameters["value_type"] = type_of(from.is_long);
  put_table(next(from, add("transform_values", parameters)));
}

void Generator::add_to_table() {
  Node from = stream();
  Json parameters = store_of_table(true);
  from.agree.what = What::kLastRows;
  from.immediate = true;
  from.cached = has_cache(parameters);
  from.weight = 1;
  from.versioned =
      parameters.contains("materialized") && parameters["materialized"].value("supplier", "") == "versioned";
  parameters["from"] = from.id;
  put_table(next(from, add("to_table", parameters)));
}

void Generator::add_to_stream() {
  Node from = table();
  from.agree.caches = Caches::kNone;
  from.agree.what = What::kRecords;
  Json parameters{{"from", from.id}};
  if (chance(50)) parameters["key"] = letter(from, "$value");
  put_stream(next(from, add("to_stream", parameters)));
}

/// Groups of tables, and a table of those that are not zero. The first update of an aggregation has the initial value
/// as its old one (KStreamAggregate), unless it comes out of a cache: that is then taken from a group that it was never
/// in.
void Generator::add_grouped_table() {
  Node from = table();
  Json parameters{{"from", from.id}, {"key", letter(from, "$value")}, {"value", "$value"}};
  if (chance(20)) parameters["as"] = "group-" + std::to_string(next_);
  const std::string group = add("group_by", parameters);
  Json materialized = store_of_table();
  materialized["from"] = group;
  if (from.from_initial || from.joined) from.agree.caches = Caches::kNone;
  from.agree.times = from.ordered = from.immediate = from.versioned = from.from_initial = from.joined = false;
  const bool lists = !from.is_long && chance(50);
  if (lists) {
    from.agree.caches = Caches::kNone;
    materialized.update({{"init", ""},
                         {"add", call("list_add", "$agg", "$value")},
                         {"subtract", call("list_remove", "$agg", "$value")}});
    return put_table(next(from, add("aggregate", materialized)));
  }
  Node counts = from;
  counts.agree.caches = Caches::kNone;
  if (!from.is_long || chance(30)) {
    counts.is_long = true;
    counts.id = add("count", materialized);
  } else {
    materialized.update({{"add", call("add", "$agg", "$value")}, {"subtract", call("sub", "$agg", "$value")}});
    const bool reduce = chance(50);
    if (!reduce) materialized["init"] = 0;
    counts.id = add(reduce ? "reduce" : "aggregate", materialized);
  }
  put_table(counts);
  Node filtered = counts;
  filtered.agree.caches = from.agree.caches;
  put_table(next(filtered, add("filter", {{"from", counts.id}, {"if", call("ne", "$value", 0)}})));
}

Node Generator::suppressed(const Node& from, Json parameters) {
  Node out = from;
  const bool window = parameters.at("until") == "window_closes";
  out.agree.what = What::kLastRowsOfBoth;
  if (!window) out.agree.caches = Caches::kNone;
  // A row that leaves the buffer and comes back within one commit has no tombstone in the changelog: restored, it
  // stands where it stood before (cleanPut of InMemoryTimeOrderedKeyValueChangeBuffer) and leaves earlier.
  out.agree.restart = out.agree.restart && out.ordered && window;
  out.ordered = out.immediate = out.window_final = false;
  if (!window && chance(40)) parameters["max_records"] = 1 + pick(4);
  if (!window && chance(20)) parameters["max_bytes"] = 200 + pick(400);
  if (chance(10)) {
    parameters["logging"] = false;
    out.agree.restart = false;
  }
  parameters["from"] = from.id;
  name_some(parameters);
  return next(out, add("suppress", parameters));
}

void Generator::add_suppress() {
  const Node from = table();
  if (from.versioned) return add_table_filter();
  put_table(suppressed(from, {{"until", "time_limit"}, {"time_ms", pick(60)}}));
}

void Generator::add_windowed_operator() {
  if (windowed_.empty()) return add_aggregation();
  one_of({&Generator::add_windowed_suppress, &Generator::add_regroup, &Generator::add_windowed_suppress});
}

void Generator::add_windowed_suppress() {
  Node from = one(windowed_);
  if (chance(30)) {
    from.id = add(chance(50) ? "filter" : "filter_not", {{"from", from.id}, {"if", predicate(from)}});
    windowed_.push_back(from);
  }
  if (from.window_final && chance(70)) {
    windowed_.push_back(suppressed(from, {{"until", "window_closes"}}));
  } else {
    windowed_.push_back(suppressed(from, {{"until", "time_limit"}, {"time_ms", pick(60)}}));
  }
}

/// Windows grouped by their keys: how many there are of each.
void Generator::add_regroup() {
  Node from = one(windowed_);
  const std::string group =
      add("group_by",
          {{"from", from.id}, {"key", call("window_key", "$key")}, {"key_type", "string"}, {"value", "$value"}});
  from.agree.times = from.ordered = from.immediate = from.window_final = from.windowed = from.from_initial = false;
  from.agree.caches = Caches::kNone;
  from.agree.what = What::kLastRows;
  from.is_long = true;
  put_table(next(from, add("count", {{"from", group}})));
}

}  // namespace streams::conformance
