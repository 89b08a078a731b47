// Workload: records counted in session windows that grow and merge.
#include <simulation/workload.hpp>

#include <runtime/log.hpp>

#include <algorithm>

namespace streams::simulation {

namespace {

constexpr std::int64_t kGapMs = 1500;
constexpr std::int64_t kGraceMs = 24LL * 60 * 60 * 1000;

std::string describe(Timestamp start, Timestamp end, const std::int64_t* count) {
  return runtime::text(start, "-", end, count != nullptr ? runtime::text(" has ", *count) : " is gone");
}

/// Several sessions that end with one record may end in any order.
void sort_ends(Values& values) {
  const auto is_end = [](const std::string& value) { return value.ends_with("gone"); };
  for (auto it = values.begin(); it != values.end();) {
    const auto begin = std::find_if(it, values.end(), is_end);
    it = std::find_if_not(begin, values.end(), is_end);
    std::sort(begin, it);
  }
}

class Sessions final : public Workload {
 public:
  void set_up(World& world) override {
    for (const char* name : {"in", "out"}) create_topic(world, name);
  }

  Topology topology(const Plan& plan) const override {
    StreamsBuilder builder = builder_for(plan);
    builder.stream<std::string, std::string>("in")
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_and_grace(Millis(kGapMs), Millis(kGraceMs)))
        .count()
        .to_stream()
        .map([](const Windowed<std::string>& session, const std::int64_t* count) {
          return std::pair{session.key, describe(session.start, session.end, count)};
        })
        .to("out");
    return builder.build();
  }

  void produce(World& world) override {
    for (std::size_t i = 1 + world.random.below(3); i > 0; --i) {
      const std::string key = draw_key(world);
      const Timestamp time = world.clock.now_ms() - world.random.between(0, 6000);
      put(world, "in", key, "x", time);
      add(key, time);
    }
  }

  Verification check(const World& world) const override {
    auto actual = values_by_key(world, "out");
    Verification result;
    if (world.plan.cache_bytes == 0) {
      for (auto& [key, values] : actual) sort_ends(values);
      result.difference = first_difference("out", actual, updates_);
      return result;
    }
    std::map<std::string, Values> last;
    for (const auto& [key, values] : actual) last[key] = in_the_end(values);
    std::map<std::string, Values> expected;
    for (const auto& [key, values] : updates_) expected[key] = in_the_end(values);
    result.difference = first_difference("the sessions in out", last, expected);
    return result;
  }

 private:
  struct Session {
    Timestamp start, end;
    std::int64_t count;
  };

  void add(const std::string& key, Timestamp time) {
    std::vector<Session>& sessions = sessions_[key];
    Session merged{time, time, 1};
    Values ended;
    std::erase_if(sessions, [&](const Session& session) {
      if (session.end < time - kGapMs || session.start > time + kGapMs) return false;
      merged.start = std::min(merged.start, session.start);
      merged.end = std::max(merged.end, session.end);
      merged.count += session.count;
      ended.push_back(describe(session.start, session.end, nullptr));
      return true;
    });
    std::sort(ended.begin(), ended.end());
    Values& updates = updates_[key];
    if (merged.start != time || merged.end != time) updates.insert(updates.end(), ended.begin(), ended.end());
    updates.push_back(describe(merged.start, merged.end, &merged.count));
    sessions.push_back(merged);
  }

  /// What is left of these updates, sorted.
  static Values in_the_end(const Values& updates) {
    std::map<std::string, std::string> by_session;
    for (const std::string& update : updates) by_session[update.substr(0, update.find(' '))] = update;
    Values out;
    for (const auto& [session, update] : by_session) {
      if (!update.ends_with("gone")) out.push_back(update);
    }
    return out;
  }

  std::map<std::string, std::vector<Session>> sessions_;
  std::map<std::string, Values> updates_;
};

}  // namespace

std::unique_ptr<Workload> make_sessions() { return std::make_unique<Sessions>(); }

}  // namespace streams::simulation
