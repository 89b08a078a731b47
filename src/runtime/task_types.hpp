// What a task is given and what it may throw: identity, output seam, settings, services, counters.
#pragma once

#include <base/metric_registry.hpp>
#include <state/byte_store.hpp>
#include <state/stores.hpp>
#include <streams/client.hpp>
#include <streams/clock.hpp>
#include <streams/detail/node.hpp>
#include <streams/detail/store_reader.hpp>
#include <streams/error_handlers.hpp>
#include <streams/logging.hpp>
#include <streams/timestamp.hpp>

#include <atomic>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace streams::runtime {

/// One partition of one sub-topology.
struct TaskId {
  int sub_topology = 0;
  std::int32_t partition = 0;
  friend auto operator<=>(const TaskId&, const TaskId&) = default;

  std::string text() const { return std::to_string(sub_topology) + "_" + std::to_string(partition); }
  /// The reverse of text(); nullopt if it is no task id.
  static std::optional<TaskId> parse(std::string_view text);
};

/// The partitions of this task belong to another member of the group: close dirty, write nothing more.
/// Source: org.apache.kafka.streams.errors.TaskMigratedException.
struct TaskMigrated : StreamsError {
  using StreamsError::StreamsError;
};

/// The work since the last commit is lost (aborted transaction, send that timed out): close dirty, start the task anew
/// from its committed offsets. Source: org.apache.kafka.streams.errors.TaskCorruptedException.
struct TaskCorrupted : StreamsError {
  using StreamsError::StreamsError;
};

/// Where records leave a task. The stream thread implements it over its producer, the test driver keeps what is sent.
/// Called by the task's thread only.
class TaskOutput {
 public:
  virtual ~TaskOutput() = default;
  /// Queues a record; bytes and headers are copied. `partition` -1: any. A Status that is not ok goes through the
  /// production exception handler; what fails later comes back through handle_delivery_error().
  virtual Status send(const client::ProducerRecord& record) = 0;
  /// Number of partitions of a topic. The task asks once per topic and commit.
  virtual Result<std::int32_t> partitions(std::string_view topic) = 0;
  /// The highest acknowledged offset of a partition (under exactly-once: of committed transactions); -1 if none.
  virtual std::int64_t acked_offset(const client::TopicPartition& partition) const = 0;
};

/// Finds global stores for tasks. Implemented by GlobalTask. May be called from any thread.
class GlobalStores {
 public:
  virtual ~GlobalStores() = default;
  /// A view of a global store for one task: its own typed shell over the shared rows, read only. Null if there is none
  /// of that name. It must not outlive the global task.
  virtual std::unique_ptr<StateStore> view(const std::string& name) = 0;
  /// Its rows, read only; none if there is none of that name, or it keeps them to itself. They must not outlive the
  /// global task.
  virtual streams::detail::StoreRows rows(const std::string& name) = 0;
};

/// Settings that a task looks at.
struct TaskSettings {
  std::string application_id;
  DefaultTimestampExtractor timestamp_extractor = DefaultTimestampExtractor::kFailOnInvalid;
  /// "max.task.idle.ms". -1: never wait. Otherwise an input without buffered records is waited for until it is known to
  /// be at its end, and then this long.
  std::int64_t max_task_idle_ms = 0;
  std::int64_t emit_interval_ms = 1000;            ///< TaskContext::emit_interval_ms
  DeserializationHandler deserialization_handler;  ///< empty: fail
  ProcessingHandler processing_handler;            ///< empty: fail
  ProductionHandler production_handler;            ///< empty: retry if that may help, else fail
  std::map<std::string, std::string> texts;        ///< TaskContext::setting
};

/// What a task works with. Everything outlives the task.
struct TaskServices {
  const Clock* clock = nullptr;
  TaskOutput* output = nullptr;
  /// State of persistent stores, and of those in memory. Either may be null if no store of the task needs it.
  std::shared_ptr<state::StateDatabase> persistent;
  std::shared_ptr<state::StateDatabase> in_memory;
  /// Shared by the tasks of one stream thread. Null: no store caches ("statestore.cache.max.bytes" is 0).
  std::shared_ptr<state::RecordCache> cache;
  GlobalStores* globals = nullptr;
  LoggerPtr logger = null_logger();
  std::string log_prefix;                      ///< "stream-thread [...] "
  metrics::MetricRegistry* metrics = nullptr;  ///< null: nothing but TaskMetrics is counted
  std::string thread_id;                       ///< tag "thread-id" of metrics
  bool standby = false;                        ///< it only follows changelogs; its metrics are those of a standby task
};

using metrics::Counter;

/// A Counter of rare things that may have a sensor too.
class RareCounter {
 public:
  void add(std::uint64_t n = 1) {
    counter_.add(n);
    if (sensor_ != nullptr) sensor_->record(static_cast<double>(n), clock_->now_ms());
  }
  std::uint64_t value() const { return counter_.value(); }
  /// Before the first add(). Both outlive this object; the sensor may be null.
  void report_to(metrics::Sensor* sensor, const Clock& clock) {
    sensor_ = sensor;
    clock_ = &clock;
  }

 private:
  Counter counter_;
  metrics::Sensor* sensor_ = nullptr;
  const Clock* clock_ = nullptr;
};

/// Totals since the task was made.
struct TaskMetrics {
  Counter processed;                       ///< records taken through the topology
  RareCounter dropped;                     ///< dropped-records-total
  Counter punctuated;                      ///< punctuations that fired
  RareCounter enforced_processing;         ///< processed although inputs were empty (max.task.idle.ms)
  Counter sent;                            ///< records handed to the output, without changelogs
  Counter logged;                          ///< changelog records
  RareCounter restored;                    ///< changelog records applied
  std::atomic<std::int64_t> remaining{0};  ///< changelog records still to be applied, at most
};

}  // namespace streams::runtime
