// Where bytes become records and records bytes.
#include "unit/topology/fake_task.hpp"
#include "unit/topology/shapes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streams {
namespace {

using detail::Rig;
using detail::Sent;
using testing::ElementsAre;
using testing::HasSubstr;
using Partitions = std::optional<std::vector<std::int32_t>>;

/// Source "src" straight into sink "snk" with these options.
Topology pipe(const SourceOptions<Text, Text>& source, const SinkOptions<Text, Text>& sink) {
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"}, source).add_sink<Text, Text>("snk", "out", {"src"}, sink);
  return topology;
}

TEST(Source, GivesNullsEmptyTextsAndHeadersOn) {
  const Topology topology = pipe({}, {});
  Rig rig(topology.plan());
  rig.start();
  rig.pipe("src", std::nullopt, "", 1, {{"h", "1"}, {"h", std::nullopt}});
  rig.pipe("src", "", std::nullopt, 2);
  EXPECT_THAT(rig.task.sent,
              ElementsAre(Sent{"out", std::nullopt, "", 1, {{"h", "1"}, {"h", std::nullopt}}, std::nullopt},
                          Sent{"out", "", std::nullopt, 2, {}, std::nullopt}));
}

TEST(Source, HasATimestampExtractorOnlyIfItWasGivenOne) {
  const auto lane_of = [](const Topology& topology, auto use) {
    const detail::TaskGraph graph = topology.plan().make_graph(0);
    const auto lane = graph.sources.at("src")->make_lane();
    lane->decode({"in", 2, 7, 40, "k", "5", {}});
    return use(*lane);
  };
  const auto extract = [](detail::SourceLane& lane) { return lane.extract(30); };
  EXPECT_EQ(lane_of(pipe({}, {}), extract), std::nullopt);
  const auto all = [](const ConsumedRecord<Text, Text>& record, Timestamp partition_time) {
    EXPECT_EQ(*record.key, "k");
    EXPECT_EQ(record.topic, "in");
    EXPECT_EQ(record.partition, 2);
    EXPECT_EQ(record.offset, 7);
    return record.timestamp * 1000 + partition_time * 10 + std::stoi(*record.value);
  };
  EXPECT_EQ(lane_of(pipe({.timestamp_extractor = all}, {}), extract), 40'305);
}

TEST(Source, ThrowsWhatItsSerdeThrows) {
  Topology topology;
  topology.add_source<Text, std::int64_t>("src", {"in"});
  Rig rig(topology.plan());
  rig.start();
  EXPECT_THAT(message_of<SerializationError>([&] { rig.pipe("src", "k", "short", 1); }), HasSubstr("5"));
  EXPECT_EQ(message_of<SerializationError>([&] { rig.pipe("src", "k", Bytes(8, '\0'), 1); }), "no error");
}

TEST(Sink, LeavesThePartitionToTheTaskUnlessAFunctionChoosesIt) {
  std::vector<std::string> asked;
  const Topology topology =
      pipe({}, {.partitioner = [&](std::string_view topic, const Text* key, const Text* value,
                                   std::int32_t partitions) -> Partitions {
             asked.push_back(std::string(topic) + " " + (key != nullptr ? *key : "null") + " " +
                             (value != nullptr ? *value : "null") + " " + std::to_string(partitions));
             if (*value == "default") return std::nullopt;
             if (*value == "none") return std::vector<std::int32_t>();
             return std::vector<std::int32_t>{2, 0};
           }});
  Rig rig(topology.plan());
  rig.start();
  rig.pipe("src", "k", "default", 1);
  rig.pipe("src", std::nullopt, "none", 2);
  rig.pipe("src", "k", "both", 3);
  EXPECT_THAT(asked, ElementsAre("out k default 4", "out null none 4", "out k both 4"));
  EXPECT_THAT(rig.task.sent, ElementsAre(Sent{"out", "k", "default", 1, {}, std::nullopt},
                                         Sent{"out", "k", "both", 3, {}, 2}, Sent{"out", "k", "both", 3, {}, 0}));
  EXPECT_THAT(rig.task.drops, ElementsAre("snk: the partitioner chose no partition"));
}

TEST(Sink, RefusesNegativePartitions) {
  const auto wrong = [](std::string_view, const Text*, const Text*, std::int32_t) -> Partitions {
    return std::vector<std::int32_t>{-1};
  };
  const Topology topology = pipe({}, {.partitioner = wrong});
  Rig rig(topology.plan());
  rig.start();
  EXPECT_EQ(message_of<InvalidArgument>([&] { rig.pipe("src", "k", "v", 1); }),
            "Invalid partition: -1. Partition number should always be non-negative.");
}

TEST(Sink, CanChooseTheTopicByRecordAndContext) {
  Shape shape;
  shape.source("src", {"in"}).node("p", {"src"});
  const auto topic = [](const Text* key, const Text* value, const RecordContext& context) {
    const Header* header = context.headers->last("h");
    return (key != nullptr ? *key : "null") + "-" + (value != nullptr ? *value : "null") + "-" +
           std::string(context.topic) + "-" + std::to_string(context.offset) + "-" + std::to_string(context.timestamp) +
           (header != nullptr ? "-h" : "");
  };
  shape.topology.add_sink<Text, Text>("snk", topic, {"p"});
  Rig rig(shape.plan());
  rig.start();
  rig.pipe("src", "k", "v", 5, {{"h", "1"}});
  rig.pipe("src", std::nullopt, std::nullopt, 6);
  EXPECT_THAT(rig.task.sent, ElementsAre(Sent{"k-v-in-0-5-h", "k", "v", 5, {{"h", "1"}}, std::nullopt},
                                         Sent{"null-null-in-1-6", std::nullopt, std::nullopt, 6, {}, std::nullopt}));
}

TEST(Sink, NeedsATopicExtractorThatIsThere) {
  Shape shape;
  shape.source("src", {"in"});
  EXPECT_EQ(message_of<NullArgument>(
                [&] { shape.topology.add_sink<Text, Text>("snk", TopicNameExtractor<Text, Text>(), {"src"}); }),
            "topicExtractor cannot be null");
}

}  // namespace
}  // namespace streams
