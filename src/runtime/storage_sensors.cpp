// Names and descriptions of the metrics that come from a database's own counts: Kafka Streams'.
//
// Source: org.apache.kafka.streams.state.internals.metrics.RocksDBMetrics.
#include <runtime/storage_sensors.hpp>

#include <limits>
#include <string>

namespace streams::runtime {

using metrics::MetricScope;
using metrics::MetricSet;
using metrics::Sensor;
using state::StorageCounts;
using state::StorageTimes;
using state::StorageWork;

namespace {

constexpr RecordingLevel kDebug = RecordingLevel::kDebug;
constexpr std::int64_t kIntervalMs = 1000;
constexpr double kUsPerMs = 1000;

struct Total {
  const char* name;
  std::uint64_t StorageCounts::*of;
  double unit;
  const char* description;
};

constexpr Total kTotals[] = {
    {"bytes-written-total", &StorageCounts::bytes_written, 1,
     "Total number of bytes written to the RocksDB state store"},
    {"bytes-read-total", &StorageCounts::bytes_read, 1, "Total number of bytes read from the RocksDB state store"},
    {"memtable-bytes-flushed-total", &StorageCounts::bytes_flushed, 1,
     "Total number of bytes flushed from the memtable to disk"},
    {"write-stall-duration-total", &StorageCounts::stalled_us, kUsPerMs, "Total duration of write stalls in ms"},
    {"number-file-errors-total", &StorageCounts::file_errors, 1, "Total number of file errors occurred"},
};

struct Duration {
  const char* name;
  StorageWork work;
  double StorageTimes::*of;
  const char* description;
};

constexpr Duration kDurations[] = {
    {"memtable-flush-time-avg", StorageWork::kFlush, &StorageTimes::average_us,
     "Average time spent on flushing the memtable to disk in ms"},
    {"memtable-flush-time-min", StorageWork::kFlush, &StorageTimes::min_us,
     "Minimum time spent on flushing the memtable to disk in ms"},
    {"memtable-flush-time-max", StorageWork::kFlush, &StorageTimes::max_us,
     "Maximum time spent on flushing the memtable to disk in ms"},
    {"compaction-time-avg", StorageWork::kCompaction, &StorageTimes::average_us,
     "Average time spent on compaction in ms"},
    {"compaction-time-min", StorageWork::kCompaction, &StorageTimes::min_us, "Minimum time spent on compaction in ms"},
    {"compaction-time-max", StorageWork::kCompaction, &StorageTimes::max_us, "Maximum time spent on compaction in ms"},
    {"write-stall-duration-avg", StorageWork::kStall, &StorageTimes::average_us,
     "Average duration of write stalls in ms"},
};

}  // namespace

StorageSensors::StorageSensors(const metrics::SampleWindows& windows, const state::StateDatabase& database)
    : database_(database),
      first_(database.counts()),
      last_(first_),
      written_(windows),
      read_(windows),
      flushed_(windows),
      compaction_read_(windows),
      compaction_written_(windows),
      memtable_(windows),
      data_(windows),
      index_(windows),
      filter_(windows) {}

void StorageSensors::Hits::record(std::uint64_t more_hits, std::uint64_t more_misses, Timestamp now_ms) {
  if (more_hits + more_misses == 0) return;
  hits.record(static_cast<double>(more_hits), now_ms);
  lookups.record(static_cast<double>(more_hits + more_misses), now_ms);
}

void StorageSensors::record(Timestamp now_ms) {
  recorded_ms_ = now_ms;
  const StorageCounts before = last_;
  last_ = database_.counts();
  const auto more = [&](std::uint64_t StorageCounts::*of) { return last_.*of - before.*of; };
  const auto add = [&](Sensor& sensor, std::uint64_t StorageCounts::*of) {
    if (more(of) > 0) sensor.record(static_cast<double>(more(of)), now_ms);
  };
  add(written_, &StorageCounts::bytes_written);
  add(read_, &StorageCounts::bytes_read);
  add(flushed_, &StorageCounts::bytes_flushed);
  add(compaction_read_, &StorageCounts::compaction_bytes_read);
  add(compaction_written_, &StorageCounts::compaction_bytes_written);
  memtable_.record(more(&StorageCounts::memtable_hits), more(&StorageCounts::memtable_misses), now_ms);
  data_.record(more(&StorageCounts::data_hits), more(&StorageCounts::data_misses), now_ms);
  index_.record(more(&StorageCounts::index_hits), more(&StorageCounts::index_misses), now_ms);
  filter_.record(more(&StorageCounts::filter_hits), more(&StorageCounts::filter_misses), now_ms);
}

void StorageSensors::record_if_due(Timestamp now_ms) {
  if (now_ms - recorded_ms_ >= kIntervalMs) record(now_ms);
}

void StorageSensors::list(MetricSet& set, const MetricScope& scope) const {
  list_bytes(set, scope);
  list_ratios(set, scope);
  list_times(set, scope);
  // RocksDB does not tell; Kafka Streams has no better answer either.
  set.gauge(kDebug, scope, "number-open-files", "Number of currently open files",
            [](Timestamp) { return MetricValue(-1.0); });
}

void StorageSensors::list_bytes(MetricSet& set, const MetricScope& scope) const {
  const auto rate = [&](const char* name, const Sensor& sensor, const std::string& what) {
    set.gauge(kDebug, scope, name, "Average number of bytes " + what,
              [&sensor](Timestamp now_ms) { return MetricValue(sensor.sum_rate(now_ms)); });
  };
  rate("bytes-written-rate", written_, "written per second to the RocksDB state store");
  rate("bytes-read-rate", read_, "read per second from the RocksDB state store");
  rate("memtable-bytes-flushed-rate", flushed_, "flushed per second from the memtable to disk");
  rate("bytes-written-compaction-rate", compaction_written_, "written per second during compaction");
  rate("bytes-read-compaction-rate", compaction_read_, "read per second during compaction");
  for (const Total& total : kTotals) {
    const auto value = [this, total](Timestamp) {
      return MetricValue(static_cast<double>(database_.counts().*total.of - first_.*total.of) / total.unit);
    };
    set.gauge(kDebug, scope, total.name, total.description, value, true);
  }
}

void StorageSensors::list_ratios(MetricSet& set, const MetricScope& scope) const {
  const auto ratio = [&](const std::string& name, const Hits& of, const std::string& hits, const std::string& lookups) {
    set.gauge(kDebug, scope, name + "-ratio", "Ratio of " + hits + " relative to all lookups " + lookups,
              [&of](Timestamp now_ms) {
                const double all = of.lookups.window_sum(now_ms);
                return MetricValue(all > 0 ? of.hits.window_sum(now_ms) / all : 0.0);
              });
  };
  const auto cached = [&](const std::string& name, const Hits& of, const std::string& what) {
    ratio("block-cache-" + name + "-hit", of, "block cache hits for " + what, "for " + what + " to the block cache");
  };
  ratio("memtable-hit", memtable_, "memtable hits", "to the memtable");
  cached("data", data_, "data");
  cached("index", index_, "indexes");
  cached("filter", filter_, "filters");
}

void StorageSensors::list_times(MetricSet& set, const MetricScope& scope) const {
  for (const Duration& duration : kDurations) {
    const auto value = [this, duration](Timestamp) {
      const StorageTimes times = database_.times(duration.work);
      return MetricValue(times.count > 0 ? times.*duration.of / kUsPerMs : std::numeric_limits<double>::quiet_NaN());
    };
    set.gauge(kDebug, scope, duration.name, duration.description, value);
  }
}

}  // namespace streams::runtime
