// Tasks of a stream thread: given and taken by the group, opened, restored, started, closed.
#include <runtime/stream_thread.hpp>

#include <algorithm>

namespace streams::runtime {

namespace {

constexpr std::int64_t kRetryMs = 100;
constexpr std::int64_t kTopicLookMs = 1000;
constexpr int kCommittedIdleMs = 2000;  ///< waiting for committed offsets holds up running tasks
constexpr int kCommittedBusyMs = 300;

client::OffsetAndMetadata find_committed(const std::vector<client::OffsetAndMetadata>& committed,
                                         const client::TopicPartition& partition) {
  for (const client::OffsetAndMetadata& entry : committed) {
    if (entry.partition == partition) return entry;
  }
  return {partition, -1, {}};
}

std::string list(const std::set<TaskId>& ids) {
  std::string out;
  for (const TaskId id : ids) out += (out.empty() ? "" : ", ") + id.text();
  return out.empty() ? "none" : out;
}

}  // namespace

std::set<TaskId> StreamThread::tasks_of(std::span<const client::TopicPartition> anchors) const {
  std::set<TaskId> out;
  for (const client::TopicPartition& anchor : anchors) {
    if (const auto task = prepared_->assignment.task_of(anchor)) out.insert(*task);
  }
  return out;
}

void StreamThread::on_assigned(std::span<const client::TopicPartition> added) {
  const std::int64_t begin_ns = sensors_.now_ns();
  const std::set<TaskId> ids = tasks_of(added);
  try {
    for (const TaskId id : ids) {
      Entry& entry = tasks_[id];
      entry.id = id;
      // A partition that the plan does not know: the anchor has grown.
      if (set_inputs(entry)) continue;
      prepared_ = services_.topics->refresh();
      if (!set_inputs(entry))
        throw StreamsError("Task " + id.text() + " was assigned, but its topics do not have that partition.");
    }
  } catch (...) {
    callback_error_ = std::current_exception();
  }
  if (!ids.empty() || !assigned_once_) log_.info("Assigned tasks: ", list(ids));
  assigned_once_ = true;
  publish();
  if (services_.on_rebalance) services_.on_rebalance();
  if (state() != ThreadState::kPendingShutdown) set_state(ThreadState::kPartitionsAssigned);
  sensors_.rebalanced(ThreadSensors::Rebalance::kAssigned, begin_ns);
}

/// From the plan; false if it does not have the task.
bool StreamThread::set_inputs(Entry& entry) {
  entry.inputs.clear();
  entry.partitions.clear();
  for (InputPartition& input : prepared_->assignment.inputs_of(entry.id)) {
    entry.partitions.push_back(input.partition);
    entry.inputs.push_back({std::move(input)});
  }
  return !entry.inputs.empty();
}

/// Looks now and then whether topics were found that patterns match.
void StreamThread::follow_topics() {
  if (now_ - last_topic_look_ < kTopicLookMs) return;
  last_topic_look_ = now_;
  const auto current = services_.topics->current();
  if (current == prepared_) return;
  const bool other_anchors = current->assignment.anchors() != prepared_->assignment.anchors();
  prepared_ = current;
  log_.info("Topics have changed");
  if (other_anchors) subscribe();
  refresh_inputs();
}

/// Tasks whose inputs have changed are opened anew.
void StreamThread::refresh_inputs() {
  std::set<TaskId> changed;
  for (const auto& [id, entry] : tasks_) {
    std::vector<client::TopicPartition> partitions;
    for (const InputPartition& input : prepared_->assignment.inputs_of(id)) partitions.push_back(input.partition);
    if (partitions != entry.partitions) changed.insert(id);
  }
  if (changed.empty()) return;
  const bool committed = commit();
  for (const TaskId id : changed) {
    Entry& entry = tasks_.at(id);
    close_task(entry, committed);
    entry.committed_known = false;
    set_inputs(entry);
  }
  list_running();
  publish();
  if (state() == ThreadState::kRunning) set_state(ThreadState::kPartitionsAssigned);
}

void StreamThread::on_revoked(std::span<const client::TopicPartition> removed) {
  const std::set<TaskId> ids = tasks_of(removed);
  if (ids.empty()) return;
  const std::int64_t begin_ns = sensors_.now_ns();
  log_.info("Revoked tasks: ", list(ids));
  bool clean = !closing_dirty_;
  try {
    const bool runs =
        std::any_of(running_.begin(), running_.end(), [&](const Entry* e) { return ids.contains(e->id); });
    if (clean && runs && !commit()) {
      clean = false;
      give_up_work(false, "the work on revoked tasks could not be committed");
    }
  } catch (const TaskMigrated& error) {
    clean = false;
    give_up_work(true, error.what());
  } catch (const TaskCorrupted& error) {
    clean = false;
    give_up_work(false, error.what());
  } catch (...) {
    clean = false;
    callback_error_ = std::current_exception();
  }
  drop_tasks(ids, clean);
  if (state() != ThreadState::kPendingShutdown) set_state(ThreadState::kPartitionsRevoked);
  sensors_.rebalanced(ThreadSensors::Rebalance::kRevoked, begin_ns);
}

void StreamThread::on_lost(std::span<const client::TopicPartition> lost) {
  const std::int64_t begin_ns = sensors_.now_ns();
  const std::set<TaskId> ids = tasks_of(lost);
  log_.warn("Lost tasks, others have them now: ", list(ids));
  try {
    // One transaction surrounds the work of all tasks.
    if (output_.in_transaction()) give_up_work(false, "tasks were lost");
  } catch (...) {
    callback_error_ = std::current_exception();
  }
  drop_tasks(ids, false);
  if (state() != ThreadState::kPendingShutdown) set_state(ThreadState::kPartitionsRevoked);
  sensors_.rebalanced(ThreadSensors::Rebalance::kLost, begin_ns);
}

void StreamThread::drop_tasks(const std::set<TaskId>& ids, bool clean) {
  for (const TaskId id : ids) {
    const auto found = tasks_.find(id);
    if (found == tasks_.end()) continue;
    try {
      close_task(found->second, clean);
    } catch (...) {
      if (!callback_error_) callback_error_ = std::current_exception();
    }
    tasks_.erase(found);
  }
  list_running();
  publish();
}

/// Brings tasks that do not run yet a step further. True if one of them moved.
bool StreamThread::advance_tasks() {
  if (running_.size() == tasks_.size()) return false;
  bool moved = false;
  for (auto& [id, entry] : tasks_) {
    if (entry.stage == Stage::kCreating && !entry.task) moved |= open_task(entry);
  }
  learn_committed();
  for (auto& [id, entry] : tasks_) {
    if (entry.stage != Stage::kCreating || !entry.task || !entry.committed_known) continue;
    moved = true;
    if (entry.task->changelogs().empty()) {
      entry.stage = Stage::kRestored;
    } else {
      entry.stage = Stage::kRestoring;
      restorer_.add({entry.task.get(), entry.committed});
    }
  }
  if (!restore_beside_) restorer_.run_once(0);
  moved |= take_restored();
  for (auto& [id, entry] : tasks_) {
    if (entry.stage == Stage::kRestored && output_.is_open()) {
      start_task(entry);
      moved = true;
    }
  }
  if (moved) publish();
  return moved;
}

/// False if the task's folder is still held by another thread.
bool StreamThread::open_task(Entry& entry) {
  if (services_.standby != nullptr && !entry.state.any()) entry.state = services_.standby->take(entry.id);
  if (!open_task_state(entry.state, entry.id, *services_.topology, services_.directory, services_.open_state, log_)) {
    if (!std::exchange(entry.waits_for_folder, true))
      log_.info("Another thread has the state of task ", entry.id.text(), ", waiting for it");
    return false;
  }
  TaskPlan plan;
  plan.id = entry.id;
  plan.topology = services_.topology;
  plan.sub_topology = entry.id.sub_topology;
  for (const Input& input : entry.inputs) plan.inputs.push_back(input.partition);
  TaskServices services;
  services.clock = services_.clock;
  services.output = &output_;
  services.persistent = entry.state.persistent;
  services.in_memory = entry.state.in_memory;
  services.cache = cache_;
  services.globals = services_.globals;
  services.logger = config_.logger;
  services.log_prefix = "stream-thread [" + name_ + "] ";
  services.metrics = services_.metrics;
  services.thread_id = name_;
  auto task = std::make_unique<Task>(std::move(plan), task_settings_, std::move(services));
  const StoreWork work(stores_->gate);
  task->open_stores();
  entry.task = std::move(task);
  sensors_.task_created();
  stores_->put(entry.id, *entry.task, ThreadStores::Role::kRestores);
  return true;
}

/// Asks what is committed for tasks that were just made. Transactions of a predecessor that are not finished hold the
/// answer up.
void StreamThread::learn_committed() {
  std::vector<client::TopicPartition> partitions;
  for (const auto& [id, entry] : tasks_) {
    if (!entry.task || entry.committed_known) continue;
    partitions.insert(partitions.end(), entry.partitions.begin(), entry.partitions.end());
  }
  if (partitions.empty() || (committed_failing_since_ >= 0 && now_ - last_committed_try_ < kRetryMs)) return;
  last_committed_try_ = now_;
  const int timeout_ms = running_.empty() ? kCommittedIdleMs : kCommittedBusyMs;
  const auto committed = consumer_->committed(partitions, timeout_ms);
  const auto by_time = committed.ok() ? starts_by_time(committed.value(), timeout_ms)
                                      : Result<std::map<client::TopicPartition, std::int64_t>>(committed.status());
  if (!by_time.ok()) {
    if (committed_failing_since_ < 0) committed_failing_since_ = now_;
    const StatusCode code = by_time.status().code();
    const bool may_pass =
        code == StatusCode::kTimedOut || code == StatusCode::kUnavailable || code == StatusCode::kRebalanceInProgress;
    if (!may_pass || now_ - committed_failing_since_ > config_.task_timeout_ms) {
      throw StreamsError("Where to start cannot be found out: " + by_time.status().message());
    }
    log_.info("Where to start is not known yet, trying again: ", by_time.status().message());
    return;
  }
  committed_failing_since_ = -1;
  for (auto& [id, entry] : tasks_) {
    if (!entry.task || entry.committed_known) continue;
    entry.committed.clear();
    for (const client::TopicPartition& partition : entry.partitions)
      entry.committed.push_back(find_committed(committed.value(), partition));
    entry.starts_by_time = by_time.value();
    entry.committed_known = true;
  }
}

/// Offsets for inputs of new tasks whose reset policy is a duration, unless something is committed.
Result<std::map<client::TopicPartition, std::int64_t>> StreamThread::starts_by_time(
    const std::vector<client::OffsetAndMetadata>& committed, int timeout_ms) const {
  std::map<client::TopicPartition, Timestamp> times;
  for (const auto& [id, entry] : tasks_) {
    if (!entry.task || entry.committed_known) continue;
    for (const Input& input : entry.inputs) {
      const client::TopicPartition& partition = input.partition.partition;
      if (find_committed(committed, partition).offset < 0) add_reset_time(input, times);
    }
  }
  if (times.empty()) return std::map<client::TopicPartition, std::int64_t>();
  return services_.admin->offsets_at(times, timeout_ms);
}

/// If the input's reset policy is a duration.
void StreamThread::add_reset_time(const Input& input, std::map<client::TopicPartition, Timestamp>& times) const {
  const AutoOffsetReset reset = reset_policy(input);
  if (reset.policy != AutoOffsetReset::Policy::kByDuration) return;
  times.emplace(input.partition.partition, services_.clock->now_ms() - reset.duration_ms);
}

bool StreamThread::take_restored() {
  const std::vector<RestoreOutcome> outcomes = restorer_.take_finished();
  for (const RestoreOutcome& outcome : outcomes) {
    const auto found =
        std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& t) { return t.second.task.get() == outcome.task; });
    if (found == tasks_.end()) continue;
    Entry& entry = found->second;
    entry.stage = Stage::kRestored;
    if (outcome.status.ok()) continue;
    const StatusCode code = outcome.status.code();
    if (code != StatusCode::kOffsetOutOfRange && code != StatusCode::kCorrupted) {
      throw StreamsError("State of task " + entry.id.text() + " cannot be restored: " + outcome.status.message());
    }
    log_.warn("State of task ", entry.id.text(), " is restored from the beginning: ", outcome.status.message());
    start_anew(entry, true);
  }
  return !outcomes.empty();
}

