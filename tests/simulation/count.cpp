// Workload: records are counted by another key than they come with, so that a repartition topic lies in between.
#include <simulation/workload.hpp>

#include <runtime/log.hpp>

namespace streams::simulation {

namespace {

/// Counts in the changelog are big-endian.
std::int64_t number(const Bytes& bytes) {
  std::uint64_t out = 0;
  for (const char c : bytes) out = out << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(out);
}

class Count final : public Workload {
 public:
  void set_up(World& world) override {
    create_topic(world, "in");
    create_topic(world, "out");
  }

  Topology topology(const Plan& plan) const override {
    StreamsBuilder builder = builder_for(plan);
    builder.stream<std::string, std::string>("in")
        .select_key([](const std::string&, const std::string& value) { return value; })
        .group_by_key()
        .count(Materialized<std::string, std::int64_t>{.store_name = "counts"})
        .to_stream()
        .map_values([](std::int64_t count) { return std::to_string(count); })
        .to("out");
    return builder.build();
  }

  void produce(World& world) override {
    for (std::size_t i = 1 + world.random.below(5); i > 0; --i) {
      const std::string key = draw_key(world);
      put(world, "in", "source" + std::to_string(world.random.below(20)), key, world.clock.now_ms());
      ++expected_[key];
    }
  }

  Verification check(const World& world) const override {
    const auto out = values_by_key(world, "out");
    const auto stored = rows(world, "app-counts-changelog");
    Verification result;
    for (const auto& [key, count] : expected_) {
      const auto values = out.find(key);
      const auto row = stored.find(key);
      if (values == out.end() || row == stored.end()) {
        result.difference = "no count of " + key;
        return result;
      }
      result.difference = world.plan.exactly_once
                              ? exact(key, count, values->second, number(row->second), world.plan.cache_bytes == 0)
                              : at_least(key, count, values->second, number(row->second), result.duplicates);
      if (!result.difference.empty()) return result;
    }
    if (out.size() > expected_.size() || stored.size() > expected_.size()) result.difference = "a key that never was";
    return result;
  }

 private:
  /// 1, 2, 3 ... `count`; with a cache, some of these.
  static std::string exact(const std::string& key, std::int64_t count, const Values& values, std::int64_t stored,
                           bool all) {
    std::int64_t last = 0;
    for (const std::string& value : values) {
      const std::int64_t next = std::stoll(value);
      if (all ? next != last + 1 : next <= last)
        return runtime::text("count ", next, " of ", key, " comes after ", last);
      last = next;
    }
    if (last != count) return runtime::text("the last count of ", key, " is ", last, " instead of ", count);
    if (stored != count) return runtime::text("the changelog has ", stored, " for ", key, " instead of ", count);
    return {};
  }
  static std::string at_least(const std::string& key, std::int64_t count, const Values& values, std::int64_t stored,
                              std::size_t& duplicates) {
    const std::int64_t last = std::stoll(values.back());
    if (last < count) return runtime::text("the last count of ", key, " is ", last, ", there were ", count);
    if (stored < count) return runtime::text("the changelog has ", stored, " for ", key, ", there were ", count);
    duplicates += static_cast<std::size_t>(last - count);
    return {};
  }

  std::map<std::string, std::int64_t> expected_;
};

}  // namespace

std::unique_ptr<Workload> make_count() { return std::make_unique<Count>(); }

}  // namespace streams::simulation
