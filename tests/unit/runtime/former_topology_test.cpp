// State that a former version of the topology left: gone on from, restored in its new form, or refused with the reason.
#include "test_processors.hpp"
#include "thread_fixture.hpp"

#include <runtime/stored_stores.hpp>
#include <streams/streams_builder.hpp>

namespace streams::runtime {
namespace {

using String = std::string;
using Strings = std::vector<String>;
using testing::AllOf;
using testing::HasSubstr;
using Counts = Materialized<String, std::int64_t>;

String folder_of(const String& state_dir, const String& task) { return state_dir + "/app/" + task; }

/// Counts per key.
void add_count(StreamsBuilder& builder, const String& in, const Counts& rows) {
  builder.stream<String, String>(in)
      .group_by_key()
      .count(rows)
      .to_stream()
      .map_values([](std::int64_t count) { return std::to_string(count); })
      .to("out");
}

Topology count(const String& store) {
  StreamsBuilder builder;
  add_count(builder, "in", {.store_name = store});
  return builder.build();
}

/// Counts per key and hour; rows are kept for so many hours, which decides how they are laid out on disk.
Topology count_by_hour(const String& store, int hours) {
  StreamsBuilder builder;
  builder.stream<String, String>("in")
      .group_by_key()
      .windowed_by(TimeWindows::of_size_with_no_grace(std::chrono::hours(1)))
      .count({.store_name = store, .retention = std::chrono::hours(hours)})
      .to_stream()
      .map([](const Windowed<String>& window, std::int64_t count) {
        return std::pair(window.key, std::to_string(count));
      })
      .to("out");
  return builder.build();
}

class FormerTopologyTest : public StreamThreadTest {
 protected:
  void SetUp() override {
    for (const char* topic : {"in", "other", "out"}) create(topic);
  }
  void run(const Topology& topology) {
    const auto app = instance(topology, config());
    app->settle();
    commit(*app);
    app->close();
  }
  String refusal(const Topology& topology) {
    const auto app = instance(topology, config());
    try {
      app->settle();
    } catch (const TopologyError& error) {
      app->thread().close(false);
      return error.what();
    }
    return "";
  }
  String folder(const String& task) const { return folder_of((base_ / "a").string(), task); }
};

TEST_F(FormerTopologyTest, AStoreOfAnotherKindIsRefusedUntilItHasAnotherName) {
  produce("in", "a", "x");
  run(count("counts"));
  const String why = refusal(count_by_hour("counts", 2));
  EXPECT_THAT(why, HasSubstr("Directory " + folder("0_0") + " has state of a former version of the topology: "));
  EXPECT_THAT(why, AllOf(HasSubstr("store counts as a key-value store, but now it is a window store. Its changelog "
                                   "app-counts-changelog holds the former kind as well."),
                         HasSubstr("Give the new store another name, or stop all instances, reset the application"),
                         HasSubstr("--application-id app"), HasSubstr("clean_up()")));
  EXPECT_EQ(refusal(count_by_hour("counts", 2)), why) << "nothing was touched";
  produce("in", "a", "x");
  run(count("counts"));
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0"}));
  produce("in", "a", "x");
  run(count_by_hour("counts-by-hour", 2));
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=1@0"}));
}

TEST_F(FormerTopologyTest, RowsOfAnotherFormAreRestoredFromTheChangelog) {
  constexpr Timestamp kFiveHours = 5 * 3600 * 1000;
  for (const int hours : {2, 2, 48, 48}) {
    produce("in", "a", "x", kFiveHours);
    run(count_by_hour("counts", hours));
  }
  EXPECT_EQ(read("out"), (Strings{"a=1@18000000", "a=2@18000000", "a=3@18000000", "a=4@18000000"}));
  EXPECT_EQ(logged("restored from its changelogs: store counts was a window store with timestamps, segments of 3600000 "
                   "ms and is a window store with timestamps, segments of 86400000 ms now"),
            1u);
}

TEST_F(FormerTopologyTest, RowsOfAnotherFormAreRefusedWhereThereIsNoChangelog) {
  const auto with_rows = [](bool timestamped) {
    Topology topology;
    topology.add_source<String, String>("source", {"in"});
    topology.add_processor("pass", [] { return std::make_unique<KeepShort>(); }, {"source"});
    topology.add_state_store(timestamped ? timestamped_key_value_store<String, String>("rows", {.logging = false})
                                         : key_value_store<String, String>("rows", {.logging = false}),
                             {"pass"});
    return topology;
  };
  produce("in", "a", "x");
  run(with_rows(false));
  EXPECT_THAT(refusal(with_rows(true)),
              AllOf(HasSubstr(folder("0_0")),
                    HasSubstr("store rows was a key-value store with plain values and is a key-value store with "
                              "timestamps now, and store rows of the same task cannot be restored")));
}

TEST_F(FormerTopologyTest, TasksThatAreOthersNowAreRefusedUntilTheirStateIsDeleted) {
  const auto topology = [](bool with_other) {
    StreamsBuilder builder;
    if (with_other) add_count(builder, "other", {.store_name = "others"});
    add_count(builder, "in", {.store_name = "counts"});
    return builder.build();
  };
  produce("in", "a", "x");
  run(topology(false));
  const String why = refusal(topology(true));
  EXPECT_THAT(why, AllOf(HasSubstr("Directory " + folder("0_0")),
                         HasSubstr("store counts, which belongs to sub-topology 1 now."), HasSubstr("clean_up()"),
                         HasSubstr("give stores, joins and repartition topics names")));
  ASSERT_TRUE(remove_state((base_ / "a").string(), "app", Log(null_logger(), "")).ok());
  produce("in", "a", "x");
  produce("other", "b", "x");
  run(topology(true));
  EXPECT_THAT(read("out"), testing::UnorderedElementsAre("a=1@0", "a=2@0", "b=1@0"));
}

TEST_F(FormerTopologyTest, AStoreWhoseGeneratedNumberChangedIsRefused) {
  const auto topology = [](bool filtered) {
    StreamsBuilder builder;
    auto in = builder.stream<String, String>("in");
    if (filtered) in = in.filter([](const String&, const String&) { return true; });
    in.group_by_key().count().to_stream().map_values([](std::int64_t n) { return std::to_string(n); }).to("out");
    return builder.build();
  };
  produce("in", "a", "x");
  run(topology(false));
  EXPECT_THAT(refusal(topology(true)),
              AllOf(HasSubstr("store KSTREAM-AGGREGATE-STATE-STORE-0000000001, but now the topology has "
                              "KSTREAM-AGGREGATE-STATE-STORE-0000000002 in its place"),
                    HasSubstr("begin empty")));
}

TEST_F(FormerTopologyTest, AStoreThatIsTakenOutLeavesNothingBehind) {
  const auto topology = [](bool with_second) {
    StreamsBuilder builder;
    const auto grouped = builder.stream<String, String>("in").group_by_key();
    const auto out = [](const KTable<String, std::int64_t>& table) {
      table.to_stream().map_values([](std::int64_t n) { return std::to_string(n); }).to("out");
    };
    out(grouped.count(Counts{.store_name = "first"}));
    if (with_second) out(grouped.count(Counts{.store_name = "second"}));
    return builder.build();
  };
  for (const bool with_second : {true, false, true}) {
    produce("in", "a", "x");
    run(topology(with_second));
  }
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=1@0", "a=2@0", "a=3@0", "a=2@0"}));
  EXPECT_EQ(logged("Task 0_0 has no store second any more: its rows are deleted"), 1u);
  EXPECT_EQ(logged("restored 1 records"), 1u) << "the second store, when it came back";
}

TEST(StoredStores, AreWrittenAndReadAsText) {
  const std::vector<StoredStore> stores{{"a", "key-value store", "plain values", "app-a-changelog"},
                                        {"b", "window store", "timestamps, segments of 60000 ms", ""}};
  const String text =
      "stores 1\na\tkey-value store\tplain values\tapp-a-changelog\n"
      "b\twindow store\ttimestamps, segments of 60000 ms\t\n";
  EXPECT_EQ(write_stores(stores), text);
  EXPECT_EQ(parse_stores(text), stores);
  EXPECT_EQ(parse_stores("stores 1\n"), std::vector<StoredStore>{});
  for (const char* broken :
       {"", "stores 1", "stores 2\n", "stores 1\na\tb\n", "stores 1\na\tb\tc\td\te\n", "stores 1\na\tb\tc\td", "\n"}) {
    EXPECT_EQ(parse_stores(broken), std::nullopt) << broken;
  }
}

}  // namespace
}  // namespace streams::runtime
