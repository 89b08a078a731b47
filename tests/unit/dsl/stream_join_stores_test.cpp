// Stream-stream joins on stores that their users name: names, places, changelogs, and what is refused.
#include <streams/streams_builder.hpp>
#include <streams/testing/topology_test_driver.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace streams {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Text = std::string;
using Options = StreamJoined<Text, Text, Text>;
using Out = TestRecord<Text, Text>;

std::string both(const Text* left, const Text* right) { return (left ? *left : "-") + "+" + (right ? *right : "-"); }

JoinWindows windows() { return JoinWindows::of_time_difference_and_grace(Millis(10), Millis(20)); }

/// in "left", "right"; out "out".
Topology outer_join(const Options& options, TopologyConfig config = {}) {
  StreamsBuilder builder(config);
  builder.stream<Text, Text>("left")
      .outer_join(builder.stream<Text, Text>("right"), both, windows(), options)
      .to("out");
  return builder.build();
}

std::string refusal(const Options& options) {
  try {
    outer_join(options);
  } catch (const StreamsError& error) {
    return error.what();
  }
  return "";
}

/// Name and place of each store.
std::map<std::string, std::string> places(const Topology& topology) {
  std::map<std::string, std::string> out;
  for (const std::string& name : topology.plan().store_names())
    out[name] = topology.plan().store(name).persistent ? "disk" : "memory";
  return out;
}

TEST(StreamJoinStores, HaveTheNamesAndPlacesThatTheyAreGiven) {
  Options options;
  options.store_name = "base";
  options.this_store = StoreSupplier{.name = "mine", .type = StoreType::kInMemory};
  EXPECT_EQ(
      places(outer_join(options)),
      (std::map<std::string, std::string>{
          {"mine", "memory"}, {"base-outer-other-join-store", "disk"}, {"mine-outer-shared-join-store", "memory"}}));
  options.other_store = StoreSupplier{.name = "other", .sizes = {Millis(40), Millis(20), true}};
  options.store_type = StoreType::kRocksDb;
  EXPECT_EQ(places(outer_join(options)),
            (std::map<std::string, std::string>{
                {"mine", "memory"}, {"other", "disk"}, {"mine-outer-shared-join-store", "disk"}}));
}

TEST(StreamJoinStores, AreLoggedWithPlainValuesWhateverIsSaidOfTheOtherStores) {
  Options options;
  options.logging = false;
  options.this_store = StoreSupplier{.name = "mine"};
  const Topology topology = outer_join(options, TopologyConfig{.store_headers = true});
  const detail::TopologyPlan& plan = topology.plan();
  EXPECT_EQ(plan.changelog_topic("mine"), "mine-changelog");
  EXPECT_EQ(plan.store("mine").format, state::ValueFormat::kPlain);
  EXPECT_TRUE(plan.store("mine").topic_configs.empty());
  const std::string made = "KSTREAM-OUTEROTHER-0000000005-store";
  EXPECT_EQ(plan.changelog_topic(made), "");
  EXPECT_EQ(plan.store(made).format, state::ValueFormat::kTimestampedHeaders);
}

TEST(StreamJoinStores, JoinAndCanBeRead) {
  Options options;
  options.this_store = StoreSupplier{.name = "mine"};
  options.other_store = StoreSupplier{.name = "other", .type = StoreType::kInMemory};
  TopologyTestDriver driver(outer_join(options));
  auto left = driver.create_input_topic<Text, Text>("left");
  auto right = driver.create_input_topic<Text, Text>("right");
  left.pipe_input("a", "l1", 0);
  left.pipe_input("a", "l2", 0);
  right.pipe_input("a", "r1", 10);
  right.pipe_input("b", "r2", 11);
  std::vector<std::string> kept;
  for (auto&& [start, value] : driver.get_state_store<WindowStore<Text, Text>>("mine").fetch("a", 0, 100))
    kept.push_back(value + "@" + std::to_string(start));
  EXPECT_THAT(kept, ElementsAre("l1@0", "l2@0"));
  for (auto&& [start, value] : driver.get_state_store<WindowStore<Text, Text>>("other").fetch("b", 0, 100))
    EXPECT_EQ(value + "@" + std::to_string(start), "r2@11");
  left.pipe_input("c", "l3", 42);
  auto out = driver.create_output_topic<Text, Text>("out");
  EXPECT_THAT(out.read_records(),
              ElementsAre(Out{"a", "l1+r1", 10, {}}, Out{"a", "l2+r1", 10, {}}, Out{"b", "-+r2", 11, {}}));
}

