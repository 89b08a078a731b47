// Listing a thread's stores, and reading them from other threads.
#include <runtime/thread_stores.hpp>

#include <utility>

namespace streams::runtime {

void ThreadStores::put(TaskId id, Task& task, Role role) { tasks_[id] = {&task, role}; }

void ThreadStores::drop(TaskId id) {
  tasks_.erase(id);
  for (OpenWalk* walk : walks_) {
    if (walk->task != id) continue;
    walk->rows.reset();
    walk->lost = true;
  }
}

ThreadStores::Reading::Reading(ThreadStores& stores, bool skip_cache) : stores_(stores), reading_(stores.gate) {
  if (!stores_.cache_) return;
  before_ = stores_.cache_->set_reads(skip_cache ? state::CacheReads::kPastTheCache : state::CacheReads::kByOthers);
}

ThreadStores::Reading::~Reading() {
  restoring_.reset();
  if (stores_.cache_) stores_.cache_->set_reads(before_);
}

std::vector<ThreadStores::Reading::Listed> ThreadStores::Reading::tasks_with(const std::string& store) const {
  std::vector<Listed> out;
  for (const auto& [id, entry] : stores_.tasks_) {
    if (entry.task->store_rows(store).any()) out.push_back({id, entry.role});
  }
  return out;
}

std::optional<streams::detail::LocalStore> ThreadStores::Reading::find(TaskId id, const std::string& store) {
  const auto found = stores_.tasks_.find(id);
  if (found == stores_.tasks_.end()) return std::nullopt;
  Task* task = found->second.task;
  streams::detail::LocalStore out;
  out.rows = task->store_rows(store);
  if (!out.rows.any()) return std::nullopt;
  out.partition = id.partition;
  out.position = [task] { return task->position(); };
  enter_restoring(id);
  return out;
}

std::vector<ThreadStores::Reading::Progress> ThreadStores::Reading::progress() {
  std::vector<Progress> out;
  for (const auto& [id, entry] : stores_.tasks_) {
    enter_restoring(id);
    for (const ChangelogPartition& changelog : entry.task->changelogs()) {
      Progress& store = out.emplace_back(Progress{changelog.store, changelog.partition, std::nullopt});
      if (entry.role != Role::kRuns) store.next_offset = changelog.next_offset;
    }
  }
  return out;
}

void ThreadStores::Reading::remove(OpenWalk& walk) {
  enter_restoring(walk.task);
  walk.rows.reset();
  stores_.walks_.erase(&walk);
}

/// The restorer writes to tasks that do not run.
void ThreadStores::Reading::enter_restoring(TaskId id) {
  const auto found = stores_.tasks_.find(id);
  if (found == stores_.tasks_.end() || found->second.role != Role::kRestores || restoring_) return;
  restoring_.emplace(stores_.restoring, true);
}

}  // namespace streams::runtime
