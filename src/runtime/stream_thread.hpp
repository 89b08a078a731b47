// A stream thread: one consumer, one producer, and the tasks that the group gave it, around run_once().
//
// Invariants:
// 1. Everything but state() and metadata() is called by one OS thread at a time: the one that turns the crank.
// 2. A task is either here or with the restorer; rebalance callbacks take it back before they touch it.
// 3. There is one way to commit (commit()), and one way back from a failed commit (start_anew()).
// 4. Stores are touched behind stores_->gate, which is never held while the thread waits for the cluster to poll, to
//    acknowledge or to commit: readers on other threads get in between.
// 5. No exception leaves a rebalance callback: it is kept and thrown when poll() returned.
#pragma once

#include <runtime/restore.hpp>
#include <runtime/standby_tasks.hpp>
#include <runtime/state_directory.hpp>
#include <runtime/stream_thread_output.hpp>
#include <runtime/task_state.hpp>
#include <runtime/thread_sensors.hpp>
#include <runtime/thread_stores.hpp>
#include <runtime/topic_manager.hpp>
#include <streams/thread_metadata.hpp>

#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace streams::runtime {

/// What the threads of a client share. All of it outlives them.
struct ThreadServices {
  const RuntimeConfig* config = nullptr;
  const streams::detail::TopologyPlan* topology = nullptr;
  client::ClientFactory* clients = nullptr;
  client::Admin* admin = nullptr;
  const Clock* clock = nullptr;
  TopicManager* topics = nullptr;
  StateDirectory* directory = nullptr;  ///< null: no store is persistent
  OpenState open_state;
  StandbyTasks* standby = nullptr;  ///< where state comes from and goes to; null: there are no standby tasks
  GlobalStores* globals = nullptr;
  std::function<bool()> may_start;  ///< false while global stores are not complete; empty: yes
  std::shared_ptr<RestoreListener> restore_listener;
  std::size_t cache_bytes = 0;  ///< of this thread
  std::string process_id;
  metrics::MetricRegistry* metrics = nullptr;  ///< null: none
  /// Deletes records of repartition topics before these offsets, some time. Null: nothing is deleted.
  std::function<void(std::vector<client::OffsetAndMetadata>)> purge;
  /// Called on the thread after every rebalance, also of those that change nothing for it. May be empty.
  std::function<void()> on_rebalance;
  /// While true, records are neither read nor processed. Null: never.
  const std::atomic<bool>* paused = nullptr;
  /// Called on the thread whenever its state changes.
  std::function<void(ThreadState from, ThreadState to)> on_state;
};

/// Source: org.apache.kafka.streams.processor.internals.StreamThread, TaskManager.
class StreamThread final : client::RebalanceListener {
 public:
  /// `index` counts from 1. `restore_beside`: restoring has a thread of its own; otherwise run_once() does it too.
  StreamThread(ThreadServices services, const std::string& name, int index, bool restore_beside);
  ~StreamThread() override;

  /// One turn: poll, restore, process, punctuate, commit. Waits up to `max_wait_ms` if there is nothing to do.
  /// True if something was done. Throws what the uncaught-exception handler is for; then only close(false) is left.
  bool run_once(int max_wait_ms);
  /// Commits (if `clean`), closes all tasks and leaves the group or not.
  void close(bool clean, client::Leaving leaving = client::Leaving::kUsual);
  /// Gives its record cache another size, in the next turn. Any thread.
  void resize_cache(std::size_t bytes) { cache_bytes_ = bytes; }

  const std::string& name() const { return name_; }
  ThreadState state() const { return state_.load(); }
  ThreadMetadata metadata() const;
  /// Its stores, for readers on other threads.
  const std::shared_ptr<ThreadStores>& stores() const { return stores_; }

 private:
  struct Input {
    InputPartition partition;
    bool idle = false;  ///< had nothing when it was last looked at
  };
  enum class Stage { kCreating, kRestoring, kRestored, kRunning };
  struct Entry {
    TaskId id;
    Stage stage = Stage::kCreating;
    std::vector<Input> inputs;
    std::vector<client::TopicPartition> partitions;  ///< of the inputs
    bool fetching = false;                           ///< they are assigned to the consumer
    TaskState state;
    std::vector<client::OffsetAndMetadata> committed;
    std::map<client::TopicPartition, std::int64_t>
        starts_by_time;  ///< where nothing is committed and a duration counts
    bool committed_known = false;
    bool waits_for_folder = false;  ///< said so
    std::unique_ptr<Task> task;
    std::int64_t process_ns = 0;  ///< in this turn
  };

  struct LostPosition {
    Status why;
    Timestamp since = 0;
  };

