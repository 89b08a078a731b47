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
