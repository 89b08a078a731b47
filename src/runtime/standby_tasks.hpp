// The standby tasks of an instance: copies of the state of tasks that other instances run, read from their changelogs
// on and on, so that taking over such a task needs no rebuild.
//
// Invariants:
// 1. mutex_ guards everything but the consumer and the admin, which only run_once() touches. It is not held while one
//    waits for the cluster.
// 2. The state of a task is with one owner: a stream thread, a standby task, or held here for a moment after a thread
//    has given it back. take() and give() are the only ways between them.
// 3. A standby never goes beyond what is committed of a source topic that serves as its changelog.
// 4. Stores are touched behind stores()->gate.
#pragma once

#include <runtime/config.hpp>
#include <runtime/standby_assignment.hpp>
#include <runtime/task_state.hpp>
#include <runtime/thread_stores.hpp>
#include <runtime/topic_manager.hpp>
#include <runtime/updater_sensors.hpp>
#include <streams/state_listener.hpp>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace streams::runtime {

/// Source: org.apache.kafka.streams.processor.internals.StandbyTask, DefaultStateUpdater.
class StandbyTasks {
 public:
  struct Services {
    const RuntimeConfig* config = nullptr;
    const streams::detail::TopologyPlan* topology = nullptr;
    client::ClientFactory* clients = nullptr;
    client::Admin* admin = nullptr;
    const Clock* clock = nullptr;
    TopicManager* topics = nullptr;
    StateDirectory* directory = nullptr;  ///< null: no store is persistent
    OpenState open_state;
    std::string process_id;
    std::shared_ptr<StandbyListener> listener;   ///< may be null
    const std::atomic<bool>* paused = nullptr;   ///< while true, nothing is read. Null: never
    metrics::MetricRegistry* metrics = nullptr;  ///< null: none
  };
  /// `own_thread` false: somebody calls run_once().
  StandbyTasks(Services services, const std::string& client_id, bool own_thread);
  ~StandbyTasks();
  StandbyTasks(const StandbyTasks&) = delete;
  StandbyTasks& operator=(const StandbyTasks&) = delete;

  /// A stream thread takes over a task: what is here of its state, closed and written. Any thread.
  TaskState take(TaskId task);
  /// A stream thread does not have the task any more; its state, if that is fit for a standby. Any thread.
  void give(TaskId task, TaskState state);
  /// Who runs what may have changed. Any thread.
  void group_changed();
  /// Closes everything and ends the thread.
  void stop();

  /// One step: looks who has what, opens and closes, reads, applies. False if there was nothing to do.
  bool run_once(int max_wait_ms);

  /// Their stores, for readers on other threads.
  const std::shared_ptr<ThreadStores>& stores() const { return stores_; }
  /// The tasks that are standby here now. Any thread.
  std::vector<TaskId> tasks() const;

 private:
  struct Partition {
    std::size_t index = 0;      ///< in Task::changelogs()
    std::int64_t position = 0;  ///< next offset to read
    std::int64_t limit = 0;     ///< of a source topic: what is committed; -1: nothing, as far as is known
    std::int64_t end = 0;       ///< of the changelog, as last heard of
    bool assigned = false;
  };
  struct Standby {
    TaskState state;
    std::unique_ptr<Task> task;
    std::vector<Partition> partitions;  ///< empty: not located yet
    Timestamp retry_at = 0;             ///< after a failure
    Timestamp written_at = 0;
    bool applied = false;  ///< something since
  };
  struct Held {
    TaskState state;
    Timestamp until = 0;
  };
  using Standbys = std::map<TaskId, Standby>;

  void loop();
  void step(int max_wait_ms);
  // standby_tasks.cpp: which tasks
  void look_at_group();
  void follow_placement();
  void open(TaskId id, Standby& standby);
  void close(TaskId id, Standby& standby, StandbyListener::Reason reason);
  void fail(TaskId id, Standby& standby, const std::string& why, bool wipe);
  // standby_reading.cpp: their changelogs
  void locate();
  void locate(TaskId id, Standby& standby, const std::map<client::TopicPartition, client::OffsetRange>& ranges);
  void learn_limits();
  bool read();
  bool read(Standby& standby);
  bool read(Standby& standby, Partition& partition);
  void apply(Standby& standby, Partition& partition, const client::RecordBatch& batch);
  void write(TaskId id, Standby& standby);
  void count_tasks();
  void handle_errors(const std::vector<client::ConsumerError>& errors);
  client::Consumer& consumer();
  bool is_paused() const;

  const Services services_;
  const RuntimeConfig& config_;
  const std::string consumer_name_;
  const std::string updater_name_;  ///< tag "thread-id" of metrics
  const Log log_;
  const TaskSettings settings_;
  const std::unique_ptr<TaskOutput> output_;
  const std::shared_ptr<ThreadStores> stores_;
  UpdaterSensors sensors_;
  std::unique_ptr<client::Consumer> consumer_;
  Timestamp last_locate_ = 0;
  Timestamp last_limits_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Standbys standbys_;
  std::map<TaskId, Held> held_;
  std::set<TaskId> active_;     ///< with stream threads of this instance
  std::set<TaskId> wanted_;     ///< as placed when the group was last looked at
  std::set<TaskId> elsewhere_;  ///< other instances run them
  std::vector<client::TopicPartition> to_unassign_;
  bool group_changed_ = false;
  Timestamp next_look_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace streams::runtime
