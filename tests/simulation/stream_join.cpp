// Workload: two streams joined within a window; records without partner come out when stream time has left them behind.
#include <simulation/workload.hpp>

#include <algorithm>
#include <cstdlib>

namespace streams::simulation {

namespace {

constexpr std::int64_t kWithinMs = 3000;
constexpr std::int64_t kGraceMs = 60LL * 60 * 1000;

enum class Kind { kInner, kLeft, kOuter };
Kind kind_of(const Plan& plan) { return static_cast<Kind>(plan.variant % 3); }

std::string join_values(const std::string* left, const std::string* right) {
  return (left != nullptr ? *left : "null") + "|" + (right != nullptr ? *right : "null");
}

class StreamJoin final : public Workload {
 public:
  void set_up(World& world) override {
    for (const char* name : {"left", "right", "out"}) create_topic(world, name);
  }

  Topology topology(const Plan& plan) const override {
    StreamsBuilder builder = builder_for(plan);
    const auto left = builder.stream<std::string, std::string>("left");
    const auto right = builder.stream<std::string, std::string>("right");
    const auto windows = JoinWindows::of_time_difference_and_grace(Millis(kWithinMs), Millis(kGraceMs));
    const auto joined = [&] {
      switch (kind_of(plan)) {
        case Kind::kInner:
          return left.join(right, join_values, windows);
        case Kind::kLeft:
          return left.left_join(right, join_values, windows);
        default:
          return left.outer_join(right, join_values, windows);
      }
    };
    joined().to("out");
    return builder.build();
  }

  void produce(World& world) override {
    for (std::size_t i = 1 + world.random.below(5); i > 0; --i) {
      const bool left = world.random.percent(50);
      const std::string key = draw_key(world);
      Record record{(left ? "l" : "r") + std::to_string(++number_),
                    world.clock.now_ms() + later_ - world.random.between(0, 2000)};
      put(world, left ? "left" : "right", key, record.value, record.timestamp);
      (left ? left_ : right_)[key].push_back(std::move(record));
    }
  }
  void finish(World& world) override {
    later_ += 3 * kGraceMs;
    for (const char* name : {"left", "right"}) put_everywhere(world, name, world.clock.now_ms() + later_);
    later_ += 3 * kGraceMs;
  }

  Verification check(const World& world) const override {
    auto actual = values_by_key(world, "out");
    actual.erase("end");
    for (auto& [key, values] : actual) std::sort(values.begin(), values.end());
    Verification result;
    if (world.plan.exactly_once) {
      for (auto& [key, values] : actual) forget_early_results(key, values);
      result.difference = first_difference("out", actual, results(kind_of(world.plan)));
      return result;
    }
    for (const auto& [key, values] : results(Kind::kInner)) {
      const Values& have = actual[key];
      if (!std::includes(have.begin(), have.end(), values.begin(), values.end()))
        result.difference = "out lacks results of " + key;
      result.duplicates += std::adjacent_find(have.begin(), have.end()) == have.end() ? 0 : 1;
    }
    return result;
  }

 private:
  struct Record {
    std::string value;
    Timestamp timestamp = 0;
  };
  using Records = std::map<std::string, std::vector<Record>>;

  /// As in Kafka Streams, a record whose window has ended when it comes gives a result without partner at once,
  /// although grace lets partners come later. One such result of each record is left out here.
  void forget_early_results(const std::string& key, Values& values) const {
    for (const Records* side : {&left_, &right_}) {
      const auto found = side->find(key);
      if (found == side->end()) continue;
      for (const Record& record : found->second) {
        const std::string alone = side == &left_ ? record.value + "|null" : "null|" + record.value;
        const bool joined = std::any_of(values.begin(), values.end(), [&](const std::string& value) {
          return value != alone &&
                 (side == &left_ ? value.starts_with(record.value + "|") : value.ends_with("|" + record.value));
        });
        const auto early = std::find(values.begin(), values.end(), alone);
        if (joined && early != values.end()) values.erase(early);
      }
    }
  }

  /// Every pair that is near enough, and records without any, by key and sorted.
  std::map<std::string, Values> results(Kind kind) const {
    std::map<std::string, Values> out;
    static const std::vector<Record> kNone;
    const auto of = [&](const Records& side, const std::string& key) -> const std::vector<Record>& {
      const auto found = side.find(key);
      return found == side.end() ? kNone : found->second;
    };
    const auto near = [](const Record& a, const Record& b) { return std::abs(a.timestamp - b.timestamp) <= kWithinMs; };
    const auto alone = [&](const Record& one, const std::vector<Record>& others) {
      return std::none_of(others.begin(), others.end(), [&](const Record& other) { return near(one, other); });
    };
    for (const auto& [key, lefts] : left_) {
      for (const Record& l : lefts) {
        for (const Record& r : of(right_, key)) {
          if (near(l, r)) out[key].push_back(l.value + "|" + r.value);
        }
        if (kind != Kind::kInner && alone(l, of(right_, key))) out[key].push_back(l.value + "|null");
      }
    }
    for (const auto& [key, rights] : right_) {
      for (const Record& r : rights) {
        if (kind == Kind::kOuter && alone(r, of(left_, key))) out[key].push_back("null|" + r.value);
      }
    }
    for (auto& [key, values] : out) std::sort(values.begin(), values.end());
    return out;
  }

  Records left_, right_;
  int number_ = 0;
  std::int64_t later_ = 0;  ///< event time is ahead of the clock by this
};

}  // namespace

std::unique_ptr<Workload> make_stream_join() { return std::make_unique<StreamJoin>(); }

}  // namespace streams::simulation
