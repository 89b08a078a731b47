// Opening, wiping and closing the state of a task.
#include <runtime/task_state.hpp>

#include <runtime/stored_stores.hpp>

#include <utility>

namespace streams::runtime {

OpenState open_with(std::shared_ptr<state::MemoryBound> memory, bool counting) {
  return [memory = std::move(memory), counting](const std::string& folder, const std::vector<std::string>& families) {
    return state::open_rocksdb(folder, families, memory, counting);
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

namespace {

void must(const Status& status) {
  if (!status.ok()) throw StreamsError(status.message());
}

void open_database(TaskState& state, const std::string& task, const std::vector<StoredStore>& stores,
                   const std::vector<std::string>& families, const OpenState& open, const Log& log) {
  const std::string path = state.folder->path() + "/state";
  auto opened = open(path, families);
  if (opened.status().code() == StatusCode::kCorrupted) {
    log.warn("State of task ", task, " is damaged and will be restored: ", opened.status().message());
    must(state.folder->wipe());
    must(save_stores(*state.folder, stores));
    opened = open(path, families);
  }
  if (!opened.ok()) throw StreamsError("State of task " + task + " cannot be opened: " + opened.status().message());
  state.persistent = std::move(opened).value();
}

/// Opens the databases of a folder that another version of the topology may have written.
void open_checked(TaskState& state, TaskId task, const streams::detail::TopologyPlan& topology,
                  const std::string& application_id, const OpenState& open, const Log& log) {
  const TaskFolder& folder = *state.folder;
  const auto wanted = persistent_stores(topology, task.sub_topology, application_id);
  const auto written = read_stores(folder);
  StoresCheck check;
  if (written) check = check_stores(*written, wanted, topology, task, application_id, folder.path());
  if (!check.refusal.empty()) throw TopologyError(check.refusal);
  if (!check.outdated.empty()) {
    log.warn("State of task ", task.text(), " is restored from its changelogs: ", check.outdated);
    must(state.folder->wipe());
  }
  // Written before the first row, and forgotten after the last one.
  if (check.gone.empty() && (written != wanted || !check.outdated.empty())) must(save_stores(folder, wanted));
  open_database(state, task.text(), wanted, store_families(topology, task.sub_topology, true), open, log);
  if (check.gone.empty()) return;
  for (const StoredStore& store : check.gone) {
    log.info("Task ", task.text(), " has no store ", store.name, " any more: its rows are deleted");
    must(state.persistent->forget(store.name, store.changelog + "-" + std::to_string(task.partition)));
  }
  must(save_stores(folder, wanted));
}

}  // namespace

bool open_task_state(TaskState& state, TaskId task, const streams::detail::TopologyPlan& topology,
                     StateDirectory* directory, const OpenState& open, const Log& log) {
  const auto in_memory = store_families(topology, task.sub_topology, false);
  if (!in_memory.empty() && !state.in_memory) state.in_memory = state::make_in_memory(in_memory);
  if (store_families(topology, task.sub_topology, true).empty() || state.persistent) return true;
  if (!state.folder) {
    auto folder = directory->lock(task);
    if (folder.status().code() == StatusCode::kAlreadyExists) return false;
    if (!folder.ok()) throw StreamsError(folder.status().message());
    state.folder = std::move(folder).value();
  }
  open_checked(state, task, topology, directory->application_id(), open, log);
  return true;
}

}  // namespace streams::runtime