void StreamThread::start_task(Entry& entry) {
  std::vector<client::OffsetAndMetadata> committed;
  for (const client::OffsetAndMetadata& offset : entry.committed) {
    if (offset.offset >= 0) committed.push_back(offset);
  }
  {
    const StoreWork work(stores_->gate);
    entry.task->start(committed);
    stores_->put(entry.id, *entry.task, ThreadStores::Role::kRuns);
  }
  std::vector<client::PartitionStart> starts;
  std::string where;
  for (const Input& input : entry.inputs) {
    std::string why;
    starts.push_back(start_of(entry, input, why));
    where += text(" ", input.partition.partition.topic, "-", input.partition.partition.partition, " ", why, ";");
  }
  if (!where.empty()) where.pop_back();
  log_.info("Task ", entry.id.text(), " runs; it reads", where);
  const Status status = consumer_->assign(starts);
  if (!status.ok())
    throw StreamsError("Partitions of task " + entry.id.text() + " cannot be read: " + status.message());
  entry.fetching = true;
  entry.stage = Stage::kRunning;
  for (const client::OffsetAndMetadata& offset : committed) last_committed_[offset.partition] = {offset, now_};
  list_running();
}

client::PartitionStart StreamThread::start_of(const Entry& entry, const Input& input, std::string& why) const {
  const client::TopicPartition& partition = input.partition.partition;
  const client::OffsetAndMetadata committed = find_committed(entry.committed, partition);
  if (committed.offset >= 0) {
    why = text("from its committed offset ", committed.offset);
    return {partition, committed.offset};
  }
  const AutoOffsetReset reset = reset_policy(input);
  switch (reset.policy) {
    case AutoOffsetReset::Policy::kEarliest:
      why = "from its beginning (nothing is committed)";
      return {partition, client::PartitionStart::kEarliest};
    case AutoOffsetReset::Policy::kLatest:
      why = "from its end (nothing is committed, auto.offset.reset is latest)";
      return {partition, client::PartitionStart::kLatest};
    case AutoOffsetReset::Policy::kNone:
      throw StreamsError(text("Nothing is committed for ", partition.topic, "-", partition.partition,
                              ", and its offset reset is none."));
    case AutoOffsetReset::Policy::kByDuration:
      break;
  }
  const std::int64_t offset = entry.starts_by_time.at(partition);
  const std::string age = text(reset.duration_ms, " ms (nothing is committed, auto.offset.reset is by_duration)");
  why = offset == client::PartitionStart::kLatest
            ? text("from its end, as all is older than ", age)
            : text("from offset ", offset, ", the first that is not older than ", age);
  return {partition, offset};
}

