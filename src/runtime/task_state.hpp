// The state of a task on this instance: its folder and databases, as they go from hand to hand.
#pragma once

#include <runtime/log.hpp>
#include <runtime/state_directory.hpp>
#include <runtime/task.hpp>
#include <state/byte_store.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace streams::runtime {

/// Opens a task's persistent stores in a folder, as state::open_rocksdb().
using OpenState = std::function<Result<std::unique_ptr<state::StateDatabase>>(
    const std::string& folder, const std::vector<std::string>& families)>;

OpenState open_with(std::shared_ptr<state::MemoryBound> memory, bool counting = false);

struct TaskState {
  std::unique_ptr<TaskFolder> folder;  ///< released last
  std::shared_ptr<state::StateDatabase> persistent, in_memory;

  bool any() const { return folder != nullptr || persistent != nullptr || in_memory != nullptr; }
  /// Forgets what was not committed. The stores over it must be made anew.
  void discard();
  /// Closes everything and deletes what is on disk.
  Status wipe();
  void close();
};

/// Opens what is not open of a task. False: another thread has the folder, try again later. A damaged database is
/// deleted, as is one whose rows have another form. Throws StreamsError; TopologyError where the state is of a version
/// of the topology that cannot be gone on from. `directory` may be null where no store is persistent.
bool open_task_state(TaskState& state, TaskId task, const streams::detail::TopologyPlan& topology,
                     StateDirectory* directory, const OpenState& open, const Log& log);

}  // namespace streams::runtime
