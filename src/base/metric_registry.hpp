// Which metrics there are, and who may read them.
//
// Invariants:
// 1. The lock of the registry guards the lists of metrics and is held while they are read; recording never takes it.
//    So what a metric reads (sensors, gauges) lives long enough if its MetricSet is destroyed first.
// 2. Gauges run on the reader's thread under that lock: they look at atomics or at what outlives the set, and neither
//    wait nor touch the registry.
//
// Source: org.apache.kafka.streams.processor.internals.metrics.StreamsMetricsImpl.
#pragma once

#include <base/sensor.hpp>
#include <streams/metrics.hpp>

#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace streams::metrics {

class MetricSet;

class MetricRegistry {
 public:
  explicit MetricRegistry(RecordingLevel level, const SampleWindows& windows = {}) : level_(level), windows_(windows) {}

  bool records(RecordingLevel level) const { return level <= level_; }
  RecordingLevel level() const { return level_; }
  const SampleWindows& windows() const { return windows_; }
  /// By group, name and tags.
  std::vector<Metric> read(Timestamp now_ms) const;

 private:
  friend class MetricSet;
  const RecordingLevel level_;
  const SampleWindows windows_;
  mutable std::mutex mutex_;
  std::set<const MetricSet*> sets_;
};

/// For owners that may have no registry; then nothing is recorded, and any windows will do.
inline SampleWindows windows_of(const MetricRegistry* registry) {
  return registry != nullptr ? registry->windows() : SampleWindows{};
}

/// What of a sensor a metric shows.
enum class Measure { kCountRate, kSumRate, kCount, kSum, kLast, kAverage, kMinimum, kMaximum };

/// Group and tags that metrics of one owner share.
struct MetricScope {
  std::string group;
  std::map<std::string, std::string> tags;
};

/// One metric of a sensor.
struct MeasureName {
  std::string name;
  Measure measure;
  std::string description;
};

/// The metrics of one owner, listed as long as it lives. Metrics above the recording level are not listed: sensors of
/// those are null.
/// Differs from Kafka Streams, which lists them without values.
class MetricSet {
 public:
  using Gauge = std::function<MetricValue(Timestamp now_ms)>;

  /// Null: nothing is recorded, every sensor is null.
  explicit MetricSet(MetricRegistry* registry);
  ~MetricSet();
  MetricSet(const MetricSet&) = delete;
  MetricSet& operator=(const MetricSet&) = delete;

  /// A sensor and what is listed of it; lives as long as the set. Null if its level is not recorded.
  Sensor* sensor(RecordingLevel level, const MetricScope& scope, std::initializer_list<MeasureName> names);
  void gauge(RecordingLevel level, const MetricScope& scope, const std::string& name, const std::string& description,
             Gauge gauge, bool cumulative = false);
  bool records(RecordingLevel level) const { return registry_ != nullptr && registry_->records(level); }
  /// Nothing is listed any more; sensors stay.
  void clear();

 private:
  friend class MetricRegistry;
  struct FromSensor {
    const Sensor* sensor;
    Measure measure;
  };
  struct Entry {
    MetricName name;
    RecordingLevel level;
    bool cumulative;
    std::variant<FromSensor, Gauge> from;
  };

  MetricRegistry* const registry_;
  std::deque<Sensor> sensors_;
  std::vector<Entry> entries_;
};

}  // namespace streams::metrics
