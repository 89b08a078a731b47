// Workload: counts in windows of time of which only the final results come out.
#include <simulation/workload.hpp>

#include <runtime/log.hpp>

#include <algorithm>

namespace streams::simulation {

namespace {

constexpr std::int64_t kSizeMs = 2000;
constexpr std::int64_t kDisorderMs = 3000;
constexpr std::int64_t kGraceMs = 4000;
constexpr std::int64_t kHourMs = 60LL * 60 * 1000;

class Suppress final : public Workload {
 public:
  void set_up(World& world) override {
    for (const char* name : {"in", "out"}) create_topic(world, name);
  }

  Topology topology(const Plan& plan) const override {
    StreamsBuilder builder = builder_for(plan);
    builder.stream<std::string, std::string>("in")
        .group_by_key()
        .windowed_by(TimeWindows::of_size_and_grace(Millis(kSizeMs), Millis(kGraceMs)))
        .count()
        .suppress(Suppressed::until_window_closes())
        .to_stream()
        .map([](const Windowed<std::string>& window, std::int64_t count) {
          return std::pair{window.key, runtime::text(window.start, " has ", count)};
        })
        .to("out");
    return builder.build();
  }

  void produce(World& world) override {
    for (std::size_t i = 1 + world.random.below(4); i > 0; --i) {
      const std::string key = draw_key(world);
      const Timestamp time = world.clock.now_ms() + later_ - world.random.between(0, kDisorderMs);
      put(world, "in", key, "x", time);
      ++windows_[key][time / kSizeMs * kSizeMs];
    }
  }
  void finish(World& world) override {
    later_ += kHourMs;
    put_everywhere(world, "in", world.clock.now_ms() + later_);
    later_ += kHourMs;
  }

  Verification check(const World& world) const override {
    auto actual = values_by_key(world, "out");
    actual.erase("end");
    for (auto& [key, values] : actual) std::sort(values.begin(), values.end());
    std::map<std::string, Values> expected;
    for (const auto& [key, windows] : windows_) {
      for (const auto& [start, count] : windows) expected[key].push_back(runtime::text(start, " has ", count));
      std::sort(expected[key].begin(), expected[key].end());
    }
    return {first_difference("out", actual, expected), 0};
  }

 private:
  std::map<std::string, std::map<Timestamp, std::int64_t>> windows_;
  std::int64_t later_ = 0;  ///< event time is ahead of the clock by this
};

}  // namespace

std::unique_ptr<Workload> make_suppress() { return std::make_unique<Suppress>(); }

}  // namespace streams::simulation
