// Joins of random topologies.
#include "random_generator.hpp"

#include <algorithm>

namespace streams::conformance {

/// A null value moves on the time of the store of a join in memory, but not of one on disk: InMemoryWindowStore and
/// RocksDBWindowStore.
Node Generator::non_null_values(const Node& from) {
  return next(from, add("filter_not", {{"from", from.id}, {"if", call("is_null", "$value")}}));
}

void Generator::add_stream_join() {
  const Node left = non_null_values(stream()), right = chance(20) ? left : non_null_values(stream());
  if (left.weight * right.weight > 4) return;
  const char* type = random_.one_of<const char*>({"inner", "left", "outer"});
  Node out = both(left, right);
  const int within = pick(20), grace = pick(3) * 10;
  Json parameters{{"from", left.id},
                  {"right", right.id},
                  {"type", type},
                  {"joiner", joined(left, right)},
                  {"value_type", type_of(out.is_long)},
                  {"within_ms", within},
                  {"grace_ms", grace}};
  if (chance(20)) parameters["with_key"] = true;
  if (chance(15)) parameters[chance(50) ? "before_ms" : "after_ms"] = pick(within + 5);
  if (chance(15)) parameters["store_type"] = chance(50) ? "in_memory" : "rocks_db";
  if (chance(15)) parameters["store_name"] = "join-" + std::to_string(next_);
  out.agree.caches = std::min(out.agree.caches, Caches::kLarge);
  const bool inner = std::string(type) == "inner";
  // KStreamKStreamJoin looks at waiting records after a start, and takes the last one that it saw for the oldest: what
  // waits is then given out later.
  out.agree.restart = out.agree.restart && out.ordered && inner;
  out.ordered = out.ordered && inner;
  out.weight = 2 * left.weight * right.weight;
  put_stream(next(out, add("stream_stream_join", parameters)));
}

void Generator::add_stream_table_join() {
  const auto versioned = std::find_if(tables_.begin(), tables_.end(), [](const Node& node) { return node.versioned; });
  const Node left = stream(), right = versioned != tables_.end() && chance(40) ? *versioned : table();
  Node out = both(left, right);
  out.agree.what = left.agree.what;
  out.ordered = left.ordered;
  out.weight = left.weight;
  out.agree.times = left.agree.times;
  out.agree.caches = right.immediate ? std::min(out.agree.caches, Caches::kLarge) : Caches::kNone;
  Json parameters{{"from", left.id},
                  {"right", right.id},
                  {"type", chance(50) ? "inner" : "left"},
                  {"joiner", joined(left, right)},
                  {"value_type", type_of(out.is_long)}};
  if (chance(20)) parameters["with_key"] = true;
  if (right.versioned && chance(50)) {
    parameters["grace_ms"] = 1 + pick(40);
    out.agree.restart = out.agree.restart && left.ordered;
    out.ordered = false;
  }
  put_stream(next(out, add("stream_table_join", parameters)));
}

void Generator::add_stream_global_join() {
  if (globals_.empty()) add_global_table();
  const Node left = stream(), right = one(globals_);
  Node out = left;
  out.is_long = left.is_long && right.is_long;
  Json parameters{{"from", left.id},
                  {"right", right.id},
                  {"type", chance(50) ? "inner" : "left"},
                  {"key", chance(50) ? Json("$key") : letter(left, "$value")},
                  {"joiner", joined(left, right)},
                  {"value_type", type_of(out.is_long)}};
  if (chance(20)) parameters["with_key"] = true;
  put_stream(next(out, add("stream_global_join", parameters)));
}

/// A join that an eviction brings about reads the other table's row as it is now. If that row is deleted before it was
/// ever given out, CachingKeyValueStore tells nobody, and the result stays. A commit gives out all rows at once; but
/// those of tables behind others only with the next one, and a table without a cache gives out its rows between them.
Caches Generator::joined_caches(const Node& left, const Node& right) {
  if (!left.immediate || !right.immediate || left.cached != right.cached) return Caches::kNone;
  return std::min({left.agree.caches, right.agree.caches, Caches::kNoEviction});
}

/// If both rows are deleted while one of the deletions waits in a cache, KTableKTableInnerJoin finds no other row each
/// time and leaves the result, be it one update of a table joined with itself or one of each of two tables. The old
/// value of a result is made of the other table's row as it is now, which need not be the one that the last result was
/// made of, if that row waits in a cache: a filter then sees no need to delete what it let through (KTableFilter), and
/// a group subtracts what it never added.
void Generator::add_table_join() {
  const Node left = table(), right = table();
  Node out = both(left, right);
  const char* type = random_.one_of<const char*>({"inner", "left", "outer"});
  out.agree.caches = std::string(type) == "inner" ? Caches::kNone : joined_caches(left, right);
  Json parameters = store_of_table();
  out.immediate = out.immediate && parameters.empty();
  out.joined = true;
  out.agree.times = false;
  out.ordered = false;
  parameters.update({{"from", left.id},
                     {"right", right.id},
                     {"type", type},
                     {"joiner", joined(left, right)},
                     {"value_type", type_of(out.is_long)}});
  put_table(next(out, add("table_table_join", parameters)));
}

void Generator::add_foreign_key_join() {
  const Node left = table(), right = table();
  const bool inner = chance(50);
  Node out = both(left, right);
  out.immediate = false;
  out.agree.times = false;
  out.ordered = false;
  out.agree.caches = inner || left.joined ? Caches::kNone : joined_caches(left, right);
  out.joined = false;
  Json parameters = store_of_table();
  parameters.update({{"from", left.id},
                     {"right", right.id},
                     {"type", inner ? "inner" : "left"},
                     {"foreign_key", letter(left, "$value")},
                     {"joiner", joined(left, right)},
                     {"value_type", type_of(out.is_long)}});
  if (chance(20)) {
    parameters["with_key"] = true;
    parameters["foreign_key"] = call("if", call("eq", "$key", "a"), "b", letter(left, "$value"));
  }
  put_table(next(out, add("foreign_key_join", parameters)));
}

}  // namespace streams::conformance
