// What stores on disk show of RocksDB, after known work.
#include "task_rig.hpp"

#include <base/metric_registry.hpp>
#include <runtime/state_directory.hpp>
#include <runtime/storage_sensors.hpp>
#include <runtime/task_state.hpp>
#include <streams/stores.hpp>

#include <cmath>
#include <filesystem>

namespace streams::runtime {
namespace {

/// Looks each key up and puts the record: to "one" if its key is before "m", else to "two".
class PutByKey final : public Processor<Text, Text> {
 public:
  void process(Record<Text, Text>&& record) override {
    auto& store = context().get_state_store<KeyValueStore<Text, Text>>(*record.key < "m" ? "one" : "two");
    store.get(*record.key);
    store.put(*record.key, record.value);
  }
};

Topology two_stores() {
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  topology.add_processor("p", [] { return std::make_unique<PutByKey>(); }, {"src"});
  for (const char* name : {"one", "two"})
    topology.add_state_store(key_value_store<Text, Text>(name, {.logging = false}), {"p"});
  return topology;
}

struct StorageRig {
  explicit StorageRig(RecordingLevel level) : registry(level), rig(two_stores()) {
    auto opened =
        open_with(state::make_memory_bound(32 << 20), level >= RecordingLevel::kDebug)(folder.string(), {"one", "two"});
    if (!opened.ok()) throw StreamsError(opened.status().message());
    rig.services.persistent = std::move(opened).value();
    rig.services.metrics = &registry;
    rig.services.thread_id = "t-1";
  }
  ~StorageRig() {
    rig.task.reset();
    rig.services.persistent.reset();
    std::filesystem::remove_all(folder);
  }

  void put(const std::vector<std::pair<std::string, std::string>>& rows) {
    std::vector<RawTestRecord> records;
    for (const auto& [key, value] : rows) records.push_back(raw(key, value, 0));
    rig.task->add_records(0, batch(std::move(records), offset));
    offset += static_cast<std::int64_t>(rows.size());
    rig.run();
    rig.commit();
  }
  /// NaN if it is not listed.
  double value(const std::string& store, const std::string& name) {
    for (const Metric& metric : registry.read(rig.clock.now_ms())) {
      const auto tag = metric.name.tags.find("rocksdb-state-id");
      if (tag == metric.name.tags.end() || tag->second != store || metric.name.name != name) continue;
      if (const auto* whole = std::get_if<std::int64_t>(&metric.value)) return static_cast<double>(*whole);
      return std::get<double>(metric.value);
    }
    return std::nan("");
  }

  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("storage_metrics_" + random_uuid());
  metrics::MetricRegistry registry;
  TaskRig rig;
  std::int64_t offset = 0;
};

TEST(StorageMetrics, TellRowsApartByStore) {
  StorageRig storage(RecordingLevel::kInfo);
  storage.rig.start();
  storage.put({{"a", "1"}, {"b", "1"}, {"c", "1"}, {"x", "1"}});
  EXPECT_EQ(storage.value("one", "estimate-num-keys"), 3);
  EXPECT_EQ(storage.value("two", "estimate-num-keys"), 1);
  EXPECT_EQ(storage.value("one", "num-entries-active-mem-table"), 3);
  EXPECT_EQ(storage.value("one", "total-sst-files-size"), 0);
  ASSERT_TRUE(storage.rig.services.persistent->flush().ok());
  EXPECT_EQ(storage.value("one", "num-entries-active-mem-table"), 0);
  EXPECT_EQ(storage.value("one", "estimate-num-keys"), 3);
  EXPECT_GT(storage.value("one", "total-sst-files-size"), 0);
  EXPECT_GT(storage.value("one", "block-cache-capacity"), 0);
  EXPECT_EQ(storage.value("one", "background-errors"), 0);
}

TEST(StorageMetrics, ShowWhatTheDatabaseOfTheTaskCountsUnderEachStore) {
  StorageRig storage(RecordingLevel::kDebug);
  storage.rig.start();
  storage.put({{"a", "1"}, {"x", "23"}});
  // A batch has 12 bytes, and each row of it the kind, the family and two lengths.
  const double written = 12 + (4 + 1 + 1) + (4 + 1 + 2);
  for (const char* store : {"one", "two"}) {
    EXPECT_EQ(storage.value(store, "bytes-written-total"), written) << store;
    EXPECT_EQ(storage.value(store, "bytes-written-rate"), written / 30) << store;
    EXPECT_EQ(storage.value(store, "bytes-read-total"), 0) << store;
    EXPECT_EQ(storage.value(store, "memtable-hit-ratio"), 0) << store;
    EXPECT_EQ(storage.value(store, "memtable-bytes-flushed-total"), 0) << store;
    EXPECT_EQ(storage.value(store, "number-open-files"), -1) << store;
    EXPECT_EQ(storage.value(store, "write-stall-duration-total"), 0) << store;
    EXPECT_EQ(storage.value(store, "number-file-errors-total"), 0) << store;
    EXPECT_TRUE(std::isnan(storage.value(store, "compaction-time-avg"))) << store;
  }
  storage.put({{"a", "4"}});
  for (const char* store : {"one", "two"}) {
    EXPECT_EQ(storage.value(store, "bytes-read-total"), 1) << store;
    EXPECT_DOUBLE_EQ(storage.value(store, "memtable-hit-ratio"), 1.0 / 3) << store;
  }
  ASSERT_TRUE(storage.rig.services.persistent->flush().ok());
  storage.put({{"b", "5"}});
  for (const char* store : {"one", "two"}) {
    EXPECT_GT(storage.value(store, "memtable-bytes-flushed-total"), 0) << store;
    EXPECT_GT(storage.value(store, "memtable-bytes-flushed-rate"), 0) << store;
    EXPECT_GT(storage.value(store, "memtable-flush-time-avg"), 0) << store;
    EXPECT_LT(storage.value(store, "memtable-flush-time-max"), 60'000) << "milliseconds";
  }
}

TEST(StorageMetrics, CountFromWhereTheTaskBegan) {
  StorageRig storage(RecordingLevel::kDebug);
  storage.rig.start();
  storage.put({{"a", "1"}});
  EXPECT_GT(storage.value("one", "bytes-written-total"), 0);
  storage.rig.make();
  storage.rig.start();
  EXPECT_EQ(storage.value("one", "bytes-written-total"), 0);
  EXPECT_EQ(storage.value("one", "bytes-written-rate"), 0);
}

TEST(StorageMetrics, AreGoneWithTheStore) {
  StorageRig storage(RecordingLevel::kDebug);
  storage.rig.start();
  EXPECT_FALSE(std::isnan(storage.value("one", "bytes-written-total")));
  storage.rig.task->close(true);
  EXPECT_TRUE(std::isnan(storage.value("one", "bytes-written-total")));
  EXPECT_TRUE(std::isnan(storage.value("one", "estimate-num-keys")));
}

TEST(StorageMetrics, AreNotCountedAtInfo) {
  StorageRig storage(RecordingLevel::kInfo);
  storage.rig.start();
  storage.put({{"a", "1"}});
  EXPECT_TRUE(std::isnan(storage.value("one", "bytes-written-total")));
  EXPECT_EQ(storage.rig.services.persistent->counts().bytes_written, 0u);
}

}  // namespace
}  // namespace streams::runtime
