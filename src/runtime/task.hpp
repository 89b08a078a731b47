// A task: one partition of one sub-topology with its queues, graph, stores and offsets.
//
// Invariants:
// 1. A task belongs to one thread at a time and has no locks. Only metrics() may be read from others.
// 2. Nothing reaches the databases before post_commit() (or checkpoint() while restoring).
// 3. Whatever process_one(), the punctuations or prepare_commit() throw leaves the task fit for close(false) and
// nothing else.
//
// Life: Task() -> open_stores() -> restore()* -> start() -> [add_records, process_one, punctuate_*, prepare_commit,
// post_commit]* -> close(). A standby task is one that is never started.
// After an aborted transaction: close(false), then a new Task over the same databases.
#pragma once

#include <runtime/task_types.hpp>
#include <streams/detail/store_reader.hpp>
#include <streams/detail/topology_plan.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace streams::runtime {

/// An input of a task. Inputs are numbered in the order in which they are given.
struct InputPartition {
  client::TopicPartition partition;  ///< full topic name
  std::string source;                ///< name of the source node that reads it; see find_source()
};

/// The source node of a sub-topology (nullopt: of all) that reads a topic, given by its full name or its pattern. Empty
/// if none does.
std::string find_source(const streams::detail::TopologyPlan& plan, std::optional<int> sub_topology,
                        const std::string& application_id, const std::string& topic);

/// Names of the stores of a sub-topology (nullopt: of all) that keep their rows in the persistent (else the in-memory)
/// database: the families to open it with.
std::vector<std::string> store_families(const streams::detail::TopologyPlan& plan, std::optional<int> sub_topology,
                                        bool persistent);

/// A store's changelog partition, and where restoring it goes on.
struct ChangelogPartition {
  std::string store;
  client::TopicPartition partition;
  std::int64_t next_offset =
      client::PartitionStart::kEarliest;  ///< first one not applied; kEarliest: nothing is applied
  bool is_source_topic = false;  ///< an input topic serves as changelog: restore no further than the committed offset
};

struct TaskPlan {
  TaskId id;
  const streams::detail::TopologyPlan* topology = nullptr;  ///< outlives the task
  std::optional<int> sub_topology;                          ///< nullopt: the whole topology in one task (test driver)
  std::vector<InputPartition> inputs;
};

/// Source: org.apache.kafka.streams.processor.internals.StreamTask.
class Task {
 public:
  /// Makes the graph. Throws TopologyError where it does not fit together.
  Task(TaskPlan plan, TaskSettings settings, TaskServices services);
  ~Task();
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  TaskId id() const;
  const std::vector<InputPartition>& inputs() const;
  const TaskMetrics& metrics() const;

  // Restoring.

  /// Makes and opens the stores over the databases. On the thread that owns the record cache.
  void open_stores();
  /// One per logged store, in the order of the stores. Valid after open_stores().
  const std::vector<ChangelogPartition>& changelogs() const;
  /// Applies records of changelogs()[index], in order.
  void restore(std::size_t index, const client::RecordBatch& batch);
  /// Everything before `next_offset` is applied (there may be control records before it).
  void restored_to(std::size_t index, std::int64_t next_offset);
  /// For its metrics: how many records are still to be restored, at most.
  void set_remaining(std::int64_t records);
  /// Writes what was restored so far to the databases. `done`: nothing more is restored at a stretch.
  Status checkpoint(bool done = true);

  // Running.

  /// Initialises the processors. `committed` is what the group has committed for the inputs (those without a commit may
  /// be missing): partition times and processor metadata come from it. Throws TaskError naming the processor that
  /// failed.
  void start(std::span<const client::OffsetAndMetadata> committed);
  bool running() const;

  /// Queues records of an input; nothing is copied. `topic` is theirs if it is not the input's (patterns in the test
  /// driver); it lives as long as the task. Gives the number of records now buffered for the input. Throws TaskError if
  /// a head cannot be decoded and the handler says fail.
  std::size_t add_records(std::size_t input, std::unique_ptr<client::RecordBatch> batch, std::string_view topic = {});
  /// The consumer's position of an input after add_records(): committed once the queue is empty (control records).
  void set_position(std::size_t input, std::int64_t next_offset);
  /// Whether the consumer has given everything up to the end of the partition. Unknown, which counts as no, at first
  /// and again after each add_records().
  void set_at_end(std::size_t input, bool at_end);
  std::size_t buffered() const;
  std::size_t buffered(std::size_t input) const;
  /// Bytes of keys and values.
  std::size_t buffered_bytes() const;
  std::size_t buffered_bytes(std::size_t input) const;

  /// Whether a record may be taken now: all inputs have one, or those that do not have been waited for long enough.
  bool ready(Timestamp now_ms);
  /// Takes the record with the lowest timestamp through the topology; false if none may be taken. `now_ms` is what the
  /// processors see as wall-clock time. Throws TaskError, TaskMigrated, TaskCorrupted.
  bool process_one(Timestamp now_ms);
  /// Fires due punctuations; true if any was due. Call the first after process_one(), the second now and then. Throws
  /// as process_one().
  bool punctuate_stream_time();
  bool punctuate_wall_clock();
  /// When the next wall-clock punctuation is due; nullopt if none is scheduled.
  std::optional<Timestamp> next_wall_clock_punctuation() const;

  /// For its metrics: the share of the thread's time for processing in this turn that the task had.
  void record_turn(double share, Timestamp now_ms);

  Timestamp stream_time() const;
  /// Highest timestamp taken from an input; -1 before the first.
  Timestamp partition_time(std::size_t input) const;

  // Committing.

  /// Whether there is anything to commit: records taken, punctuations, control records skipped.
  bool commit_needed() const;
  /// A processor asked for a commit.
  bool commit_requested() const;
  /// Bytes of state that wait for post_commit().
  std::size_t uncommitted_bytes() const;
  /// Flushes the stores (cached records go on through the topology) and gives the offsets to commit with their
  /// metadata. Empty if nothing needs to be committed. Flush the producer after it. Throws as process_one().
  std::vector<client::OffsetAndMetadata> prepare_commit();
  /// The commit succeeded: writes state and the acknowledged changelog offsets. kIo where that fails; the task must be
  /// closed then.
  Status post_commit();

  /// A store of this task (not a global one); null if it has none of that name. Valid after open_stores().
  StateStore* store(const std::string& name);
  /// Its rows, for readers: none if there is no such store, or it keeps them to itself.
  streams::detail::StoreRows store_rows(const std::string& name) const;
  /// Offsets of the last records of the inputs that were processed, now or before the task was started.
  Position position() const;

  /// Closes processors and stores. Dirty: forgets what was not committed, and does not throw. Clean: after
  /// post_commit(); rethrows the first thing a processor threw, when everything is closed.
  void close(bool clean);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace streams::runtime
