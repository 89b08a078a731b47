// The task of global stores: every instance reads all of their topics into its own copy.
//
// Invariants:
// 1. One thread opens, updates, checkpoints and closes. view() and the stores it gives may be used from any thread.
// 2. Rows are read and written under the store's own lock. Iterators of views hold copies of the rows.
//
// Source: org.apache.kafka.streams.processor.internals.GlobalStateUpdateTask, GlobalStateManagerImpl.
#pragma once

#include <runtime/task_types.hpp>
#include <streams/detail/topology_plan.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace streams::runtime {

class GlobalTask final : public GlobalStores {
 public:
  /// Of the services it uses clock, databases, logger, cache. The topology outlives it. Throws TopologyError.
  GlobalTask(const streams::detail::TopologyPlan& topology, TaskSettings settings, TaskServices services);
  ~GlobalTask() override;

  /// Names of the stores by the database that keeps them: the families to open it with.
  static std::vector<std::string> store_families(const streams::detail::TopologyPlan& topology, bool persistent);

  /// Opens the stores and initialises the processors. Throws TaskError naming the one that failed.
  void open();
  /// Full names of the topics to read, all of their partitions.
  const std::vector<std::string>& topics() const;
  /// Where reading a partition goes on: kEarliest, or behind what is on disk.
  std::int64_t next_offset(const client::TopicPartition& partition) const;
  /// Applies records of one partition. Throws TaskError where a record cannot be decoded or processed and the handler
  /// says fail.
  void update(const client::TopicPartition& partition, const client::RecordBatch& batch);
  /// Writes what was applied, with the offsets, to the databases.
  Status checkpoint();
  void close();

  std::unique_ptr<StateStore> view(const std::string& name) override;
  streams::detail::StoreRows rows(const std::string& name) override;
  /// The store itself, for the thread that updates it; null if there is none of that name.
  StateStore* store(const std::string& name);
  const TaskMetrics& metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace streams::runtime
