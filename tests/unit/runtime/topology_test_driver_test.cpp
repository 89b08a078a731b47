// The test driver: typed topics, order of records, loops, clock, commits, stores, restarts.
#include <streams/testing/topology_test_driver.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/runtime/task_rig.hpp"

namespace streams {
namespace {

using runtime::line;
using runtime::pass_through;
using runtime::processor;
using runtime::show;
using runtime::Text;
using runtime::thrown;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using TextRecord = TestRecord<Text, Text>;
using Counts = KeyValueStore<Text, std::int64_t>;

StreamsConfig quiet(std::initializer_list<std::pair<const std::string, std::string>> settings = {}) {
  StreamsConfig out(settings);
  out.set("application.id", std::string("app"));
  out.set_logger(null_logger());
  return out;
}

/// Where it does not matter, no files are made.
const TestDriverOptions kInMemory{.in_memory = true};

std::vector<std::string> take(TopologyTestDriver& driver) {
  std::vector<std::string> out;
  for (const RawTestRecord& record : driver.take_outputs()) out.push_back(show(record));
  return out;
}

RawTestRecord to(const Text& topic, const Text& key, const Text& value, Timestamp timestamp) {
  return {topic, key, value, timestamp, {}, 0};
}

/// Counts keys in store "counts" and forwards the count as text.
struct Counting final : Processor<Text, Text> {
  void init(Context& context) override { counts = &context.get_state_store<Counts>("counts"); }
  void process(Record<Text, Text>&& record) override {
    const std::int64_t count = counts->get(*record.key).value_or(0) + 1;
    counts->put(*record.key, count);
    record.value = std::to_string(count);
    context().forward(std::move(record));
  }
  Counts* counts = nullptr;
};
Topology counting(StoreOptions<Text, std::int64_t> options = {}) {
  Topology topology = line([] { return std::make_unique<Counting>(); });
  topology.add_state_store(key_value_store<Text, std::int64_t>("counts", options), {"p"});
  return topology;
}

TEST(TopologyTestDriver, PipesTypedRecordsAndReadsThemBack) {
  TopologyTestDriver driver(pass_through(), quiet());
  auto in = driver.create_input_topic<Text, Text>("in", {}, {}, 100, 10);
  auto out = driver.create_output_topic<Text, Text>("out");
  EXPECT_TRUE(out.empty());
  in.pipe_input("a", "1");
  in.pipe_input("a", std::nullopt);
  in.pipe_value("2");
  in.pipe_input("b", "3", 7);
  in.advance_time(1000);
  in.pipe_records({{"c", "4", std::nullopt, {{"h", "x"}}}, {"d", "5", 9, {}}});
  EXPECT_EQ(out.size(), 6u);
  EXPECT_EQ(out.read_record(), (TextRecord{"a", "1", 100, {}}));
  EXPECT_THAT(out.read_key_value(), Pair("a", std::nullopt));
  EXPECT_THAT(out.read_value(), "2");
  EXPECT_THAT(out.read_records(), ElementsAre(TextRecord{"b", "3", 7, {}}, TextRecord{"c", "4", 1130, {{"h", "x"}}},
                                              TextRecord{"d", "5", 9, {}}));
  EXPECT_TRUE(out.empty());
  EXPECT_THAT(thrown([&] { out.read_record(); }), "Empty topic: out");
  EXPECT_THAT(thrown([&] { in.advance_time(-1); }), HasSubstr("negative"));
}

TEST(TopologyTestDriver, ReadsTheLastValuesAsAMap) {
  TopologyTestDriver driver(pass_through(), quiet());
  auto in = driver.create_input_topic<Text, Text>("in");
  auto out = driver.create_output_topic<Text, Text>("out");
  for (const auto& [key, value] : {std::pair{"a", "1"}, {"b", "2"}, {"a", "3"}}) in.pipe_input(key, value);
  EXPECT_THAT(out.read_map(), ElementsAre(Pair("a", "3"), Pair("b", "2")));
  in.pipe_value("x");
  EXPECT_THROW(out.read_map(), StreamsError);
}

TEST(TopologyTestDriver, HasADefaultTimeForItsClockAndInputs) {
  TopologyTestDriver driver(pass_through(), quiet(), {.wall_clock_start_ms = 5000});
  EXPECT_EQ(driver.wall_clock_time(), 5000);
  EXPECT_EQ(driver.stream_time(), -1);
  driver.create_input_topic<Text, Text>("in").pipe_input("a", "1");
  EXPECT_EQ(driver.read_raw("out")->timestamp, 5000);
  EXPECT_EQ(driver.stream_time(), 5000);
  TopologyTestDriver now(pass_through(), quiet());
  EXPECT_NEAR(static_cast<double>(now.wall_clock_time()), static_cast<double>(system_clock().now_ms()), 60000);
}

TEST(TopologyTestDriver, RefusesTopicsThatNobodyReads) {
  TopologyTestDriver driver(pass_through(), quiet());
  EXPECT_THAT(thrown([&] { driver.pipe_raw(to("b", "k", "v", 1)); }), "Unknown topic: b");
  driver.pipe_raw(to("in", "k", "v", 1));  // that changes nothing
  EXPECT_THAT(take(driver), ElementsAre("out/0 k=v@1"));
}

TEST(TopologyTestDriver, KeepsEverythingThatIsSentInOrder) {
  TopologyTestDriver driver(counting(), quiet(), kInMemory);
  driver.pipe_raw(to("in", "a", "x", 1));
  EXPECT_THAT(take(driver),
              ElementsAre(Text("app-counts-changelog/0 a=") + Text("\0\0\0\0\0\0\0\1", 8) + "@1", "out/0 a=1@1"));
  EXPECT_THAT(take(driver), IsEmpty());
  driver.pipe_raw(to("in", "a", "x", 2));
  EXPECT_EQ(driver.take_outputs().size(), 2u);
  EXPECT_THAT(driver.produced_topic_names(), ElementsAre("app-counts-changelog", "out"));
  // Reading by topic starts from the first record, whatever was taken.
  EXPECT_EQ(driver.queue_size("out"), 2u);
  EXPECT_EQ(driver.read_raw("out")->timestamp, 1);
  EXPECT_EQ(driver.read_raw("out")->timestamp, 2);
  EXPECT_EQ(driver.read_raw("out"), std::nullopt);
}

TEST(TopologyTestDriver, QueuesABatchBeforeItProcesses) {
  TopologyTestDriver driver(pass_through({"in", "more"}), quiet());
  driver.pipe_batch({to("in", "a", "3", 3), to("in", "a", "1", 1), to("more", "b", "2", 2), to("more", "b", "3", 3)});
  EXPECT_THAT(take(driver), ElementsAre("out/0 b=2@2", "out/0 a=3@3", "out/0 a=1@1", "out/0 b=3@3"));
}

/// source -> repartition topic -> out: two sub-topologies in one task.
Topology repartitioned() {
  auto plan = std::make_shared<detail::TopologyPlan>();
  Topology topology(plan);
  plan->add_internal_topic({"shuffle-repartition", std::nullopt, false, {}});
  topology.add_source<Text, Text>("src", {"in"});
  topology.add_sink<Text, Text>("to", "shuffle-repartition", {"src"});
  topology.add_source<Text, Text>("from", {"shuffle-repartition"});
  topology.add_processor("p", processor([](auto&& record, auto& context) {
                           record.value = *record.value + "#" + std::to_string(context.record_metadata()->offset);
                           context.forward(std::move(record));
                         }),
                         {"from"});
  topology.add_sink<Text, Text>("snk", "out", {"p"});
  return topology;
}

TEST(TopologyTestDriver, FeedsInternalTopicsBackUnderTheirFullNames) {
  TopologyTestDriver driver(repartitioned(), quiet());
  driver.pipe_batch({to("in", "a", "1", 10), to("in", "b", "2", 20)});
  EXPECT_THAT(take(driver), ElementsAre("app-shuffle-repartition/0 a=1@10", "out/0 a=1#0@10",
                                        "app-shuffle-repartition/0 b=2@20", "out/0 b=2#1@20"));
  driver.pipe_raw(to("app-shuffle-repartition", "c", "3", 30));
  EXPECT_THAT(take(driver), ElementsAre("out/0 c=3#2@30"));
}

TEST(TopologyTestDriver, FeedsSourceTopicsBackToo) {
  TopologyTestDriver driver(line(processor([](auto&& record, auto& context) {
                                   if (record.value->size() == 3) return;
                                   record.value = *record.value + "x";
                                   context.forward(std::move(record));
                                 }),
                                 {"in", "out"}),
                            quiet());
  driver.pipe_raw(to("in", "a", "", 1));
  EXPECT_THAT(take(driver), ElementsAre("out/0 a=x@1", "out/0 a=xx@1", "out/0 a=xxx@1"));
}

TEST(TopologyTestDriver, TopicsOfOnePatternShareAQueue) {
  Topology topology;
  topology.add_source<Text, Text>("src", TopicPattern{"in-[0-9]+"});
  topology.add_processor("p", processor([](auto&& record, auto& context) {
                           const auto at = context.record_metadata();
                           record.value = Text(at->topic) + "/" + std::to_string(at->offset);
                           context.forward(std::move(record));
                         }),
                         {"src"});
  topology.add_sink<Text, Text>("snk", "out", {"p"});
  TopologyTestDriver driver(topology, quiet());
  driver.pipe_batch({to("in-1", "a", "", 5), to("in-22", "b", "", 1), to("in-1", "c", "", 3)});
  EXPECT_THAT(take(driver), ElementsAre("out/0 a=in-1/0@5", "out/0 b=in-22/1@1", "out/0 c=in-1/2@3"));
  EXPECT_THROW(driver.pipe_raw(to("in-x", "a", "", 5)), InvalidArgument);
}

/// Forwards a tick at each punctuation.
struct Ticking final : Processor<Text, Text> {
  explicit Ticking(PunctuationType type_in) : type(type_in) {}
  void init(Context& context) override {
    context.schedule(std::chrono::milliseconds(10), type, [&context](Timestamp now) {
      context.forward(Record<Text, Text>{"tick", std::to_string(now), now, {}});
    });
  }
  void process(Record<Text, Text>&& record) override { context().forward(std::move(record)); }
  PunctuationType type;
};

TEST(TopologyTestDriver, FiresPunctuationsByStreamTimeAndByItsClock) {
  TopologyTestDriver by_records(line([] { return std::make_unique<Ticking>(PunctuationType::kStreamTime); }), quiet());
  by_records.pipe_batch({to("in", "a", "1", 3), to("in", "a", "2", 12)});
  EXPECT_THAT(take(by_records), ElementsAre("out/0 a=1@3", "out/0 tick=3@3", "out/0 a=2@12", "out/0 tick=12@12"));
  TopologyTestDriver by_clock(line([] { return std::make_unique<Ticking>(PunctuationType::kWallClockTime); }), quiet(),
                              {.wall_clock_start_ms = 1000});
  by_clock.advance_wall_clock_time(9);
  EXPECT_THAT(take(by_clock), IsEmpty());
  by_clock.advance_wall_clock_time(1);
  by_clock.advance_wall_clock_time(35);
  EXPECT_THAT(take(by_clock), ElementsAre("out/0 tick=1010@1010", "out/0 tick=1045@1045"));
  EXPECT_EQ(by_clock.wall_clock_time(), 1045);
  EXPECT_THROW(by_clock.advance_wall_clock_time(-1), InvalidArgument);
}

TEST(TopologyTestDriver, CommitsAfterEachRecordOrWhenItIsTold) {
  const Topology topology = counting({.caching = true});
  const auto changelog_records = [](TopologyTestDriver& driver) {
    std::size_t count = 0;
    for (const RawTestRecord& record : driver.take_outputs()) count += record.topic == "app-counts-changelog";
    return count;
  };
  TopologyTestDriver each(topology, quiet(), kInMemory);
  each.pipe_batch({to("in", "a", "x", 1), to("in", "a", "x", 2)});
  EXPECT_EQ(changelog_records(each), 2u);
  TopologyTestDriver manual(topology, quiet(), {.commit_each_record = false, .in_memory = true});
  manual.pipe_batch({to("in", "a", "x", 1), to("in", "a", "x", 2)});
  EXPECT_EQ(changelog_records(manual), 0u);
  manual.commit();
  EXPECT_EQ(changelog_records(manual), 1u);
  manual.commit();
  EXPECT_EQ(changelog_records(manual), 0u);
  TopologyTestDriver uncached(topology, quiet({{"statestore.cache.max.bytes", "0"}}),
                              {.commit_each_record = false, .in_memory = true});
  uncached.pipe_batch({to("in", "a", "x", 1), to("in", "a", "x", 2)});
  EXPECT_EQ(changelog_records(uncached), 2u);
}

TEST(TopologyTestDriver, GivesStoresByTheirInterface) {
  TopologyTestDriver driver(counting(), quiet(), kInMemory);
  driver.pipe_raw(to("in", "a", "x", 1));
  EXPECT_EQ(driver.get_state_store<Counts>("counts").get("a"), 1);
  driver.get_state_store<Counts>("counts").put("a", 41);
  driver.pipe_raw(to("in", "a", "x", 2));
  EXPECT_EQ(driver.read_raw("out")->value, "1");
  EXPECT_EQ(driver.read_raw("out")->value, "42");
  EXPECT_EQ(driver.state_store("nothing"), nullptr);
  EXPECT_THAT(driver.state_store_names(), ElementsAre("counts"));
  EXPECT_THAT(thrown([&] { driver.get_state_store<Counts>("nothing"); }), HasSubstr("no StateStore nothing"));
  EXPECT_THAT(thrown([&] { driver.get_state_store<KeyValueStore<Text, Text>>("counts"); }),
              HasSubstr("not of the type asked for"));
}

TEST(TopologyTestDriver, CountsDroppedRecords) {
  Topology topology;
  topology.add_source<Text, std::int64_t>("src", {"in"});
  topology.add_sink<Text, std::int64_t>("snk", "out", {"src"});
  StreamsConfig config = quiet();
  config.set_deserialization_handler(log_and_continue("dlq"));
  TopologyTestDriver driver(topology, config);
  driver.pipe_raw(to("in", "a", "no number", 4));
  EXPECT_EQ(driver.dropped_records(), 1u);
  EXPECT_THAT(take(driver), ElementsAre(HasSubstr("dlq/0 a=no number@4")));
}

TEST(TopologyTestDriver, CannotGoOnAfterAFailure) {
  TopologyTestDriver driver(line(processor([](auto&&, auto&) { throw std::out_of_range("too far"); })), quiet());
  EXPECT_THAT(thrown([&] { driver.pipe_raw(to("in", "a", "", 4)); }),
              "Exception caught in process. taskId=0_0, processor=p, topic=in, partition=0, offset=0: too far");
  EXPECT_THAT(thrown([&] { driver.pipe_raw(to("in", "a", "", 4)); }), HasSubstr("has failed before"));
  driver.close();
  EXPECT_THAT(thrown([&] { driver.commit(); }), HasSubstr("is closed"));
}

/// Global store "names" from "people"; records of "in" are looked up there. "in" may also be told to write to "people".
Topology with_global(StoreType type) {
  using Names = KeyValueStore<Text, Text>;
  struct Fill final : Processor<Text, Text, void, void> {
    void init(Context& context) override { names = &context.get_state_store<Names>("names"); }
    void process(Record<Text, Text>&& record) override { names->put(*record.key, record.value); }
    Names* names = nullptr;
  };
  struct LookUp final : Processor<Text, Text> {
    void init(Context& context) override { names = &context.get_state_store<Names>("names"); }
    void process(Record<Text, Text>&& record) override {
      if (record.value->starts_with("=")) {
        record.value = record.value->substr(1);
        return context().forward(std::move(record), "learn");
      }
      record.value = names->get(*record.value).value_or("?");
      context().forward(std::move(record), "snk");
    }
    Names* names = nullptr;
  };
  Topology topology = line([] { return std::make_unique<LookUp>(); });
  topology.add_sink<Text, Text>("learn", "people", {"p"});
  topology.add_global_store<Text, Text>(key_value_store<Text, Text>("names", {.type = type}), "gsrc", "people", "fill",
                                        [] { return std::make_unique<Fill>(); });
  return topology;
}

TEST(TopologyTestDriver, KeepsGlobalStores) {
  TopologyTestDriver driver(with_global(StoreType::kRocksDb), quiet(), kInMemory);
  driver.pipe_raw(to("people", "1", "Ada", 10));
  driver.pipe_batch({to("in", "x", "1", 1), to("in", "2", "=Bo", 2), to("in", "y", "2", 3)});
  EXPECT_THAT(take(driver), ElementsAre("out/0 x=Ada@1", "people/0 2=Bo@2", "out/0 y=Bo@3"));
  EXPECT_EQ((driver.get_state_store<KeyValueStore<Text, Text>>("names").get("2")), "Bo");
  EXPECT_THAT(driver.state_store_names(), ElementsAre("names"));
}

TEST(TopologyTestDriver, RunsTopologiesOfGlobalStoresOnly) {
  struct Drop final : Processor<Text, Text, void, void> {
    void process(Record<Text, Text>&&) override {}
  };
  Topology topology;
  topology.add_global_store<Text, Text>(key_value_store<Text, Text>("names"), "gsrc", "people", "fill",
                                        [] { return std::make_unique<Drop>(); });
  TopologyTestDriver driver(topology, quiet(), kInMemory);
  driver.pipe_raw(to("people", "1", "Ada", 10));
  driver.advance_wall_clock_time(10);
  driver.commit();
  driver.restart();
  EXPECT_THROW(driver.pipe_raw(to("in", "1", "Ada", 10)), InvalidArgument);
}

class TopologyTestDriverRestart : public testing::TestWithParam<StoreType> {};

TEST_P(TopologyTestDriverRestart, FindsItsStateAgain) {
  TopologyTestDriver driver(counting({.type = GetParam(), .caching = true}), quiet(), {.commit_each_record = false});
  auto out = driver.create_output_topic<Text, Text>("out");
  driver.pipe_batch({to("in", "a", "", 30), to("in", "a", "", 10), to("in", "b", "", 20)});
  driver.restart();
  EXPECT_EQ(driver.stream_time(), 30);
  driver.pipe_raw(to("in", "a", "", 5));
  EXPECT_THAT(out.read_values(), ElementsAre("1", "2", "1", "3"));
  driver.restart();
  driver.restart();
  EXPECT_EQ(driver.get_state_store<Counts>("counts").get("a"), 3);
  EXPECT_EQ(driver.get_state_store<Counts>("counts").get("b"), 1);
}

TEST_P(TopologyTestDriverRestart, FindsGlobalStoresAgain) {
  TopologyTestDriver driver(with_global(GetParam()), quiet());
  driver.pipe_batch({to("people", "1", "Ada", 10), to("people", "2", "Bo", 10), to("people", "1", "Al", 11)});
  driver.restart();
  driver.pipe_raw(to("in", "x", "1", 1));
  EXPECT_THAT(take(driver), ElementsAre("out/0 x=Al@1"));
}

INSTANTIATE_TEST_SUITE_P(Stores, TopologyTestDriverRestart, testing::Values(StoreType::kRocksDb, StoreType::kInMemory));

TEST(TopologyTestDriver, MayKeepPersistentStoresInMemory) {
  TopologyTestDriver driver(counting(), quiet(), {.in_memory = true});
  driver.pipe_raw(to("in", "a", "", 1));
  driver.restart();
  EXPECT_EQ(driver.get_state_store<Counts>("counts").get("a"), 1);
}

TEST(TopologyTestDriver, NeedsNoApplicationId) {
  TopologyTestDriver driver(pass_through());
  EXPECT_EQ(driver.application_id(), "topology-test-driver");
}

TEST(TestRecord, IsShownWithEverythingItHas) {
  std::ostringstream out;
  out << TextRecord{"k", std::nullopt, 7, {{"h", "x"}, {"n", std::nullopt}}} << "; "
      << TestRecord<int, std::vector<int>>{1, std::vector<int>{2}, std::nullopt, {}};
  EXPECT_EQ(out.str(), "k -> null @7 {h=x, n=null}; 1 -> ? @null");
}

}  // namespace
}  // namespace streams