  // stream_thread.cpp: the loop
  bool start_up();
  void subscribe();
  int wait_ms(int max_wait_ms) const;
  void poll(int timeout_ms);
  void handle_consumer_error(const client::ConsumerError& error);
  void reset_positions();
  bool reset_position(const Input& input, const LostPosition& lost);
  std::size_t process();
  void fill(Entry& entry, bool look_at_idle);
  std::size_t punctuate();
  void record_shares();
  void set_state(ThreadState state);
  void update_state();
  void summarize();
  void hint_if_idle();
  void adjust_cache();

  // stream_thread_tasks.cpp: life of tasks
  void on_assigned(std::span<const client::TopicPartition> added) override;
  void on_revoked(std::span<const client::TopicPartition> removed) override;
  void on_lost(std::span<const client::TopicPartition> lost) override;
  std::set<TaskId> tasks_of(std::span<const client::TopicPartition> anchors) const;
  bool advance_tasks();
  void learn_committed();
  bool open_task(Entry& entry);
  bool take_restored();
  void start_task(Entry& entry);
  Result<std::map<client::TopicPartition, std::int64_t>> starts_by_time(
      const std::vector<client::OffsetAndMetadata>& committed, int timeout_ms) const;
  void add_reset_time(const Input& input, std::map<client::TopicPartition, Timestamp>& times) const;
  client::PartitionStart start_of(const Entry& entry, const Input& input, std::string& why) const;
  AutoOffsetReset reset_policy(const Input& input) const;
  void close_task(Entry& entry, bool clean);
  void drop_tasks(const std::set<TaskId>& ids, bool clean);
  void start_anew(Entry& entry, bool wipe);
  void list_running();
  void follow_topics();
  void refresh_inputs();
  bool set_inputs(Entry& entry);
  void publish();

  // stream_thread_commit.cpp
  bool commit();
  bool commit_if_due();
  bool commit_offsets(const std::vector<client::OffsetAndMetadata>& offsets);
  bool commit_failed(const Status& status);
  void add_old_offsets(std::vector<client::OffsetAndMetadata>& offsets);
  void give_up_work(bool new_producer, const std::string& why);
  void purge();

  const ThreadServices services_;
  const RuntimeConfig& config_;
  const std::string name_;
  const Log log_;
  TaskSettings task_settings_;
  std::shared_ptr<state::RecordCache> cache_;
  std::atomic<std::size_t> cache_bytes_;  ///< that it shall have
  const std::shared_ptr<ThreadStores> stores_;
  std::shared_ptr<const PreparedTopology> prepared_;
  ThreadOutput output_;
  Restorer restorer_;
  const bool restore_beside_;
  std::unique_ptr<client::Consumer> consumer_;
  std::vector<client::ConsumerError> errors_;
  ThreadSensors sensors_;

  std::map<TaskId, Entry> tasks_;
  std::vector<Entry*> running_;
  bool assigned_once_ = false;
  bool closing_dirty_ = false;
  std::exception_ptr callback_error_;

  Timestamp now_ = 0;          ///< as of this turn
  std::size_t next_task_ = 0;  ///< in running_: whose turn it is
  unsigned turn_ = 0;
  bool did_work_ = false;       ///< in the turn before
  std::size_t polled_ = 0;      ///< records taken from the consumer in this turn
  std::size_t punctuated_ = 0;  ///< punctuations by stream time in this turn
  Timestamp last_idle_look_ = 0;
  Timestamp last_commit_ = 0;
  Timestamp last_purge_ = 0;
  Timestamp last_summary_ = 0;
  Timestamp last_retry_ = 0;
  Timestamp commit_failing_since_ = -1;
  Timestamp giving_up_since_ = -1;  ///< work was aborted, and nothing committed since
  Timestamp last_give_up_ = -1;     ///< when it was aborted last
  Timestamp committed_failing_since_ = -1;
  Timestamp last_committed_try_ = 0;
  Timestamp last_recommit_check_ = 0;
  Timestamp last_topic_look_ = 0;
  Timestamp last_reset_try_ = 0;
  Timestamp running_since_ = -1;
  bool hinted_ = false;
  std::uint64_t processed_ = 0, processed_before_ = 0, commits_ = 0;
  struct CommittedOffset {
    client::OffsetAndMetadata offset;
    Timestamp when = 0;
    bool purged = false;  ///< records before it were deleted, or need not be
  };
  std::map<client::TopicPartition, CommittedOffset> last_committed_;  ///< of inputs of tasks that are here
  std::map<client::TopicPartition, LostPosition> lost_positions_;

  std::atomic<ThreadState> state_{ThreadState::kCreated};
  mutable std::mutex metadata_mutex_;
  ThreadMetadata metadata_;
};

}  // namespace streams::runtime
