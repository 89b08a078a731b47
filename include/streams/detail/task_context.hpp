// What a node sees of the task that runs it, and what a store sees of it. Implemented by the runtime and the test
// driver.
#pragma once

#include <streams/bytes.hpp>
#include <streams/detail/byte_stores.hpp>
#include <streams/record.hpp>
#include <streams/state_store.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace streams::detail {

class NodeBase;

enum class StoreKind { kKeyValue, kWindow, kSession, kVersioned, kOther };

/// Everything about a store but its types. `make` gives the typed shell; one per task.
struct StoreSpec {
  std::string name;
  StoreKind kind = StoreKind::kKeyValue;
  state::ValueFormat format = state::ValueFormat::kPlain;
  bool persistent = true;
  bool caching = false;
  bool logging = true;
  std::map<std::string, std::string> topic_configs;  ///< of the changelog, over the defaults for its kind
  std::int64_t retention_ms = 0;                     ///< windows, sessions: how long rows stay; versioned: history
  std::int64_t window_ms = 0;
  std::int64_t segment_interval_ms = 0;  ///< 0: derived from the retention
  bool retain_duplicates = false;
  bool logs_headers = false;     ///< windows of stream-stream joins: changelog records have the headers of the input
  bool keep_timestamps = true;   ///< false: rows are read with timestamp -1 and no headers; the changelog has both
  std::int64_t max_entries = 0;  ///< LRU maps: rows kept; 0: unbounded
  bool time_ordered = false;     ///< window and session stores that are scanned by time (emit on window close)
  std::function<std::unique_ptr<StateStore>(const StoreSpec&)> make;
  /// Whose store it is: where set, two specs of one name are the same store only if they share it.
  std::shared_ptr<const void> identity;
};

/// Hands a store its storage. Lives as long as the task.
class StoreHost {
 public:
  virtual ~StoreHost() = default;
  /// Storage, change logging and cache stacked as the spec says.
  virtual std::unique_ptr<state::KeyValueBytes> key_value(const StoreSpec& spec) = 0;
  virtual std::unique_ptr<state::WindowBytes> window(const StoreSpec& spec) = 0;
  virtual std::unique_ptr<state::SessionBytes> session(const StoreSpec& spec) = 0;
  virtual std::unique_ptr<state::VersionedBytes> versioned(const StoreSpec& spec) = 0;
  /// Writes a changelog record by hand (stores of kind kOther); does nothing if the spec has no logging.
  /// Timestamp -1: none (the producer stamps it).
  virtual void log(const StoreSpec& spec, BytesView key, OptionalView value, Timestamp timestamp,
                   const Headers& headers) = 0;
  /// The topic name that serdes of the store are called with: "<application id>-<store>-changelog".
  virtual std::string changelog_topic(const std::string& store) const = 0;
  /// Of the record that is processed at the moment.
  virtual RecordContext& record() = 0;
};

enum class PunctuationType { kStreamTime, kWallClockTime };

/// A scheduled punctuation; cancelling twice is fine.
class Cancellable {
 public:
  virtual ~Cancellable() = default;
  virtual void cancel() = 0;
};

/// A record on its way out of the task.
struct OutputRecord {
  std::string_view topic;  ///< full name
  OptionalView key;
  OptionalView value;
  Timestamp timestamp = 0;
  const Headers* headers = &RecordContext::kNoHeaders;
  std::optional<std::int32_t> partition;  ///< nullopt: murmur2 of `partition_key`, or any if that is null
  OptionalView partition_key;             ///< the key bytes but for windowed keys: the inner key
  int outlet = -1;                        ///< saves looking the topic up; -1: not known
};

/// What some nodes count beside records. Source: org.apache.kafka.streams.processor.internals.metrics
/// .ProcessorNodeMetrics.
enum class NodeMetric { kSuppressionEmit, kFinalEmit, kFinalEmitLatency };

/// Takes what a node counts.
class NodeSensor {
 public:
  virtual ~NodeSensor() = default;
  virtual void record(double value) = 0;
};

/// Services of the task for its nodes. One thread.
class TaskContext {
 public:
  virtual ~TaskContext() = default;