AutoOffsetReset StreamThread::reset_policy(const Input& input) const {
  const auto& own = services_.topology->source(input.partition.source).reset;
  return own ? *own : config_.offset_reset;
}

/// Throws what a processor threw when it was closed (clean only).
void StreamThread::close_task(Entry& entry, bool clean) {
  if (entry.stage == Stage::kRestoring) restorer_.remove(*entry.task);
  if (std::exchange(entry.fetching, false)) {
    consumer_->unassign(entry.partitions).ignore("nothing of it is processed any more");
  }
  for (const client::TopicPartition& partition : entry.partitions) {
    last_committed_.erase(partition);
    lost_positions_.erase(partition);
  }
  const bool ran = entry.stage == Stage::kRunning;
  entry.stage = Stage::kCreating;
  std::exception_ptr failure;
  if (entry.task) {
    const StoreWork work(stores_->gate);
    stores_->drop(entry.id);
    try {
      entry.task->close(clean && ran);
    } catch (...) {
      failure = std::current_exception();
    }
    entry.task.reset();
    sensors_.task_closed();
  }
  if (!clean || failure) entry.state.close();
  if (services_.standby != nullptr)
    services_.standby->give(entry.id, std::move(entry.state));
  else
    entry.state.close();
  if (failure) std::rethrow_exception(failure);
}

