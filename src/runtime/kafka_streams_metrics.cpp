// The metrics of a client as a whole.
//
// Source: org.apache.kafka.streams.internals.metrics.ClientMetrics.
#include <runtime/kafka_streams_runtime.hpp>

namespace streams::runtime {

namespace {

constexpr RecordingLevel kInfo = RecordingLevel::kInfo;

}  // namespace

/// Under mutex_, once the client has its id. Gauges must not take it: they run under the registry's lock.
void ClientRuntime::add_metrics() {
  const metrics::MetricScope scope{"stream-metrics", {{"client-id", client_id_}}};
  metrics::MetricScope process = scope;
  process.tags["process-id"] = process_id_;
  metrics::MetricScope application = process;
  application.tags["application-id"] = config_.application_id;
  const auto text = [&](const char* name, const char* description, std::string value) {
    metric_set_.gauge(kInfo, scope, name, description,
                      [value = std::move(value)](Timestamp) { return MetricValue(value); });
  };
  text("version", "The version of the Kafka Streams client", STREAMS_VERSION);
  text("commit-id", "The version control commit ID of the Kafka Streams client", "unknown");
  text("application-id", "The application ID of the Kafka Streams client", config_.application_id);
  text("topology-description", "The description of the topology executed in the Kafka Streams client",
       topology_.plan().describe());
  const char* state = "The state of the Kafka Streams client";
  metric_set_.gauge(kInfo, scope, "state", state,
                    [this](Timestamp) { return MetricValue(std::string(name_of(this->state()))); });
  metric_set_.gauge(kInfo, application, "client-state", state,
                    [this](Timestamp) { return MetricValue(static_cast<std::int64_t>(this->state())); });
  metric_set_.gauge(
      kInfo, process, "recording-level", "The metrics recording level of the Kafka Streams client",
      [level = config_.metrics_level](Timestamp) { return MetricValue(static_cast<std::int64_t>(level)); });
  metric_set_.gauge(kInfo, scope, "alive-stream-threads",
                    "The current number of alive stream threads that are running or participating in rebalance",
                    [this](Timestamp) { return MetricValue(alive_threads_.load()); });
  metric_set_.gauge(
      kInfo, scope, "failed-stream-threads",
      "The number of failed stream threads since the start of the Kafka Streams client",
      [this](Timestamp) { return MetricValue(static_cast<double>(failed_threads_.load())); }, true);
}

}  // namespace streams::runtime