  /// Of the record that is processed at the moment; ContextScope sets its timestamp and headers.
  RecordContext record;
  /// What several nodes of the task share, by a name that they agree on.
  std::map<std::string, std::shared_ptr<void>> shared;
  /// The highest timestamp of records taken so far; -1 before the first.
  Timestamp stream_time = -1;

  /// Wall-clock time at which the task took up its present work.
  virtual Timestamp now_ms() const = 0;
  /// Wall-clock time of this very moment, for durations.
  virtual Timestamp clock_ms() const { return now_ms(); }
  virtual const std::string& application_id() const = 0;
  /// "<sub-topology>_<partition>"
  virtual const std::string& task_id() const = 0;
  /// Full name of a topic of the plan: internal ones get "<application id>-" in front.
  virtual std::string topic_name(const std::string& planned) const = 0;
  /// A store that is connected to the node; throws InvalidStateStore with what to do if it is not.
  virtual StateStore& store(const NodeBase& node, const std::string& name) = 0;

  /// Sends a record. Throws TaskError where the production exception handler says fail.
  virtual void send(const NodeBase& node, const OutputRecord& record) = 0;
  virtual std::int32_t partitions(std::string_view topic) = 0;
  /// Tells the production handler of a key or value that could not be serialised; call it in a catch block.
  /// Returns if the handler says continue (the record is dropped), else throws TaskError.
  virtual void serialization_failed(const NodeBase& node, std::string_view topic, bool is_key) = 0;
  /// Tells the processing handler; call it in a catch block. Returns if the handler says continue, else throws
  /// TaskError.
  virtual void processing_failed(const NodeBase& node) = 0;

  /// Counts one dropped record (dropped-records-total) and logs the reason, at most now and then.
  virtual void dropped(const NodeBase& node, std::string_view reason) = 0;
  /// `start` given: first firing at start + k * interval. Interval and start in milliseconds.
  virtual std::shared_ptr<Cancellable> schedule(NodeBase& node, std::int64_t interval_ms, PunctuationType type,
                                                std::function<void(Timestamp)> callback,
                                                std::optional<Timestamp> start = std::nullopt) = 0;
  virtual void request_commit() = 0;
  /// Number that is kept in the commit metadata under a store's name (emit on window close); nullopt if there is none.
  virtual std::optional<std::int64_t> metadata(const std::string& key) const = 0;
  virtual void set_metadata(const std::string& key, std::int64_t value) = 0;
  /// Milliseconds of wall clock between two emit scans of deferred results where no setting says it: 1000; 0 in the
  /// test driver.
  virtual std::int64_t emit_interval_ms() const = 0;
  /// Any other setting of the application, as text; empty if it is not set.
  virtual std::string setting(const std::string& key) const = 0;

  /// A record of this timestamp is through the node of that number: NodeBase::tell_when_done().
  virtual void done(int /*number*/, Timestamp /*timestamp*/) {}
  /// A number for OutputRecord::outlet, of a node that always sends to this topic; -1: none.
  virtual int outlet(const NodeBase& /*node*/, const std::string& /*topic*/) { return -1; }
  /// Null if it is not recorded (metrics.recording.level). Lives as long as the task.
  virtual NodeSensor* sensor(const NodeBase& /*node*/, NodeMetric /*which*/) { return nullptr; }
};

/// Milliseconds of wall clock between two emit scans: as set, else as the context says.
std::int64_t emit_interval(const TaskContext& context, const char* setting);

/// Makes a record's timestamp and headers the context's while a node works on it with its stores.
class ContextScope {
 public:
  ContextScope(TaskContext& context, Timestamp timestamp, const Headers& headers)
      : record_(context.record), timestamp_(record_.timestamp), headers_(record_.headers) {
    record_.timestamp = timestamp;
    record_.headers = &headers;
  }
  ~ContextScope() {
    record_.timestamp = timestamp_;
    record_.headers = headers_;
  }
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  RecordContext& record_;
  Timestamp timestamp_;
  const Headers* headers_;
};

}  // namespace streams::detail