/// Forgets what was not committed. The task is opened again in later turns, over the same databases unless they are
/// wiped.
void StreamThread::start_anew(Entry& entry, bool wipe) {
  if (std::exchange(entry.fetching, false)) {
    consumer_->unassign(entry.partitions).ignore("it is assigned again at its committed offsets");
  }
  {
    const StoreWork work(stores_->gate);
    stores_->drop(entry.id);
    entry.task->close(false);
    entry.task.reset();
    sensors_.task_closed();
  }
  entry.committed_known = false;
  entry.stage = Stage::kCreating;
  for (const client::TopicPartition& partition : entry.partitions) lost_positions_.erase(partition);
  for (Input& input : entry.inputs) input.idle = false;
  if (!wipe) return;
  if (const Status status = entry.state.wipe(); !status.ok()) throw StreamsError(status.message());
}

void StreamThread::list_running() {
  running_.clear();
  for (auto& [id, entry] : tasks_) {
    if (entry.stage == Stage::kRunning) running_.push_back(&entry);
  }
}

/// Makes the state of the tasks visible to other threads.
void StreamThread::publish() {
  std::vector<TaskMetadata> tasks;
  for (const auto& [id, entry] : tasks_) {
    TaskMetadata task;
    task.id = id.text();
    task.running = entry.stage == Stage::kRunning;
    for (const client::TopicPartition& partition : entry.partitions)
      task.partitions.push_back(text(partition.topic, "-", partition.partition));
    tasks.push_back(std::move(task));
  }
  std::lock_guard lock(metadata_mutex_);
  metadata_.active_tasks = std::move(tasks);
}

void StreamThread::close(bool clean, client::Leaving leaving) {
  if (state() == ThreadState::kDead) return;
  set_state(ThreadState::kPendingShutdown);
  closing_dirty_ = !clean;
  if (!clean) output_.abort_transaction();
  if (consumer_) consumer_->close(leaving);  // takes all tasks from us, and commits
  std::set<TaskId> left;
  for (const auto& [id, entry] : tasks_) left.insert(id);
  drop_tasks(left, false);
  consumer_.reset();
  output_.reset();
  restorer_.close_metrics();
  sensors_.close();
  set_state(ThreadState::kDead);
  if (clean && callback_error_) std::rethrow_exception(std::exchange(callback_error_, nullptr));
}

}  // namespace streams::runtime
