// Topics of an application: found, created, purged, followed when they change.
#include "test_processors.hpp"
#include "thread_fixture.hpp"

#include <streams/streams_builder.hpp>

namespace streams::runtime {
namespace {

using Strings = std::vector<std::string>;
using testing::HasSubstr;

class TopicsTest : public StreamThreadTest {
 protected:
  /// Counts words: the value becomes the key, so there is a repartition topic.
  Topology count_by_value(const Optimization& optimization = {}) {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>("in")
        .group_by([](const std::string&, const std::string& value) { return value; })
        .count()
        .to_stream()
        .map_values([](const std::int64_t& n) { return std::to_string(n); })
        .to("out");
    return builder.build(optimization);
  }
  std::string error_of(Instance& app) {
    try {
      for (int i = 0; i < 30; ++i) commit(app);
    } catch (const StreamsError& error) {
      return error.what();
    }
    return "none";
  }
};

TEST_F(TopicsTest, CreatesRepartitionAndChangelogTopics) {
  create("in", 3);
  create("out", 1);
  const auto app = instance(count_by_value(), config());
  app->settle();
  const std::map<std::string, std::int32_t> expected{{"app-KSTREAM-AGGREGATE-STATE-STORE-0000000002-changelog", 3},
                                                     {"app-KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition", 3},
                                                     {"in", 3},
                                                     {"out", 1}};
  EXPECT_EQ(cluster_.topics(), expected);
  const auto admin = cluster_.clients().admin({});
  const auto changelog = admin->topic_configs("app-KSTREAM-AGGREGATE-STATE-STORE-0000000002-changelog", 1000).value();
  EXPECT_EQ(changelog.at("cleanup.policy"), "compact");
  const auto repartition =
      admin->topic_configs("app-KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition", 1000).value();
  EXPECT_EQ(repartition.at("cleanup.policy"), "delete");
  EXPECT_EQ(repartition.at("retention.ms"), "-1");
}

TEST_F(TopicsTest, RunsSubTopologiesConnectedByARepartitionTopicAndPurgesIt) {
  create("in", 2);
  create("out", 1);
  auto settings = config();
  settings.set("repartition.purge.interval.ms", 1000);
  const auto app = instance(count_by_value(), settings);
  produce("in", "1", "cat");
  produce("in", "2", "dog");
  produce("in", "3", "cat");
  for (int i = 0; i < 30; ++i) commit(*app);
  EXPECT_THAT(read("out"), testing::UnorderedElementsAre("cat=1@0", "dog=1@0", "cat=2@0"));
  EXPECT_EQ(app->thread().metadata().active_tasks.size(), 4u);
  EXPECT_EQ(read("app-KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition"), Strings{}) << "all is processed";
}

TEST_F(TopicsTest, ExplainsAMissingSourceTopic) {
  const auto app = instance(keep_short(), config().set("source.topic.timeout.ms", 2000));
  const std::string error = error_of(*app);
  EXPECT_THAT(error, HasSubstr("in"));
  EXPECT_THAT(error, HasSubstr("kafka-topics.sh --bootstrap-server localhost:9092 --create --topic"));
  EXPECT_GE(logged("Waiting for it."), 1u);
}

TEST_F(TopicsTest, WaitsForASourceTopicThatIsCreatedALittleLater) {
  const auto app = instance(keep_short(), config());
  for (int i = 0; i < 5; ++i) commit(*app);
  create("in");
  create("out");
  produce("in", "a", "1");
  for (int i = 0; i < 5; ++i) commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0"}));
}

TEST_F(TopicsTest, RefusesAChangelogWithAnotherNumberOfPartitions) {
  create("in", 2);
  create("out");
  create("app-counts-changelog", 3);
  const auto app = instance(count_per_key(), config());
  const std::string error = error_of(*app);
  EXPECT_THAT(error, HasSubstr("app-counts-changelog"));
  EXPECT_THAT(error, HasSubstr("3"));
}

TEST_F(TopicsTest, CreatesTopicsOnceThoughInstancesStartTogether) {
  create("in", 2);
  create("out");
  const auto a = instance(count_per_key(), config("a"));
  const auto b = instance(count_per_key(), config("b"));
  for (int i = 0; i < 3; ++i) {
    a->settle();
    b->settle();
  }
  EXPECT_EQ(a->thread().metadata().active_tasks.size(), 1u);
  EXPECT_EQ(b->thread().metadata().active_tasks.size(), 1u);
}

TEST_F(TopicsTest, RefusesAJoinOfTopicsWithDifferentNumbersOfPartitions) {
  create("left", 2);
  create("right", 3);
  create("out");
  StreamsBuilder builder;
  const auto table = builder.table<std::string, std::string>("right");
  builder.stream<std::string, std::string>("left")
      .join(table, [](const std::string& l, const std::string& r) { return l + r; })
      .to("out");
  const auto app = instance(builder.build(), config());
  const std::string error = error_of(*app);
  EXPECT_THAT(error, HasSubstr("left"));
  EXPECT_THAT(error, HasSubstr("right"));
}

TEST_F(TopicsTest, ReadsTopicsThatMatchAPatternAlsoLaterOnes) {
  create("logs-a", 1);
  create("out", 1);
  Topology topology;
  topology.add_source<std::string, std::string>("source", TopicPattern{"logs-.*"});
  topology.add_processor("keep", [] { return std::make_unique<KeepShort>(); }, {"source"});
  topology.add_sink<std::string, std::string>("sink", "out", {"keep"});
  const auto app = instance(topology, config());
  produce("logs-a", "a", "1");
  app->settle();
  create("logs-b", 1);
  produce("logs-b", "b", "2");
  app->topics().refresh();
  for (int i = 0; i < 20; ++i) commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "b=2@0"}));
  create("logs-c", 2);  // becomes the anchor
  produce("logs-c", "c", "3", 0, 1);
  app->topics().refresh();
  for (int i = 0; i < 20; ++i) commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "b=2@0", "c=3@0"}));
}

TEST_F(TopicsTest, TakesOverPartitionsThatAreAddedToASource) {
  create("in", 1);
  create("out", 1);
  const auto app = instance(keep_short(), config());
  produce("in", "a", "1");
  app->settle();
  ASSERT_TRUE(cluster_.add_partitions("in", 2).ok());
  produce("in", "b", "2", 0, 1);
  for (int i = 0; i < 20; ++i) commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "b=2@0"}));
}

}  // namespace
}  // namespace streams::runtime
