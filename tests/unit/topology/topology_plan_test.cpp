// The rules of a topology plan, and what is read out of it.
#include "unit/topology/shapes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streams {
namespace {

using detail::SubTopology;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string broken(const std::function<void(Shape&)>& build) {
  Shape shape;
  shape.source("src", {"in"}).node("p", {"src"}).sink("snk", "out", {"p"}).store("st");
  return message_of<TopologyError>([&] { build(shape); });
}

TEST(TopologyRules, NamesAreTakenOnce) {
  EXPECT_EQ(broken([](Shape& s) { s.source("p", {"other"}); }), "Invalid topology: Processor p is already added.");
  EXPECT_EQ(broken([](Shape& s) { s.pattern("p", "x.*"); }), "Invalid topology: Processor p is already added.");
  EXPECT_EQ(broken([](Shape& s) { s.node("src", {"src"}); }), "Invalid topology: Processor src is already added.");
  EXPECT_EQ(broken([](Shape& s) { s.sink("snk", "o", {"p"}); }), "Invalid topology: Processor snk is already added.");
  EXPECT_EQ(broken([](Shape& s) { s.global("g", "p", "t", "gp"); }), "Invalid topology: Processor p is already added.");
  EXPECT_EQ(broken([](Shape& s) { s.global("g", "gs", "t", "p"); }), "Invalid topology: Processor p is already added.");
  EXPECT_EQ(broken([](Shape& s) { s.global("g", "gs", "t", "gs"); }),
            "Invalid topology: sourceName and processorName must be different.");
}

TEST(TopologyRules, ATopicHasOneSource) {
  EXPECT_EQ(broken([](Shape& s) { s.source("s2", {}); }), "Invalid topology: topics cannot be empty");
  EXPECT_EQ(broken([](Shape& s) {
              s.source("s2", {"a", "in"});
            }),
            "Invalid topology: Topic in has already been registered by another source.");
  EXPECT_EQ(broken([](Shape& s) {
              s.source("s2", {"a", "b", "b", "in"});
            }),
            "Invalid topology: Topic b has already been registered by another source.");
  EXPECT_EQ(broken([](Shape& s) { s.global("g", "gs", "in", "gp"); }),
            "Invalid topology: Topic in has already been registered by another source.");
  EXPECT_EQ(broken([](Shape& s) { s.global("g", "gs", "t", "gp").source("s2", {"t"}); }),
            "Invalid topology: Topic t has already been registered by another source.");
  EXPECT_EQ(broken([](Shape& s) { s.pattern("s2", "i[mn]"); }),
            "Invalid topology: Pattern i[mn] will match a topic that has already been registered by another source.");
  EXPECT_EQ(broken([](Shape& s) { s.pattern("s2", "t[0-9]").source("s3", {"t4"}); }),
            "Invalid topology: Topic t4 matches a Pattern already registered by another source.");
}

TEST(TopologyRules, APatternMatchesWholeNamesAndMustCompile) {
  EXPECT_EQ(broken([](Shape& s) { s.pattern("s2", "n"); }), "no error");
  EXPECT_THAT(broken([](Shape& s) { s.pattern("s2", "(["); }), HasSubstr("Pattern ([ is not a regular expression"));
}

TEST(TopologyRules, ParentsMustBeThereAndHaveChildren) {
  EXPECT_EQ(broken([](Shape& s) { s.node("q", {}); }), "Invalid topology: predecessorNames cannot be empty");
  EXPECT_EQ(broken([](Shape& s) { s.sink("q", "o", {}); }), "Invalid topology: predecessorNames cannot be empty");
  EXPECT_EQ(broken([](Shape& s) { s.node("q", {"p", "r"}); }), "Invalid topology: Parent node r is unknown.");
  EXPECT_EQ(broken([](Shape& s) { s.node("q", {"q"}); }),
            "Invalid topology: Parent node q is unknown (self-reference).");
  EXPECT_EQ(broken([](Shape& s) { s.node("q", {"snk"}); }), "Invalid topology: Sink snk cannot be used a parent.");
  EXPECT_EQ(broken([](Shape& s) { s.global("g", "gs", "t", "gp").node("q", {"gs"}); }),
            "Invalid topology: Node gs of a global store cannot be used as a parent.");
}

TEST(TopologyRules, StoresAreAddedOnceAndConnectedToProcessors) {
  EXPECT_EQ(broken([](Shape& s) { s.store("st"); }),
            "Invalid topology: A different StateStore has already been added with the name st");
  EXPECT_EQ(broken([](Shape& s) { s.global("g", "gs", "t", "gp").store("g"); }),
            "Invalid topology: A different GlobalStateStore has already been added with the name g");
  EXPECT_EQ(broken([](Shape& s) { s.global("st", "gs", "t", "gp"); }),
            "Invalid topology: A different StateStore has already been added with the name st");
  EXPECT_EQ(broken([](Shape& s) { s.global("g", "gs", "t", "gp").global("g", "gs2", "t2", "gp2"); }),
            "Invalid topology: A different GlobalStateStore has already been added with the name g");
  EXPECT_EQ(broken([](Shape& s) { s.store("st2", {"q"}); }), "Invalid topology: Processor q is not added yet.");
  EXPECT_EQ(broken([](Shape& s) { s.store("st2", {"snk"}); }),
            "Invalid topology: cannot connect a state store st2 to a source node or a sink node.");
  EXPECT_EQ(broken([](Shape& s) { s.connect("p", {}); }), "Invalid topology: stateStoreNames cannot be empty");
  EXPECT_EQ(broken([](Shape& s) { s.connect("src", {"st"}); }),
            "Invalid topology: State stores cannot be connect to sources or sinks.");
  EXPECT_EQ(broken([](Shape& s) { s.connect("p", {"none"}); }), "Invalid topology: StateStore none is not added yet.");
  EXPECT_EQ(
      broken([](Shape& s) { s.global("g", "gs", "t", "gp").connect("p", {"g"}); }),
      "Invalid topology: Global StateStore g can be used by a Processor without being specified; it should not be "
      "explicitly passed.");
}

TEST(TopologyRules, CopiesOfABuilderAreOneStore) {
  const StoreBuilder builder = text_store("st");
  Shape shape;
  shape.source("src", {"in"}).node("p", {"src"}).node("q", {"src"});
  shape.topology.add_state_store(builder, {"p"}).add_state_store(builder, {"q"});
  EXPECT_THAT(shape.plan().sub_topologies().front().stores, ElementsAre("st"));
}

struct BringsItsStore {
  std::unique_ptr<PassOn> operator()() const { return pass_on(); }
  std::vector<StoreBuilder> stores() const { return {builder}; }
  StoreBuilder builder = text_store("own");
};

TEST(TopologyPlan, ASupplierBringsItsStores) {
  Shape shape;
  shape.source("a", {"in-a"}).source("b", {"in-b"});
  const BringsItsStore supplier;
  shape.topology.add_processor("p", supplier, {"a"}).add_processor("q", supplier, {"b"});
  const detail::TaskGraph graph = shape.plan().make_graph(0);
  EXPECT_EQ(shape.plan().sub_topologies().size(), 1u);
  EXPECT_THAT(graph.node_stores.at("p"), ElementsAre("own"));
  EXPECT_THAT(graph.node_stores.at("q"), ElementsAre("own"));
}

TEST(TopologyPlan, CopiesOfATopologyShareItsGraph) {
  Topology first;
  Topology second = first;
  second.add_source<Text, Text>("s", {"in"});
  EXPECT_TRUE(first.plan().has_node("s"));
  EXPECT_EQ(&first.plan(), &second.plan());
}

TEST(TopologyPlan, SubTopologiesSayWhatTheyReadWriteAndKeep) {
  Shape shape;
  shape.global("g", "gsrc", "gt", "gproc").source("a", {"t1", "t2"}).pattern("pat", "x.*").node("p", {"a", "pat"});
  shape.store("st", {"p"}).store("idle").sink("k", "out", {"p"}).source("b", {"t3"}).sink("k2", "out2", {"b"});
  const std::vector<SubTopology> subs = shape.plan().sub_topologies();
  ASSERT_EQ(subs.size(), 3u);
  EXPECT_TRUE(subs[0].global);
  EXPECT_THAT(subs[0].source_topics, ElementsAre("gt"));
  EXPECT_THAT(subs[0].stores, ElementsAre("g"));
  EXPECT_EQ(subs[1].id, 1);
  EXPECT_FALSE(subs[1].global);
  EXPECT_THAT(subs[1].nodes, ElementsAre("a", "pat", "p", "k"));
  EXPECT_THAT(subs[1].source_nodes, ElementsAre("a", "pat"));
  EXPECT_THAT(subs[1].source_topics, ElementsAre("t1", "t2"));
  EXPECT_THAT(subs[1].patterns, ElementsAre("x.*"));
  EXPECT_THAT(subs[1].sink_topics, ElementsAre("out"));
  EXPECT_THAT(subs[1].stores, ElementsAre("st"));
  EXPECT_THAT(subs[2].nodes, ElementsAre("b", "k2"));
  EXPECT_THAT(subs[2].stores, IsEmpty());
}

TEST(TopologyPlan, ChangelogsAreNamedAfterTheirStores) {
  Shape shape;
  shape.read_only("ro", "rsrc", "ref", "rproc").global("g", "gsrc", "gt", "gproc").source("s", {"in"}).node("p", {"s"});
  shape.store("st", {"p"});
  shape.topology.add_state_store(key_value_store<Text, Text>("quiet", {.logging = false}), {"p"});
  const detail::TopologyPlan& plan = shape.plan();
  EXPECT_EQ(plan.changelog_topic("st"), "st-changelog");
  EXPECT_EQ(plan.changelog_topic("quiet"), "");
  EXPECT_EQ(plan.changelog_topic("ro"), "ref");
  EXPECT_EQ(plan.changelog_topic("g"), "gt");
  EXPECT_TRUE(plan.changelog_is_source_topic("ro"));
  EXPECT_FALSE(plan.changelog_is_source_topic("st"));
  EXPECT_FALSE(plan.store("g").logging);
  EXPECT_THAT(plan.store_names(), ElementsAre("ro", "st", "quiet"));
  EXPECT_TRUE(plan.has_store("g"));
  EXPECT_EQ(plan.source("rsrc").reset->policy, AutoOffsetReset::Policy::kEarliest);
  EXPECT_TRUE(plan.global_stores().front().reprocess_on_restore);
}

TEST(TopologyPlan, ASourceTopicCanServeAsChangelog) {
  Shape shape;
  shape.source("s", {"in"}).node("p", {"s"}).store("st", {"p"});
  shape.writable->reuse_as_changelog("st", "in");
  EXPECT_EQ(shape.plan().changelog_topic("st"), "in");
  EXPECT_FALSE(shape.plan().store("st").logging);
  EXPECT_EQ(message_of<TopologyError>([&] { shape.writable->reuse_as_changelog("st", "in"); }),
            "Invalid topology: Source store st is already added.");
}

TEST(TopologyPlan, AnOverridingStoreKeepsItsProcessors) {
  Shape shape;
  shape.source("s", {"in"}).node("p", {"s"}).store("st", {"p"});
  shape.writable->add_store(lru_map<Text, Text>("st", 5).spec(), {}, true);
  EXPECT_EQ(shape.plan().store("st").max_entries, 5);
  EXPECT_THAT(shape.plan().sub_topologies().front().stores, ElementsAre("st"));
}

TEST(TopologyPlan, InternalTopicsGetTheApplicationIdInFront) {
  detail::TopologyPlan plan;
  plan.add_internal_topic({"x-repartition", 3, false, {}});
  EXPECT_EQ(plan.full_topic_name("x-repartition", "app"), "app-x-repartition");
  EXPECT_EQ(plan.full_topic_name("in", "app"), "in");
}

TEST(TopologyPlan, CopartitionedRepartitionTopicsMustNotBeGivenDifferentCounts) {
  Shape shape;
  shape.source("s", {"in"}).repartition("r1", "s", 3).repartition("r2", "s", 4).copartition({"s", "r1", "r2"});
  const auto check = [&] { shape.plan().check_copartition(); };
  EXPECT_EQ(message_of<TopologyError>(check), "no error");  // the count of "in" decides
  shape.copartition({"r1", "r2"});
  EXPECT_EQ(message_of<TopologyError>(check),
            "Invalid topology: Following topics do not have the same number of partitions: [{r1-repartition=3, "
            "r2-repartition=4}]");
}

TEST(TopologyPlan, ASourceTakesThePlaceOfAnotherInCopartitionedSets) {
  detail::TopologyPlan plan;
  plan.copartition({"a", "b"});
  plan.copartition({"c", "b"});
  plan.replace_in_copartition("a", "z");
  EXPECT_THAT(plan.copartition_groups(), ElementsAre(ElementsAre("b", "z"), ElementsAre("b", "c")));
}

struct TakesNumbers final : Processor<Text, std::int64_t> {
  void process(Record<Text, std::int64_t>&&) override {}
};

TEST(TopologyPlan, TypesMustFitWhenAGraphIsMade) {
  Shape shape;
  shape.source("s", {"in"});
  shape.topology.add_processor("p", [] { return std::make_unique<TakesNumbers>(); }, {"s"});
  EXPECT_THAT(message_of<TopologyError>([&] { static_cast<void>(shape.plan().make_graph(0)); }),
              HasSubstr("p does not take the records that its parent s emits"));
}

TEST(TopologyPlan, AProcessorWithoutOutputHasNoChildren) {
  Shape shape;
  shape.source("s", {"in"});
  shape.topology.add_processor("p", swallow, {"s"});
  shape.sink("k", "out", {"p"});
  EXPECT_THAT(message_of<TopologyError>([&] { static_cast<void>(shape.plan().make_graph(0)); }),
              HasSubstr("k does not take the records that its parent p emits"));
}

TEST(TopologyPlan, EveryGraphHasNodesOfItsOwn) {
  Shape shape;
  shape.global("g", "gsrc", "gt", "gproc").source("s", {"in"}).node("p", {"s"}).source("s2", {"in2"});
  const detail::TaskGraph first = shape.plan().make_graph(1);
  const detail::TaskGraph second = shape.plan().make_graph(1);
  ASSERT_EQ(first.nodes.size(), 2u);
  EXPECT_NE(first.nodes[1].get(), second.nodes[1].get());
  EXPECT_EQ(first.sources.at("s"), first.nodes[0].get());
  const detail::TaskGraph all = shape.plan().make_graph(std::nullopt);
  EXPECT_EQ(all.nodes.size(), 3u);
  EXPECT_EQ(all.sources.size(), 2u);
  const detail::TaskGraph global = shape.plan().make_global_graph(shape.plan().global_stores().front());
  EXPECT_EQ(global.nodes.size(), 2u);
  EXPECT_THAT(global.stores, ElementsAre("g"));
  EXPECT_THAT(message_of<InvalidArgument>([&] { static_cast<void>(shape.plan().make_graph(7)); }),
              "There is no sub-topology 7.");
}

TEST(TopologyPlan, SuppliersMustGiveAFreshProcessorEachTime) {
  Shape shape;
  shape.source("s", {"in"});
  EXPECT_THAT(message_of<NullArgument>(
                  [&] { shape.topology.add_processor("p", [] { return std::unique_ptr<PassOn>(); }, {"s"}); }),
              HasSubstr("The supplier of p gave null."));
  const std::unique_ptr<PassOn> shared = pass_on();
  EXPECT_THAT(message_of<InvalidArgument>([&] {
                shape.topology.add_processor("p", [&] { return std::unique_ptr<PassOn>(shared.get()); }, {"s"});
              }),
              HasSubstr("The supplier of p gave one processor twice."));
  EXPECT_THAT(message_of<NullArgument>(
                  [&] { shape.topology.add_processor("p", std::function<std::unique_ptr<PassOn>()>(), {"s"}); }),
              HasSubstr("supplier cannot be null"));
}

}  // namespace
}  // namespace streams
