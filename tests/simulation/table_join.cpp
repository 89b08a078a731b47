// Workload: two tables joined by key, with tombstones; also with source topics that serve as changelogs.
#include <simulation/workload.hpp>

#include <algorithm>
#include <set>

namespace streams::simulation {

namespace {

enum class Kind { kInner, kLeft, kOuter };
Kind kind_of(const Plan& plan) { return static_cast<Kind>(plan.variant % 3); }
bool materialized(const Plan& plan) { return plan.variant / 3 % 2 == 0; }

/// As in Kafka Streams, rows that come and go between two flushes of a cache are seen by the join, but not their end.
bool deletes(const Plan& plan) { return plan.cache_bytes == 0; }

std::string join_values(const std::string* left, const std::string* right) {
  return (left != nullptr ? *left : "-") + "|" + (right != nullptr ? *right : "-");
}

/// Rows of one key: what the left and the right side were, from nothing on.
struct Versions {
  std::vector<OptionalBytes> left{std::nullopt}, right{std::nullopt};
};

OptionalBytes joined(Kind kind, const OptionalBytes& left, const OptionalBytes& right) {
  if (kind == Kind::kInner && (!left || !right)) return std::nullopt;
  if (kind == Kind::kLeft && !left) return std::nullopt;
  if (!left && !right) return std::nullopt;
  return join_values(left ? &*left : nullptr, right ? &*right : nullptr);
}

/// Whether the values are what some order of the updates gives: a walk from (nothing, nothing) to the last versions,
/// one update a step, where every step gives its result (null may be left out).
bool is_walk(Kind kind, const Versions& of, const Values& values) {
  const std::size_t width = of.right.size();
  std::set<std::size_t> at{0};  // left * width + right
  const auto spread = [&](const std::string* value) {
    std::set<std::size_t> next;
    for (const std::size_t from : at) {
      const std::size_t left = from / width, right = from % width;
      for (const auto& [l, r] : {std::pair{left + 1, right}, std::pair{left, right + 1}}) {
        if (l >= of.left.size() || r >= width) continue;
        const OptionalBytes result = joined(kind, of.left[l], of.right[r]);
        if (value == nullptr ? !result : result.value_or("null") == *value) next.insert(l * width + r);
      }
    }
    return next;
  };
  const auto spread_silently = [&] {
    for (std::size_t before = 0; before != at.size();) {
      before = at.size();
      at.merge(spread(nullptr));
    }
  };
  for (const std::string& value : values) {
    spread_silently();
    at = spread(&value);
    if (at.empty()) return false;
  }
  spread_silently();
  return at.contains(of.left.size() * width - 1);
}

class TableJoin final : public Workload {
 public:
  void set_up(World& world) override {
    for (const char* name : {"left", "right", "out"}) create_topic(world, name);
  }

  Topology topology(const Plan& plan) const override {
    StreamsBuilder builder = builder_for(plan);
    const auto left = builder.table<std::string, std::string>("left");
    const auto right = builder.table<std::string, std::string>("right");
    const Materialized<std::string, std::string> store{.store_name = "joined"};
    const auto table = [&] {
      const bool stored = materialized(plan);
      switch (kind_of(plan)) {
        case Kind::kInner:
          return stored ? left.join(right, join_values, store) : left.join(right, join_values);
        case Kind::kLeft:
          return stored ? left.left_join(right, join_values, store) : left.left_join(right, join_values);
        default:
          return stored ? left.outer_join(right, join_values, store) : left.outer_join(right, join_values);
      }
    };
    table().to_stream().to("out");
    return builder.build(plan.variant / 6 % 2 == 0 ? Optimization::all() : Optimization{});
  }

  void produce(World& world) override {
    for (std::size_t i = 1 + world.random.below(4); i > 0; --i) {
      const bool left = world.random.percent(50);
      const std::string key = draw_key(world);
      OptionalBytes value;
      if (!deletes(world.plan) || world.random.percent(80)) value = (left ? "l" : "r") + std::to_string(++number_);
      put(world, left ? "left" : "right", key, value, world.clock.now_ms());
      (left ? rows_[key].left : rows_[key].right).push_back(std::move(value));
    }
  }

  Verification check(const World& world) const override {
    const Kind kind = kind_of(world.plan);
    const auto out = values_by_key(world, "out");
    const bool every_step = world.plan.exactly_once && world.plan.cache_bytes == 0;
    Verification result;
    std::map<std::string, Values> expected, actual;
    for (const auto& [key, versions] : rows_) {
      const auto values = out.find(key);
      const Values have = values == out.end() ? Values() : values->second;
      result.duplicates += std::set<std::string>(have.begin(), have.end()).size() < have.size() ? 1 : 0;
      const OptionalBytes last = joined(kind, versions.left.back(), versions.right.back());
      if (last) expected[key] = {*last};
      const std::string came_last = have.empty() ? "null" : last_value(world, have, last);
      if (came_last != "null" && (last || !deletes_may_stay(world))) actual[key] = {came_last};
      if (!every_step || is_walk(kind, versions, have)) continue;
      result.difference = "the results of " + key + " do not follow from its updates";
      return result;
    }
    result.difference = first_difference("the last values of out", actual, expected);
    if (result.difference.empty() && materialized(world.plan)) {
      std::map<std::string, Values> stored;
      for (auto& [key, value] : rows(world, "app-joined-changelog")) {
        if (expected.contains(key) || !deletes_may_stay(world)) stored[key] = {value};
      }
      result.difference = first_difference("the store", stored, expected);
    }
    return result;
  }

 private:
  /// At least once, as in Kafka Streams: an input table's changelog may have a tombstone whose result got lost on the
  /// way to the broker. The record is processed again, but then nothing changes in the input table, and nothing comes
  /// of it.
  static bool deletes_may_stay(const World& world) { return !world.plan.exactly_once; }

  std::map<std::string, Versions> rows_;
  int number_ = 0;
};

}  // namespace

std::unique_ptr<Workload> make_table_join() { return std::make_unique<TableJoin>(); }

}  // namespace streams::simulation
