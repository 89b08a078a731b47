// Exactly once: what a transaction holds together, over restarts, rebalances, zombies and errors.
#include "test_processors.hpp"
#include "thread_fixture.hpp"

namespace streams::runtime {
namespace {

using Strings = std::vector<std::string>;

class ExactlyOnceTest : public StreamThreadTest {
 protected:
  StreamsConfig exactly_once(const std::string& directory = "a") {
    StreamsConfig out = config(directory);
    out.set("processing.guarantee", "exactly_once_v2");
    return out;
  }
  /// Turns both until neither does anything any more.
  static void settle(Instance& a, Instance& b) {
    for (int i = 0; i < 3; ++i) {
      a.settle();
      b.settle();
    }
  }
  void commit_both(Instance& a, Instance& b) {
    clock_.advance(100);
    settle(a, b);
  }
};

TEST_F(ExactlyOnceTest, ShowsResultsWhenTheyAreCommitted) {
  create("in");
  create("out");
  produce("in", "a", "x");
  const auto app = instance(count_per_key(), exactly_once());
  clock_.advance(1000);
  app->settle();
  clock_.advance(100);
  app->settle();
  EXPECT_EQ(read("out"), (Strings{"a=1@0"}));
  produce("in", "a", "x");
  app->settle();
  EXPECT_EQ(read("out"), (Strings{"a=1@0"})) << "the second is not committed yet";
  clock_.advance(100);
  app->settle();
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0"}));
  EXPECT_EQ(read("app-counts-changelog"), (Strings{"a=1@0", "a=2@0"}));
}

TEST_F(ExactlyOnceTest, CountsOnceAcrossACrash) {
  create("in");
  create("out");
  produce("in", "a", "x");
  for (const StoreType type : {StoreType::kRocksDb, StoreType::kInMemory}) {
    SCOPED_TRACE(static_cast<int>(type));
    produce("in", "b", "poison");
    const auto app = instance(count_per_key(type), exactly_once());
    EXPECT_THROW(app->settle(), TaskError);
    app->thread().close(false);
  }
  EXPECT_EQ(read("out"), Strings{});
}

TEST_F(ExactlyOnceTest, MovesTasksWithTheirStateToANewInstance) {
  create("in", 2);
  create("out", 2);
  produce("in", "a", "x", 0, 0);
  produce("in", "b", "x", 0, 1);
  const auto first = instance(count_per_key(), exactly_once("a"));
  first->settle();
  produce("in", "a", "x", 0, 0);
  produce("in", "b", "x", 0, 1);
  first->settle();  // not committed
  const auto second = instance(count_per_key(), exactly_once("b"));
  settle(*first, *second);
  EXPECT_EQ(first->thread().metadata().active_tasks.size(), 1u);
  EXPECT_EQ(second->thread().metadata().active_tasks.size(), 1u);
  produce("in", "a", "x", 0, 0);
  produce("in", "b", "x", 0, 1);
  commit_both(*first, *second);
  commit_both(*first, *second);
  EXPECT_THAT(read("out"), testing::UnorderedElementsAre("a=1@0", "a=2@0", "a=3@0", "b=1@0", "b=2@0", "b=3@0"));
}

TEST_F(ExactlyOnceTest, FencesAZombie) {
  create("in");
  create("out");
  produce("in", "a", "x");
  const auto zombie = instance(count_per_key(), exactly_once("a"));
  zombie->settle();
  commit(*zombie);
  produce("in", "a", "x");
  zombie->settle();  // counted, sent, not committed: and now it falls asleep
  const auto heir = instance(count_per_key(), exactly_once("b"));
  for (int i = 0; i < 60; ++i) {
    clock_.advance(1000);
    heir->settle();
  }
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0"})) << "the heir has counted it";
  zombie->settle();
  produce("in", "a", "x");
  for (int i = 0; i < 10; ++i) {
    clock_.advance(100);
    settle(*zombie, *heir);
  }
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
  EXPECT_EQ(zombie->thread().metadata().active_tasks.size() + heir->thread().metadata().active_tasks.size(), 1u);
}

/// Counts as count_per_key(); at a value "sleep" it calls a function first.
Topology sleepy_count(std::function<void()> sleep) {
  class Sleeper final : public Processor<std::string, std::string> {
   public:
    explicit Sleeper(std::function<void()> sleep) : sleep_(std::move(sleep)) {}
    void process(Record<std::string, std::string>&& record) override {
      if (record.value == "sleep") sleep_();
      context().forward(std::move(record));
    }

   private:
    std::function<void()> sleep_;
  };
  Topology topology;
  topology.add_source<std::string, std::string>("source", {"in"});
  topology.add_processor("sleep", [sleep] { return std::make_unique<Sleeper>(sleep); }, {"source"});
  topology.add_processor("count", [] { return std::make_unique<CountPerKey>("counts"); }, {"sleep"});
  topology.add_sink<std::string, std::string>("sink", "out", {"count"});
  topology.add_state_store(key_value_store<std::string, std::string>("counts"), {"count"});
  return topology;
}

TEST_F(ExactlyOnceTest, DoesItAgainWhereATransactionOutlivesItsTime) {
  create("in");
  create("out");
  int sleeps = 0;
  const auto sleep = [&] {
    if (++sleeps == 1) clock_.advance(11'000);  // transaction.timeout.ms is ten seconds
  };
  const auto app = instance(sleepy_count(sleep), exactly_once());
  produce("in", "a", "x");
  app->settle();
  commit(*app);
  produce("in", "a", "x");
  app->settle();  // the transaction begins
  produce("in", "a", "sleep");
  for (int i = 0; i < 10; ++i) commit(*app);
  EXPECT_EQ(sleeps, 2);
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
  EXPECT_EQ(read("app-counts-changelog"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
}

/// A thread that processes for longer than it may without a poll, while another takes its task over.
class SleepyThreadTest : public ExactlyOnceTest, public testing::WithParamInterface<const char*> {
 protected:
  Strings run() {
    create("in");
    create("out");
    std::unique_ptr<Instance> heir;
    const auto set = [&](const char* directory) {
      auto out = config(directory);
      out.set("processing.guarantee", std::string(GetParam()));
      return out;
    };
    const auto sleep = [&] {
      if (heir != nullptr) return;
      heir = instance(count_per_key(), set("b"));
      for (int i = 0; i < 60; ++i) {
        clock_.advance(1000);
        heir->settle();
      }
    };
    const auto sleeper = instance(sleepy_count(sleep), set("a"));
    produce("in", "a", "x");
    sleeper->settle();
    commit(*sleeper);
    produce("in", "a", "x");
    sleeper->settle();
    produce("in", "a", "sleep");
    sleeper->settle();
    EXPECT_EQ(sleeper->thread().metadata().active_tasks.size(), 0u);
    produce("in", "a", "x");
    for (int i = 0; i < 5; ++i) commit_both(*sleeper, *heir);
    EXPECT_EQ(sleeper->thread().metadata().active_tasks.size() + heir->thread().metadata().active_tasks.size(), 1u);
    return read("out");
  }
};
INSTANTIATE_TEST_SUITE_P(Guarantees, SleepyThreadTest, testing::Values("at_least_once", "exactly_once_v2"));

TEST_P(SleepyThreadTest, LosesItsTasksAndWhatItHadNotCommitted) {
  const Strings once{"a=1@0", "a=2@0", "a=3@0", "a=4@0"};
  // The heir finds the second in the changelog and counts it again; the sleeper sends its third when it wakes up.
  const Strings again{"a=1@0", "a=2@0", "a=3@0", "a=4@0", "a=3@0", "a=5@0"};
  EXPECT_EQ(run(), GetParam() == std::string("exactly_once_v2") ? once : again);
}

TEST_F(ExactlyOnceTest, LeavesNothingUncommittedWhenItIsClosed) {
  create("in");
  create("out");
  produce("in", "a", "x");
  const auto app = instance(count_per_key(), exactly_once());
  app->settle();
  app->close();
  EXPECT_EQ(read("out"), (Strings{"a=1@0"}));
}

}  // namespace
}  // namespace streams::runtime
