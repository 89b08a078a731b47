// Texts of describe(). Expected ones were printed by Kafka Streams 4.3.0 for the same topologies.
#include "unit/topology/shapes.hpp"

#include <gtest/gtest.h>

namespace streams {
namespace {

TEST(Describe, AnEmptyTopologyHasOnlyItsHead) { EXPECT_EQ(Topology().describe(), "Topologies:\n "); }

TEST(Describe, AStoreJoinsSubTopologies) {
  Shape shape;
  shape.source("src-b", {"b1"}).source("src-a", {"a1", "a2"}).node("p-b", {"src-b"}).node("p-a", {"src-a"});
  shape.store("shared", {"p-a", "p-b"})
      .sink("sink-a", "out-a", {"p-a"})
      .source("lone", {"z"})
      .sink("sink-b", "out-b", {"p-b"});
  EXPECT_EQ(shape.topology.describe(), R"(Topologies:
   Sub-topology: 0
    Source: src-a (topics: [a1, a2])
      --> p-a
    Source: src-b (topics: [b1])
      --> p-b
    Processor: p-a (stores: [shared])
      --> sink-a
      <-- src-a
    Processor: p-b (stores: [shared])
      --> sink-b
      <-- src-b
    Sink: sink-a (topic: out-a)
      <-- p-a
    Sink: sink-b (topic: out-b)
      <-- p-b

  Sub-topology: 1
    Source: lone (topics: [z])
      --> none

)");
}

TEST(Describe, ParentsAreListedInTheOrderOfTheTimeWhenTheyWereConnected) {
  Shape shape;
  shape.source("src", {"in"}).node("z", {"src"}).node("a", {"src"}).node("m", {"src"}).node("join", {"a", "z", "m"});
  shape.store("s3", {"z"}).store("s1", {"join", "m"}).connect("z", {"s1"}).sink("snk", "out", {"join"});
  EXPECT_EQ(shape.topology.describe(), R"(Topologies:
   Sub-topology: 0
    Source: src (topics: [in])
      --> a, m, z
    Processor: a (stores: [])
      --> join
      <-- src
    Processor: m (stores: [s1])
      --> join
      <-- src
    Processor: z (stores: [s3, s1])
      --> join
      <-- src
    Processor: join (stores: [s1])
      --> snk
      <-- a, z, m
    Sink: snk (topic: out)
      <-- join

)");
}

TEST(Describe, GlobalStoresHaveNumbersButNoEmptyLine) {
  Shape shape;
  shape.global("gstore", "gsrc", "gtopic", "gproc").pattern("src", "orders-[0-9]+").node("p", {"src"});
  shape.global("gstore2", "gsrc2", "gtopic2", "gproc2").sink("snk", "out", {"p"});
  EXPECT_EQ(shape.topology.describe(), R"(Topologies:
   Sub-topology: 0 for global store (will not generate tasks)
    Source: gsrc (topics: [gtopic])
      --> gproc
    Processor: gproc (stores: [gstore])
      --> none
      <-- gsrc
  Sub-topology: 1
    Source: src (topics: orders-[0-9]+)
      --> p
    Processor: p (stores: [])
      --> snk
      <-- src
    Sink: snk (topic: out)
      <-- p

  Sub-topology: 2 for global store (will not generate tasks)
    Source: gsrc2 (topics: [gtopic2])
      --> gproc2
    Processor: gproc2 (stores: [gstore2])
      --> none
      <-- gsrc2
)");
}

TEST(Describe, SubTopologiesAreNumberedByTheirFirstNode) {
  Shape shape;
  shape.source("b", {"in-b"})
      .source("a", {"in-a"})
      .sink("s1", "mid", {"a"})
      .source("c", {"mid"})
      .sink("s2", "out", {"c", "b"});
  EXPECT_EQ(shape.topology.describe(), R"(Topologies:
   Sub-topology: 0
    Source: b (topics: [in-b])
      --> s2
    Source: c (topics: [mid])
      --> s2
    Sink: s2 (topic: out)
      <-- c, b

  Sub-topology: 1
    Source: a (topics: [in-a])
      --> s1
    Sink: s1 (topic: mid)
      <-- a

)");
}

TEST(Describe, TopicsAndStoresHaveTheOrderOfJavasHashSets) {
  Shape shape;
  shape.source("s", {"t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "t10", "t11", "t12", "t13"})
      .node("p", {"s"});
  shape.store("st1", {"p"}).store("st2", {"p"}).store("st3", {"p"}).store("other", {"p"}).sink("k", "o", {"p"});
  EXPECT_EQ(shape.topology.describe(), R"(Topologies:
   Sub-topology: 0
    Source: s (topics: [t4, t5, t6, t7, t8, t9, t10, t12, t11, t13, t1, t2, t3])
      --> p
    Processor: p (stores: [st2, st1, other, st3])
      --> k
      <-- s
    Sink: k (topic: o)
      <-- p

)");
}

TEST(Describe, AReadOnlyStoreIsInTheSubTopologyOfItsReaders) {
  Shape shape;
  shape.read_only("ro", "rsrc", "ref", "rproc").source("src", {"in"}).node("p", {"src"}).connect("p", {"ro"});
  shape.sink("snk", "out", {"p"});
  EXPECT_EQ(shape.topology.describe(), R"(Topologies:
   Sub-topology: 0
    Source: src (topics: [in])
      --> p
    Processor: p (stores: [ro])
      --> snk
      <-- src
    Source: rsrc (topics: [ref])
      --> rproc
    Processor: rproc (stores: [ro])
      --> none
      <-- rsrc
    Sink: snk (topic: out)
      <-- p

)");
}

TEST(Describe, ASinkThatChoosesItsTopicSaysSo) {
  Shape shape;
  shape.source("src", {"in"});
  shape.topology.add_sink<Text, Text>("snk", [](const Text*, const Text*, const RecordContext&) { return Text("o"); },
                                      {"src"});
  EXPECT_EQ(shape.topology.describe(), R"(Topologies:
   Sub-topology: 0
    Source: src (topics: [in])
      --> snk
    Sink: snk (extractor class: TopicNameExtractor)
      <-- src

)");
}

TEST(Describe, InternalTopicsAreShownWithoutTheApplicationId) {
  const auto plan = std::make_shared<detail::TopologyPlan>();
  Topology topology(plan);
  plan->add_internal_topic({"x-repartition", std::nullopt, false, {}});
  topology.add_source<Text, Text>("a", {"in"}).add_sink<Text, Text>("k", "x-repartition", {"a"});
  topology.add_source<Text, Text>("b", {"x-repartition"});
  EXPECT_EQ(topology.describe(), R"(Topologies:
   Sub-topology: 0
    Source: a (topics: [in])
      --> k
    Sink: k (topic: x-repartition)
      <-- a

  Sub-topology: 1
    Source: b (topics: [x-repartition])
      --> none

)");
}

}  // namespace
}  // namespace streams