TEST(StreamJoinStores, OfOtherSizesAreRefused) {
  EXPECT_THAT(refusal(Options{.this_store = StoreSupplier{.name = "mine", .sizes = {Millis(41), Millis(20), true}}}),
              HasSubstr("Window store mine of a stream-stream join has retention 41 ms and window size 20 ms, but the "
                        "join needs retention 40 ms "
                        "and window size 20 ms"));
  EXPECT_THAT(refusal(Options{.other_store = StoreSupplier{.name = "other", .sizes = {Millis(40), Millis(19), true}}}),
              HasSubstr("Window store other of a stream-stream join has retention 40 ms and window size 19 ms"));
}

TEST(StreamJoinStores, MustKeepDuplicates) {
  EXPECT_THAT(refusal(Options{.this_store = StoreSupplier{.name = "mine", .sizes = {Millis(40), Millis(20), false}}}),
              HasSubstr("Window store mine of a stream-stream join must keep duplicates"));
}

TEST(StreamJoinStores, MustHaveDifferentNames) {
  EXPECT_THAT(refusal(Options{.this_store = StoreSupplier{.name = "s"}, .other_store = StoreSupplier{.name = "s"}}),
              HasSubstr("are named s: give them different names"));
  EXPECT_THROW(outer_join(Options{.this_store = StoreSupplier{}}), NullArgument);
}

TEST(StreamJoinStores, InMemoryKeepHeadersWhereTheFormatHasThem) {
  Options options;
  options.store_type = StoreType::kInMemory;
  options.store_name = "base";
  options.other_store = StoreSupplier{.name = "other", .keep_headers = true};
  TopologyTestDriver driver(outer_join(options, TopologyConfig{.store_headers = true}));
  driver.create_input_topic<Text, Text>("right").pipe_input({"b", "r1", 5, {{"i", "y"}}});
  for (auto&& [start, row] : driver.get_state_store<TimestampedWindowStore<Text, Text>>("other").fetch("b", 0, 100))
    EXPECT_EQ(row.headers, (Headers{{"i", "y"}}));
  driver.take_outputs();
  driver.create_input_topic<Text, Text>("left").pipe_input({"a", "l1", 5, {{"h", "x"}}});
  auto& store = driver.get_state_store<TimestampedWindowStore<Text, Text>>("base-outer-this-join-store");
  for (auto&& [start, row] : store.fetch("a", 0, 100)) {
    EXPECT_EQ(row.value, "l1");
    EXPECT_EQ(row.headers, (Headers{{"h", "x"}}));
  }
  const std::vector<RawTestRecord> sent = driver.take_outputs();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.front().headers, (Headers{{"h", "x"}}));
}

TEST(StreamJoins, LookForRecordsWithoutPartnerOnlyOnceInAnInterval) {
  TopologyTestDriver driver(outer_join({}), {{"__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", "50"}});
  auto left = driver.create_input_topic<Text, Text>("left");
  auto out = driver.create_output_topic<Text, Text>("out");
  left.pipe_input("a", "l1", 0);  // looks for the first time
  left.pipe_input("a", "l2", 100);
  EXPECT_TRUE(out.empty());
  driver.advance_wall_clock_time(49);
  left.pipe_input("a", "l3", 200);
  EXPECT_TRUE(out.empty());
  driver.advance_wall_clock_time(1);
  left.pipe_input("a", "l4", 300);
  EXPECT_THAT(out.read_records(),
              ElementsAre(Out{"a", "l1+-", 0, {}}, Out{"a", "l2+-", 100, {}}, Out{"a", "l3+-", 200, {}}));
  EXPECT_THROW(StreamsConfig({{"__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", "soon"}}), ConfigError);
}

}  // namespace
}  // namespace streams
