// Stream threads turned by hand: processing, committing, restarting.
#include "test_processors.hpp"
#include "thread_fixture.hpp"

namespace streams::runtime {
namespace {

using Strings = std::vector<std::string>;

TEST_F(StreamThreadTest, RunsRecordsThroughAStatelessTopology) {
  create("in", 2);
  create("out", 2);
  const auto app = instance(keep_short(), config());
  produce("in", "a", "1", 10, 0);
  produce("in", "b", "too long", 20, 1);
  produce("in", "c", "2", 30, 1);
  app->settle();
  commit(*app);
  EXPECT_THAT(read("out"), testing::UnorderedElementsAre("a=1@10", "c=2@30"));
  EXPECT_EQ(app->states, (Strings{"STARTING", "PARTITIONS_ASSIGNED", "RUNNING"}));
}

TEST_F(StreamThreadTest, GoesOnWhereItsPredecessorCommitted) {
  create("in");
  create("out");
  produce("in", "a", "1");
  {
    const auto app = instance(keep_short(), config());
    app->settle();
    app->close();
  }
  produce("in", "a", "2");
  const auto app = instance(keep_short(), config());
  app->settle();
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0"}));
}

TEST_F(StreamThreadTest, KeepsStateOverARestart) {
  create("in");
  create("out");
  produce("in", "a", "x");
  produce("in", "a", "x");
  {
    const auto app = instance(count_per_key(), config());
    app->settle();
    app->close();
  }
  produce("in", "a", "x");
  const auto app = instance(count_per_key(), config());
  app->settle();
  commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
  EXPECT_EQ(read("app-counts-changelog"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
}

TEST_F(StreamThreadTest, RestoresStateFromTheChangelogOnAnotherMachine) {
  create("in");
  create("out");
  produce("in", "a", "x");
  produce("in", "b", "x");
  produce("in", "a", "x");
  {
    const auto app = instance(count_per_key(), config("machine-1"));
    app->settle();
    app->close();
  }
  produce("in", "a", "x");
  const auto app = instance(count_per_key(), config("machine-2"));
  app->settle();
  commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "b=1@0", "a=2@0", "a=3@0"}));
}

}  // namespace
}  // namespace streams::runtime
