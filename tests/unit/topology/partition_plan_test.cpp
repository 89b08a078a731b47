// Partition counts, tasks and internal topics that follow from the counts of input topics.
#include "topology/partition_plan.hpp"

#include "unit/topology/shapes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace streams {
namespace {

using detail::InternalTopicSettings;
using detail::PartitionCounts;
using detail::PartitionPlan;
using detail::PlannedSubTopology;
using detail::PlannedTopic;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Configs = std::map<std::string, std::string>;

/// A shape and the plans that it gives.
struct Flow : Shape {
  Result<PartitionPlan> plan_for(const PartitionCounts& counts) const { return plan_partitions(plan(), "app", counts); }
  /// Repartition topics and their counts.
  PartitionCounts counts(const PartitionCounts& existing) const {
    const Result<PartitionPlan> result = plan_for(existing);
    if (!result.ok()) return {{result.status().message(), -1}};
    PartitionCounts out;
    for (const auto& [name, topic] : result.value().repartition_topics) out[name] = topic.partitions;
    return out;
  }
  std::string error(const PartitionCounts& existing) const { return plan_for(existing).status().message(); }
};

TEST(PartitionPlan, TasksFollowTheTopicWithTheMostPartitions) {
  Flow flow;
  flow.global("g", "gsrc", "glob", "gproc").source("a", {"t3", "t1", "t2"}).node("p", {"a"}).store("st", {"p"});
  flow.source("b", {"u"});
  const Result<PartitionPlan> plan = flow.plan_for({{"t1", 2}, {"t2", 4}, {"t3", 4}, {"u", 1}, {"other", 9}});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_THAT(plan.value().sub_topologies,
              ElementsAre(PlannedSubTopology{1, {"t1", "t2", "t3"}, "t2", 4}, PlannedSubTopology{2, {"u"}, "u", 1}));
  EXPECT_THAT(plan.value().repartition_topics, IsEmpty());
  EXPECT_THAT(plan.value().changelog_topics,
              ElementsAre(std::pair(
                  "app-st-changelog",
                  PlannedTopic{4, {{"cleanup.policy", "compact"}, {"message.timestamp.type", "CreateTime"}}})));
}

TEST(PartitionPlan, StoresWithoutAChangelogOfTheirOwnGetNoTopic) {
  Flow flow;
  flow.read_only("ro", "rsrc", "ref", "rproc").source("a", {"in"}).node("p", {"a"});
  flow.topology.add_state_store(key_value_store<Text, Text>("quiet", {.logging = false}), {"p"});
  flow.store("idle");
  const Result<PartitionPlan> plan = flow.plan_for({{"ref", 3}, {"in", 2}});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_THAT(plan.value().changelog_topics, IsEmpty());
}

TEST(PartitionPlan, RepartitionTopicsInheritTheHighestCountUpstream) {
  Flow flow;
  flow.source("a", {"t1", "t2"})
      .repartition("r1", "a")
      .repartition("r2", "r1")
      .repartition("r3", "r2", 7)
      .repartition("r4", "r3");
  EXPECT_EQ(
      flow.counts({{"t1", 2}, {"t2", 5}}),
      (PartitionCounts{
          {"app-r1-repartition", 5}, {"app-r2-repartition", 5}, {"app-r3-repartition", 7}, {"app-r4-repartition", 7}}));
  const Result<PartitionPlan> plan = flow.plan_for({{"t1", 2}, {"t2", 5}});
  EXPECT_EQ(plan.value().sub_topologies[3], (PlannedSubTopology{3, {"app-r3-repartition"}, "app-r3-repartition", 7}));
  EXPECT_EQ(plan.value().repartition_topics.at("app-r1-repartition").configs,
            (Configs{{"cleanup.policy", "delete"},
                     {"message.timestamp.type", "CreateTime"},
                     {"retention.ms", "-1"},
                     {"segment.bytes", "52428800"}}));
}

TEST(PartitionPlan, SettlesCountsInTheOrderOfKafkaStreams) {
  // The second repartition topic is fed by the first and by a small topic. Whether the first is known by then depends
  // on hash codes of names, and an application that takes over another's topics must come to the same counts.
  const auto flow = [](const std::string& first, const std::string& second) {
    Flow out;
    out.source("big", {"t6"}).repartition(first, "big").source("small", {"t1"});
    out.node("merge", {first, "small"}).repartition(second, "merge");
    return out.counts({{"t6", 6}, {"t1", 1}});
  };
  EXPECT_EQ(flow("z-early", "a-late"),
            (PartitionCounts{{"app-a-late-repartition", 1}, {"app-z-early-repartition", 6}}));
  EXPECT_EQ(flow("early", "after"), (PartitionCounts{{"app-after-repartition", 6}, {"app-early-repartition", 6}}));
}

TEST(PartitionPlan, ACycleIsSettledWithWhatIsKnown) {
  Flow flow;
  flow.writable->add_internal_topic({"loop-repartition", std::nullopt, false, {}});
  flow.source("in", {"t"})
      .source("back", {"loop-repartition"})
      .node("p", {"in", "back"})
      .sink("k", "loop-repartition", {"p"});
  EXPECT_EQ(flow.counts({{"t", 3}}), (PartitionCounts{{"app-loop-repartition", 3}}));
}

TEST(PartitionPlan, SaysWhichInputTopicsAreMissing) {
  Flow flow;
  flow.source("a", {"t1", "t2"}).source("b", {"t3"}).repartition("r", "b");
  const Result<PartitionPlan> plan = flow.plan_for({{"t1", 1}});
  EXPECT_EQ(plan.status().code(), StatusCode::kNotFound);
  EXPECT_EQ(plan.status().message(),
            "Missing source topics [t2, t3] for sub-topologies [0, 1]. Create the input topics before the application "
            "starts.");
}

TEST(PartitionPlan, ACountThatCannotBeKnownIsAnError) {
  Flow flow;
  flow.pattern("a", "t.*").repartition("r", "a");
  const Result<PartitionPlan> plan = flow.plan_for({{"x", 1}});
  EXPECT_EQ(plan.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(plan.status().message(), HasSubstr("Failed to compute number of partitions for all repartition topics"));
}

TEST(PartitionPlan, PatternsMatchWholeNamesOfForeignTopics) {
  Flow flow;
  flow.pattern("a", "[ato_].*").node("p", {"a"}).store("st", {"p"}).repartition("r", "p").pattern("none", "zzz");
  const Result<PartitionPlan> plan = flow.plan_for({{"t1", 2},
                                                    {"t2", 3},
                                                    {"__consumer_offsets", 50},
                                                    {"app-r-repartition", 3},
                                                    {"app-st-changelog", 3},
                                                    {"other-st-changelog", 1}});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_THAT(plan.value().sub_topologies,
              ElementsAre(PlannedSubTopology{0, {"other-st-changelog", "t1", "t2"}, "t2", 3},
                          PlannedSubTopology{1, {"app-r-repartition"}, "app-r-repartition", 3}));
}

TEST(PartitionPlan, ATopicMatchesOnePatternOnly) {
  Flow flow;
  flow.pattern("a", "t.*").pattern("b", ".*1");
  EXPECT_EQ(flow.plan_for({{"t2", 1}, {"x1", 1}}).status().message(), "");
  EXPECT_EQ(
      flow.error({{"t1", 1}}),
      "Invalid topology: Topic t1 is already matched for another regex pattern t.* and hence cannot be matched to this "
      "regex pattern .*1 any more.");
}

TEST(Copartitioning, InputTopicsNeedEqualCounts) {
  Flow flow;
  flow.source("a", {"ta"}).source("b", {"tb"}).node("join", {"a", "b"}).copartition({"a", "b"});
  EXPECT_EQ(flow.error({{"ta", 2}, {"tb", 2}}), "");
  EXPECT_EQ(flow.error({{"ta", 2}, {"tb", 3}}),
            "Invalid topology: Topics not co-partitioned: [{ta=2, tb=3}]. Joined topics need equally many partitions; "
            "repartition() one of them.");
  EXPECT_EQ(flow.plan_for({{"ta", 2}, {"tb", 3}}).status().code(), StatusCode::kInvalidArgument);
}

TEST(Copartitioning, RepartitionTopicsFollowTheInputTopic) {
  Flow flow;
  flow.source("a", {"ta"}).source("b", {"tb"}).repartition("r", "b").node("join", {"a", "r"}).copartition({"a", "r"});
  EXPECT_EQ(flow.counts({{"ta", 5}, {"tb", 2}}), (PartitionCounts{{"app-r-repartition", 5}}));
  EXPECT_EQ(flow.counts({{"ta", 1}, {"tb", 2}}), (PartitionCounts{{"app-r-repartition", 1}}));
}

TEST(Copartitioning, AGivenCountMustFitTheInputTopic) {
  Flow flow;
  flow.source("a", {"ta"})
      .source("b", {"tb"})
      .repartition("r", "b", 4)
      .node("join", {"a", "r"})
      .copartition({"a", "r"});
  EXPECT_EQ(flow.counts({{"ta", 4}, {"tb", 2}}), (PartitionCounts{{"app-r-repartition", 4}}));
  EXPECT_EQ(
      flow.error({{"ta", 3}, {"tb", 2}}),
      "Invalid topology: Number of partitions [4] of repartition topic [app-r-repartition] doesn't match number of "
      "partitions [3] of the source topic.");
}

TEST(Copartitioning, RepartitionTopicsAmongThemselvesTakeTheHighestCount) {
  Flow flow;
  flow.source("a", {"ta"}).source("b", {"tb"}).repartition("ra", "a").repartition("rb", "b");
  flow.node("join", {"ra", "rb"}).copartition({"ra", "rb"});
  EXPECT_EQ(flow.counts({{"ta", 5}, {"tb", 2}}),
            (PartitionCounts{{"app-ra-repartition", 5}, {"app-rb-repartition", 5}}));
}

TEST(Copartitioning, AGivenCountWinsOverInheritedOnes) {
  Flow flow;
  flow.source("a", {"ta"}).source("b", {"tb"}).repartition("ra", "a").repartition("rb", "b", 3);
  flow.node("join", {"ra", "rb"}).copartition({"ra", "rb"});
  EXPECT_EQ(flow.counts({{"ta", 5}, {"tb", 2}}),
            (PartitionCounts{{"app-ra-repartition", 3}, {"app-rb-repartition", 3}}));
}

TEST(Copartitioning, GivenCountsMustBeEqual) {
  Flow flow;
  flow.source("a", {"ta"}).source("b", {"tb"}).repartition("ra", "a", 2).repartition("rb", "b", 3);
  flow.node("join", {"ra", "rb"}).copartition({"ra", "rb"});
  EXPECT_EQ(flow.error({{"ta", 1}, {"tb", 1}}),
            "Invalid topology: Following topics do not have the same number of partitions: [{app-ra-repartition=2, "
            "app-rb-repartition=3}]");
}

TEST(Copartitioning, SetsThatShareATopicAreOne) {
  Flow flow;
  flow.source("a", {"ta"}).source("b", {"tb"}).source("c", {"tc"}).repartition("ra", "a").repartition("rb", "b");
  flow.copartition({"ra", "rb"}).copartition({"c", "rb"});
  EXPECT_EQ(flow.counts({{"ta", 5}, {"tb", 2}, {"tc", 3}}),
            (PartitionCounts{{"app-ra-repartition", 3}, {"app-rb-repartition", 3}}));
}

TEST(Copartitioning, TopicsOfOnePatternNeedEqualCounts) {
  Flow flow;
  flow.pattern("a", "t.*").source("b", {"in"}).node("join", {"a", "b"}).copartition({"a", "b"});
  EXPECT_EQ(flow.error({{"t1", 2}, {"t2", 2}, {"in", 2}}), "");
  EXPECT_THAT(flow.error({{"t1", 2}, {"t2", 3}, {"in", 2}}),
              HasSubstr("Topics not co-partitioned: [{in=2, t1=2, t2=3}]"));
}

TEST(PartitionPlan, ACountBelowOneIsRefused) {
  Flow flow;
  flow.source("a", {"ta"}).repartition("r", "a", 0);
  EXPECT_EQ(flow.error({{"ta", 1}}),
            "Invalid topology: Number of partitions of repartition topic r-repartition must be at least 1.");
}

TEST(InternalTopics, OnlyThoseThatAreMissingAreCreated) {
  Flow flow;
  flow.source("a", {"t"}).repartition("r", "a").node("p", {"r"}).store("st", {"p"});
  const Result<PartitionPlan> plan = flow.plan_for({{"t", 2}});
  ASSERT_TRUE(plan.ok());
  const auto create = topics_to_create(plan.value(), {{"t", 2}, {"app-r-repartition", 2}});
  ASSERT_TRUE(create.ok());
  EXPECT_EQ(create.value(), plan.value().changelog_topics);
  const auto wrong = topics_to_create(plan.value(), {{"t", 2}, {"app-st-changelog", 3}});
  EXPECT_EQ(wrong.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(
      wrong.status().message(),
      "Existing internal topic app-st-changelog has invalid partitions: expected: 2; actual: 3. Reset the application "
      "(delete its internal topics) before processing.");
}

TEST(InternalTopics, SettingsOfTheStoreWinOverThoseOfTheApplication) {
  const InternalTopicSettings settings{
      {{"min.insync.replicas", "2"}, {"cleanup.policy", "delete"}, {"retention.ms", "9"}}, 1000};
  detail::StoreSpec spec;
  spec.topic_configs = {{"cleanup.policy", "compact"}};
  EXPECT_EQ(changelog_configs(spec, settings), (Configs{{"cleanup.policy", "compact"},
                                                        {"message.timestamp.type", "CreateTime"},
                                                        {"min.insync.replicas", "2"},
                                                        {"retention.ms", "9"}}));
  EXPECT_EQ(repartition_configs({"r", std::nullopt, false, {{"segment.bytes", "1"}}}, settings),
            (Configs{{"cleanup.policy", "delete"},
                     {"message.timestamp.type", "CreateTime"},
                     {"min.insync.replicas", "2"},
                     {"retention.ms", "9"},
                     {"segment.bytes", "1"}}));
}

TEST(InternalTopics, WindowedChangelogsKeepTheirRetentionAndADayMore) {
  detail::StoreSpec spec;
  spec.retention_ms = 60'000;
  for (const detail::StoreKind kind : {detail::StoreKind::kWindow, detail::StoreKind::kSession}) {
    spec.kind = kind;
    spec.topic_configs = {};
    EXPECT_EQ(changelog_configs(spec, {}), (Configs{{"cleanup.policy", "compact,delete"},
                                                    {"message.timestamp.type", "CreateTime"},
                                                    {"retention.ms", "86460000"}}));
    // The application's retention.ms does not count, the store's does.
    EXPECT_EQ(changelog_configs(spec, {{{"retention.ms", "5"}}, 40}).at("retention.ms"), "60040");
    spec.topic_configs = {{"retention.ms", "6"}};
    EXPECT_EQ(changelog_configs(spec, {}).at("retention.ms"), "6");
  }
  spec.topic_configs = {};
  spec.retention_ms = std::numeric_limits<std::int64_t>::max() - 1;
  EXPECT_EQ(changelog_configs(spec, {}).at("retention.ms"), "9223372036854775807");
}

TEST(InternalTopics, VersionedChangelogsAreNotCompactedWithinTheirHistory) {
  detail::StoreSpec spec;
  spec.kind = detail::StoreKind::kVersioned;
  spec.retention_ms = 1000;
  EXPECT_EQ(changelog_configs(spec, {{}, 5}), (Configs{{"cleanup.policy", "compact"},
                                                       {"message.timestamp.type", "CreateTime"},
                                                       {"min.compaction.lag.ms", "86401000"}}));
  spec.topic_configs = {{"min.compaction.lag.ms", "7"}};
  EXPECT_EQ(changelog_configs(spec, {}).at("min.compaction.lag.ms"), "7");
}

}  // namespace
}  // namespace streams
