// Stream threads turned by hand: processing, committing, restarting.
#include "test_processors.hpp"
#include "thread_fixture.hpp"

#include <streams/streams_builder.hpp>

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

TEST_F(StreamThreadTest, StartsWithRecordsOfTheLastWhileWhereNothingIsCommitted) {
  create("in", 2);
  create("out", 1);
  const Timestamp now = clock_.now_ms();
  produce("in", "a", "1", now - 10001, 0);
  produce("in", "a", "2", now - 10000, 0);
  produce("in", "a", "3", now - 20000, 0);
  produce("in", "b", "1", now - 10001, 1);
  StreamsConfig by_duration = config();
  by_duration.set("auto.offset.reset", "by_duration:PT10S");
  const auto app = instance(keep_short(), by_duration);
  app->settle();
  produce("in", "b", "2", now - 60000, 1);
  app->settle();
  EXPECT_EQ(read("out"), (Strings{"a=2@" + std::to_string(now - 10000), "a=3@" + std::to_string(now - 20000),
                                  "b=2@" + std::to_string(now - 60000)}));
  EXPECT_EQ(logged("from its end, as all is older than 10000 ms"), 1u);
}

/// Records are deleted before they are read.
TEST_F(StreamThreadTest, GoesOnByDurationWhereItsPositionIsGone) {
  create("in");
  create("out");
  produce("in", "a", "1", clock_.now_ms());
  StreamsConfig by_duration = config();
  by_duration.set("auto.offset.reset", "by_duration:PT10S");
  {
    const auto app = instance(keep_short(), by_duration);
    app->settle();
    app->close();
  }
  clock_.advance(60000);
  for (const std::string value : {"2", "3", "4"})
    produce("in", "a", value, clock_.now_ms() - (value == "4" ? 0 : 20000));
  ASSERT_TRUE(clients().admin({})->delete_records({{{"in", 0}, 2, {}}}, 1000).ok());
  const auto app = instance(keep_short(), by_duration);
  app->settle();
  EXPECT_EQ(read("out"),
            (Strings{"a=1@" + std::to_string(clock_.now_ms() - 60000), "a=4@" + std::to_string(clock_.now_ms())}));
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

TEST_F(StreamThreadTest, CommitsBeforeItsCacheShrinks) {
  create("in");
  create("out");
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in")
      .group_by_key()
      .count(Materialized<std::string, std::int64_t>{.store_name = "counts"})
      .to_stream()
      .to("out");
  StreamsConfig settings = config();
  settings.set("statestore.cache.max.bytes", "1000000");
  const auto app = instance(builder.build(), settings);
  for (int i = 0; i < 3; ++i) produce("in", "a", "x");
  app->settle();
  EXPECT_EQ(read("out").size(), 0u) << "the counts wait in the cache";
  app->thread().resize_cache(1);
  app->settle();
  EXPECT_EQ(read("out").size(), 1u) << "the last one went on with the commit";
  for (int i = 0; i < 3; ++i) produce("in", "a", "x");
  app->settle();
  EXPECT_EQ(read("out").size(), 4u) << "nothing waits any more";
}

}  // namespace
}  // namespace streams::runtime
