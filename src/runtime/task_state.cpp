// Opening, wiping and closing the state of a task.
#include <runtime/task_state.hpp>

#include <utility>

namespace streams::runtime {

OpenState open_with(std::shared_ptr<state::MemoryBound> memory) {
  return [memory = std::move(memory)](const std::string& folder, const std::vector<std::string>& families) {
    return state::open_rocksdb(folder, families, memory);
  };
}

void TaskState::discard() {
  if (persistent) persistent->discard();
  if (in_memory) in_memory->discard();
}

Status TaskState::wipe() {
  persistent.reset();
  in_memory.reset();
  return folder ? folder->wipe() : Status();
}

void TaskState::close() {
  persistent.reset();
  in_memory.reset();
  folder.reset();
}

bool open_task_state(TaskState& state, TaskId task, const streams::detail::TopologyPlan& topology,
                     StateDirectory* directory, const OpenState& open, const Log& log) {
  const auto in_memory = store_families(topology, task.sub_topology, false);
  if (!in_memory.empty() && !state.in_memory) state.in_memory = state::make_in_memory(in_memory);
  const auto families = store_families(topology, task.sub_topology, true);
  if (families.empty() || state.persistent) return true;
  if (!state.folder) {
    auto folder = directory->lock(task);
    if (folder.status().code() == StatusCode::kAlreadyExists) return false;
    if (!folder.ok()) throw StreamsError(folder.status().message());
    state.folder = std::move(folder).value();
  }
  const std::string path = state.folder->path() + "/state";
  auto opened = open(path, families);
  if (opened.status().code() == StatusCode::kCorrupted) {
    log.warn("State of task ", task.text(), " is damaged and will be restored: ", opened.status().message());
    if (const Status status = state.folder->wipe(); !status.ok()) throw StreamsError(status.message());
    opened = open(path, families);
  }
  if (!opened.ok())
    throw StreamsError("State of task " + task.text() + " cannot be opened: " + opened.status().message());
  state.persistent = std::move(opened).value();
  return true;
}

}  // namespace streams::runtime
