// Restores tasks from their changelogs beside the stream thread, with a consumer of its own.
//
// Invariants:
// 1. From add() until remove() or its appearance in take_finished(), a task belongs to the restorer: nobody else
// touches it.
// 2. The end of restoring is read from the broker after add(): who wrote the changelog before had stopped by then.
// 3. Only this class touches its consumer, on the thread that runs run_once().
#pragma once

#include <runtime/config.hpp>
#include <runtime/log.hpp>
#include <runtime/store_gate.hpp>
#include <runtime/task.hpp>
#include <runtime/updater_sensors.hpp>
#include <streams/state_listener.hpp>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace streams::runtime {

/// A task to restore, with what the group has committed for its inputs (source topics that serve as changelogs end
/// there).
struct RestoreRequest {
  Task* task = nullptr;
  std::vector<client::OffsetAndMetadata> committed;
};

/// The outcome. kOffsetOutOfRange: the changelog no longer has what is missing; the task's state must be wiped.
struct RestoreOutcome {
  Task* task = nullptr;
  Status status;
};

/// Source: org.apache.kafka.streams.processor.internals.DefaultStateUpdater, StoreChangelogReader.
class Restorer {
 public:
  struct Services {
    client::ClientFactory* clients = nullptr;
    client::Admin* admin = nullptr;
    const Clock* clock = nullptr;
    std::shared_ptr<RestoreListener> listener;   ///< may be null
    StoreGate* gate = nullptr;                   ///< stores are written to behind it; null: nobody reads them meanwhile
    metrics::MetricRegistry* metrics = nullptr;  ///< null: none
  };
  /// `own_thread` false: somebody calls run_once().
  Restorer(const RuntimeConfig& config, Services services, const std::string& thread_name, bool own_thread);
  ~Restorer();
  Restorer(const Restorer&) = delete;
  Restorer& operator=(const Restorer&) = delete;

  void add(RestoreRequest request);
  /// Takes a task back in whatever state it is; what was restored is written to its databases. Waits for the current
  /// step. Does nothing if the task is not here (any more).
  void remove(Task& task);
  /// Tasks that are done since the last call.
  std::vector<RestoreOutcome> take_finished();
  bool idle() const;
  /// Its metrics are not listed any more.
  void close_metrics() { sensors_.close(); }

  /// One step: takes requests, reads, applies. Waits up to that long if there is nothing to read. False if there was
  /// nothing to do.
  bool run_once(int max_wait_ms);

 private:
  struct Partition {
    client::TopicPartition name;
    std::size_t index = 0;  ///< in Task::changelogs()
    std::int64_t position = 0;
    std::int64_t end = 0;
    std::int64_t applied = 0;  ///< records
    bool done = false;
  };
  struct Restoring {
    Task* task = nullptr;
    std::vector<client::OffsetAndMetadata> committed;
    std::vector<Partition> partitions;
    bool located = false;   ///< offsets of the changelogs are known
    bool begun = false;     ///< its changelogs are being read
    bool finished = false;  ///< given back, to be forgotten
    Timestamp since = 0;
    Timestamp last_progress = 0;
    std::int64_t applied = 0;

    std::int64_t remaining() const;  ///< records, at most
  };

  void loop();
  Status checkpoint(Task& task, bool done);
  bool step(int max_wait_ms);
  void read_or_wait(int max_wait_ms);
  void serve_requests();
  void locate();
  Status locate(Restoring& restoring, const std::map<client::TopicPartition, client::OffsetRange>& ranges);
  void begin_some();
  Status begin(Restoring& restoring);
  bool read();
  void stay_within_memory();
  Status read(Restoring& restoring, bool& progress);
  bool read(Restoring& restoring, Partition& partition);
  void apply(Restoring& restoring, Partition& partition, const client::RecordBatch& batch);
  void finish_done();
  void finish(Restoring& restoring, Status status);
  void forget_finished();
  void release(Restoring& restoring);
  void handle_errors(const std::vector<client::ConsumerError>& errors);
  void report_progress();
  client::Consumer& consumer();

  const RuntimeConfig& config_;
  const Services services_;
  const std::string consumer_name_;
  const Log log_;
  UpdaterSensors sensors_;
  std::unique_ptr<client::Consumer> consumer_;
  std::vector<std::unique_ptr<Restoring>> restoring_;
  Timestamp last_report_ = 0;
  Timestamp last_locate_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<RestoreRequest> requests_;
  std::vector<Task*> removals_;
  std::vector<RestoreOutcome> finished_;
  std::size_t held_ = 0;  ///< tasks that are not finished
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace streams::runtime
