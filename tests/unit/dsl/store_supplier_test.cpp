// Stores of the user's choice in Materialized, and plain stores under timestamped ones.
#include <streams/errors.hpp>
#include <streams/stores.hpp>
#include <streams/streams_builder.hpp>
#include <streams/testing/topology_test_driver.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace streams {
namespace {

using namespace std::chrono_literals;
using String = std::string;
using Table = Materialized<String, String>;
using Counts = Materialized<String, std::int64_t>;

/// "KEY=VALUE@TS" of what was sent to a topic.
std::vector<String> sent(TopologyTestDriver& driver, const String& topic) {
  std::vector<String> out;
  for (const RawTestRecord& record : driver.take_outputs()) {
    if (record.topic == topic) {
      out.push_back(*record.key + "=" + record.value.value_or("null") + "@" + std::to_string(record.timestamp));
    }
  }
  return out;
}

class StoreSuppliers : public testing::Test {
 protected:
  void start() {
    driver_ = std::make_unique<TopologyTestDriver>(
        builder_.build(), StreamsConfig{{"application.id", "app"}, {"statestore.cache.max.bytes", "0"}});
  }
  void pipe(const String& key, const String& value, Timestamp timestamp) {
    driver_->pipe_raw({.topic = "in", .key = key, .value = value, .timestamp = timestamp});
  }
  String message_of(const Counts& options) {
    try {
      StreamsBuilder().stream<String, String>("in").group_by_key().windowed_by(windows_).count(options);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "taken";
  }
  const TimeWindows windows_ = TimeWindows::of_size_and_grace(10ms, 20ms);
  StreamsBuilder builder_;
  std::unique_ptr<TopologyTestDriver> driver_;
};

TEST_F(StoreSuppliers, PlainStoresOfTablesLoseTimestampsButTheChangelogHasThem) {
  builder_.table<String, String>("in",
                                 Table{.store_name = "rows", .supplier = StoreSupplier{.keep_timestamps = false}});
  start();
  pipe("a", "1", 7);
  EXPECT_EQ(sent(*driver_, "app-rows-changelog"), std::vector<String>{"a=1@7"});
  auto& rows = driver_->get_state_store<TimestampedKeyValueStore<String, String>>("rows");
  EXPECT_EQ(rows.get("a")->value, "1");
  EXPECT_EQ(rows.get("a")->timestamp, -1);
}

TEST_F(StoreSuppliers, StoresInMemoryKeepTimestampsWhateverTheSupplierSays) {
  builder_.table<String, String>(
      "in",
      Table{.store_name = "rows", .supplier = StoreSupplier{.type = StoreType::kInMemory, .keep_timestamps = false}});
  start();
  pipe("a", "1", 7);
  driver_->commit();
  auto& rows = driver_->get_state_store<TimestampedKeyValueStore<String, String>>("rows");
  EXPECT_EQ(rows.get("a")->timestamp, 7);
}

TEST_F(StoreSuppliers, PlainWindowStoresLoseTimestampsTooAndRestoredRowsHaveNone) {
  const StoreSupplier plain{.keep_timestamps = false, .sizes = {.retention = 100ms, .window_size = 10ms}};
  builder_.stream<String, String>("in").group_by_key().windowed_by(windows_).count(
      Counts{.store_name = "rows", .supplier = plain});
  start();
  pipe("a", "1", 7);
  auto& rows = driver_->get_state_store<detail::TimestampedWindowShell<String, std::int64_t>>("rows");
  EXPECT_EQ(rows.fetch("a", 0)->value, 1);
  EXPECT_EQ(rows.fetch("a", 0)->timestamp, -1);
  rows.restore("a" + Bytes("\0\0\0\0\0\0\0\x0a\0\0\0\0", 12), Bytes("\0\0\0\0\0\0\0\x05", 8), 12, {});
  EXPECT_EQ(rows.fetch("a", 10)->value, 5);
  EXPECT_EQ(rows.fetch("a", 10)->timestamp, -1);
}

TEST_F(StoreSuppliers, TablesOfSomeRowsAreInMemoryAndHaveNoHeadersLikeOthersThere) {
  StreamsBuilder builder(TopologyConfig{.store_headers = true});
  builder.table<String, String>("in", Table{.store_name = "st", .max_entries = 2});
  const detail::StoreSpec spec = builder.build().plan().store("st");
  EXPECT_FALSE(spec.persistent);
  EXPECT_EQ(spec.format, state::ValueFormat::kTimestamped);
}

TEST_F(StoreSuppliers, SizesOfASupplierHoldInsteadOfTheOperators) {
  const WindowStoreSizes sizes{.retention = 1000ms, .window_size = 10ms, .segment_interval = 500ms};
  builder_.stream<String, String>("in").group_by_key().windowed_by(windows_).count(
      Counts{.store_name = "rows", .supplier = StoreSupplier{.type = StoreType::kInMemory, .sizes = sizes}});
  start();
  pipe("a", "1", 0);
  pipe("a", "2", 900);  // the grace period is long over
  auto& rows = driver_->get_state_store<TimestampedWindowStore<String, std::int64_t>>("rows");
  EXPECT_EQ(rows.fetch("a", 0)->value, 1);
  pipe("a", "3", 1001);
  EXPECT_FALSE(rows.fetch("a", 0).has_value());
}

TEST_F(StoreSuppliers, SayWhetherRowsHaveHeadersWhateverTheFormatOfStoresIs) {
  using state::ValueFormat;
  for (const bool headers : {false, true}) {
    StreamsBuilder builder(TopologyConfig{.store_headers = headers});
    const auto in = builder.stream<String, String>("in").group_by_key();
    const auto sessions = in.windowed_by(SessionWindows::of_inactivity_gap_with_no_grace(5ms));
    const auto windows = in.windowed_by(windows_);
    const WindowStoreSizes sizes{.retention = 100ms, .window_size = 10ms};
    in.count({.store_name = "made"});
    in.count(Counts{.store_name = "rows", .supplier = StoreSupplier{}});
    in.count(Counts{.store_name = "rows-h", .supplier = StoreSupplier{.keep_headers = true}});
    in.count({.store_name = "lru", .max_entries = 3});
    windows.count(Counts{.store_name = "windows", .supplier = StoreSupplier{.sizes = sizes}});
    windows.count(Counts{.store_name = "windows-h", .supplier = StoreSupplier{.keep_headers = true, .sizes = sizes}});
    sessions.count(Counts{.store_name = "sessions", .supplier = StoreSupplier{.sizes = sizes}});
    sessions.count(Counts{.store_name = "sessions-h", .supplier = StoreSupplier{.keep_headers = true, .sizes = sizes}});
    const Topology topology = builder.build();
    const auto format = [&](const char* store) { return topology.plan().store(store).format; };
    EXPECT_EQ(format("made"), headers ? ValueFormat::kTimestampedHeaders : ValueFormat::kTimestamped);
    for (const char* store : {"rows", "lru", "windows"}) EXPECT_EQ(format(store), ValueFormat::kTimestamped) << store;
    for (const char* store : {"rows-h", "windows-h"}) EXPECT_EQ(format(store), ValueFormat::kTimestampedHeaders);
    EXPECT_EQ(format("sessions"), ValueFormat::kPlain);
    EXPECT_EQ(format("sessions-h"), ValueFormat::kHeaders);
  }
}

TEST_F(StoreSuppliers, TablesInStoresWithHeadersWorkAsOthersDo) {
  builder_.stream<String, String>("in").group_by_key().count(
      Counts{.store_name = "rows", .supplier = StoreSupplier{.keep_headers = true}});
  start();
  pipe("a", "1", 7);
  pipe("a", "2", 9);
  driver_->restart();
  auto& rows = driver_->get_state_store<TimestampedKeyValueStore<String, std::int64_t>>("rows");
  EXPECT_EQ(rows.get("a")->value, 2);
  EXPECT_EQ(rows.get("a")->timestamp, 9);
}

TEST_F(StoreSuppliers, OptionsThatExcludeEachOtherAreRefused) {
  const WindowStoreSizes sizes{.retention = 100ms, .window_size = 10ms};
  EXPECT_EQ(message_of(Counts{.store_name = "s", .supplier = StoreSupplier{.sizes = sizes}}), "taken");
  EXPECT_EQ(message_of(Counts{
                .store_name = "s", .store_type = StoreType::kInMemory, .supplier = StoreSupplier{.sizes = sizes}}),
            "Cannot set store type when store supplier is pre-configured.");
  EXPECT_EQ(message_of(Counts{.store_name = "s", .supplier = StoreSupplier{.name = "t", .sizes = sizes}}),
            "Store s is called t by its supplier: give one name.");
  EXPECT_EQ(message_of(Counts{.store_name = "s", .history_retention = 1ms, .supplier = StoreSupplier{.sizes = sizes}}),
            "Store s has a supplier: it cannot be versioned or limited to a number of rows as well.");
  EXPECT_EQ(message_of(Counts{.store_name = "s", .segment_interval = 1ms}),
            "Store s has a segment interval but no history: set history_retention too.");
  EXPECT_EQ(
      message_of(Counts{.store_name = "s",
                        .supplier = StoreSupplier{.keep_timestamps = false, .keep_headers = true, .sizes = sizes}}),
      "Store s cannot keep headers without timestamps: leave out keep_timestamps.");
}

TEST_F(StoreSuppliers, SizesThatNoStoreCanHaveAreRefused) {
  EXPECT_EQ(message_of(
                Counts{.store_name = "s", .supplier = StoreSupplier{.sizes = {.retention = 5ms, .window_size = 10ms}}}),
            "The retention period of the window store s must be no smaller than its window size. Got size=[10], "
            "retention=[5]");
  EXPECT_EQ(message_of(Counts{.store_name = "s", .supplier = StoreSupplier{.sizes = {.retention = -1ms}}}),
            "retentionPeriod cannot be negative");
  EXPECT_EQ(message_of(Counts{.store_name = "s", .supplier = StoreSupplier{.sizes = {.segment_interval = 0ms}}}),
            "segmentInterval cannot be zero or negative");
}

TEST_F(StoreSuppliers, SegmentsSayHowLongOldVersionsCanBeListed) {
  builder_.table<String, String>("in",
                                 Table{.store_name = "rows", .history_retention = 100ms, .segment_interval = 10ms});
  start();
  for (const Timestamp time : {5, 15, 25, 300}) pipe("a", std::to_string(time), time);
  const auto& rows = driver_->get_state_store<VersionedKeyValueStore<String, String>>("rows");
  const auto versions = rows.history("a", 0, 1000);
  ASSERT_EQ(versions.size(), 2U);  // segments that ended 100 ms ago are gone
  EXPECT_EQ(versions[0].value, "25");
  EXPECT_EQ(versions[1].value, "300");
}

}  // namespace
}  // namespace streams
