// What an application can be asked about its work: Kafka Streams' metrics, by their names, and as text for Prometheus.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace streams {

/// From which setting of metrics.recording.level on a metric is kept.
/// Source: org.apache.kafka.common.metrics.Sensor.RecordingLevel.
enum class RecordingLevel { kInfo, kDebug, kTrace };

/// "INFO", "DEBUG", "TRACE".
std::string_view name_of(RecordingLevel level);

/// Which metric it is: no two have the same group, name and tags. Source: org.apache.kafka.common.MetricName.
struct MetricName {
  std::string group;  ///< "stream-thread-metrics"
  std::string name;   ///< "process-rate"
  std::map<std::string, std::string> tags;
  std::string description;

  friend bool operator==(const MetricName& a, const MetricName& b) {
    return a.group == b.group && a.name == b.name && a.tags == b.tags;
  }
};

/// Averages, minima and maxima are NaN while nothing was recorded in the window. Latencies of threads and records are
/// in milliseconds, those of tasks and stores in nanoseconds.
using MetricValue = std::variant<double, std::int64_t, std::string>;

/// A metric as it was when it was read.
struct Metric {
  MetricName name;                               ///< which metric
  RecordingLevel level = RecordingLevel::kInfo;  ///< from which it is kept
  bool cumulative = false;  ///< a total since the start of its owner; otherwise it goes up and down
  MetricValue value;
};

/// The text exposition format of Prometheus (version 0.0.4): one family "kafka_streams_<group>_<name>" per group and
/// name, as the JMX exporter of Prometheus names them for Java. Text values become a label "value" of a metric that is
/// 1; those of several lines (the topology) are left out.
std::string prometheus_text(const std::vector<Metric>& metrics);

}  // namespace streams
