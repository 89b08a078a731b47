// Which standby tasks an instance has: placed, opened, handed over, closed.
#include <runtime/standby_tasks.hpp>

#include <runtime/error_handlers.hpp>
#include <runtime/task_settings.hpp>

#include <algorithm>
#include <chrono>

namespace streams::runtime {

namespace {

constexpr int kAdminTimeoutMs = 10000;
constexpr int kPollMs = 100;
constexpr std::int64_t kLookRetryMs = 100;
constexpr std::int64_t kLookAgainMs = 60000;  ///< in case a rebalance went unnoticed
constexpr std::int64_t kFailureDelayMs = 10000;
/// How long state that a stream thread gave back stays open for whoever gets the task next.
constexpr std::int64_t kHoldMs = 10000;

/// Standby tasks process nothing, so they send nothing.
class NoOutput final : public TaskOutput {
 public:
  Status send(const client::ProducerRecord&) override {
    return {StatusCode::kInvalidArgument, "A standby task sends nothing."};
  }
  Result<std::int32_t> partitions(std::string_view) override {
    return Status(StatusCode::kInvalidArgument, "A standby task sends nothing.");
  }
  std::int64_t acked_offset(const client::TopicPartition&) const override { return -1; }
};

}  // namespace

StandbyTasks::StandbyTasks(Services services, const std::string& client_id, bool own_thread)
    : services_(std::move(services)),
      config_(*services_.config),
      consumer_name_(client_id + "-standby-consumer"),
      updater_name_(client_id + "-StateUpdater-standby"),
      log_(config_.logger, "standby-tasks [" + client_id + "] "),
      settings_(task_settings(config_)),
      output_(std::make_unique<NoOutput>()),
      stores_(std::make_shared<ThreadStores>(nullptr)),
      sensors_(services_.metrics, updater_name_, *services_.clock, UpdaterSensors::Tasks::kStandby) {
  stores_->set_state(ThreadState::kRunning);
  if (own_thread) thread_ = std::thread([this] { loop(); });
}

StandbyTasks::~StandbyTasks() { stop(); }

void StandbyTasks::loop() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      const auto wakes = [&] { return stopping_ || group_changed_ || !standbys_.empty() || !held_.empty(); };
      changed_.wait_for(lock, std::chrono::milliseconds(kLookAgainMs), wakes);
      if (stopping_) return;
    }
    if (run_once(kPollMs)) continue;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(kPollMs), [&] { return stopping_; });
  }
}

void StandbyTasks::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  std::lock_guard lock(mutex_);
  for (auto& [id, standby] : standbys_) close(id, standby, StandbyListener::Reason::kMigrated);
  standbys_.clear();
  held_.clear();
  consumer_.reset();
  sensors_.close();
  stores_->set_state(ThreadState::kDead);
}

TaskState StandbyTasks::take(TaskId task) {
  std::lock_guard lock(mutex_);
  active_.insert(task);
  TaskState out;
  if (const auto found = standbys_.find(task); found != standbys_.end()) {
    close(task, found->second, StandbyListener::Reason::kPromoted);
    out = std::move(found->second.state);
    standbys_.erase(found);
    log_.info("Standby task ", task.text(), " becomes active");
  } else if (const auto held = held_.find(task); held != held_.end()) {
    out = std::move(held->second.state);
    held_.erase(held);
  }
  return out;
}

void StandbyTasks::give(TaskId task, TaskState state) {
  {
    std::lock_guard lock(mutex_);
    active_.erase(task);
    if (stopping_ || !state.any()) return;
    state.discard();
    held_[task] = {std::move(state), services_.clock->now_ms() + kHoldMs};
  }
  changed_.notify_all();
}

void StandbyTasks::group_changed() {
  {
    std::lock_guard lock(mutex_);
    group_changed_ = true;
  }
  changed_.notify_all();
}

std::vector<TaskId> StandbyTasks::tasks() const {
  std::lock_guard lock(mutex_);
  std::vector<TaskId> out;
  for (const auto& [id, standby] : standbys_) {
    if (standby.task) out.push_back(id);
  }
  return out;
}

bool StandbyTasks::is_paused() const {
  return services_.paused != nullptr && services_.paused->load(std::memory_order_relaxed);
}

bool StandbyTasks::run_once(int max_wait_ms) {
  try {
    step(max_wait_ms);
  } catch (const std::exception& error) {  // settings that the client refuses, a listener that throws
    log_.error("Standby tasks fail: ", error.what());
    std::lock_guard lock(mutex_);
    for (auto& [id, standby] : standbys_) fail(id, standby, error.what(), false);
  }
  std::lock_guard lock(mutex_);
  return std::any_of(standbys_.begin(), standbys_.end(), [](const auto& s) { return s.second.task != nullptr; });
}

/// Works out anew which standby tasks belong here, if the group may have changed.
void StandbyTasks::look_at_group() {
  const Timestamp now = services_.clock->now_ms();
  {
    std::lock_guard lock(mutex_);
    if (!group_changed_ && now < next_look_ + kLookAgainMs) return;
    if (now < next_look_) return;
    group_changed_ = false;
    next_look_ = now + kLookRetryMs;
  }
  const auto prepared = services_.topics->current();
  const auto group = services_.admin->describe_group(config_.application_id, kAdminTimeoutMs);
  std::lock_guard lock(mutex_);
  const bool stable = group.ok() && group.value().state == "Stable";
  if (!group.ok()) {
    next_look_ = now + kFailureDelayMs;
    log_.warn("Standby tasks stay as they are, because the group cannot be described: ", group.status().message());
  }
  if (!prepared || !stable) {
    group_changed_ = true;  // look again
    return;
  }
  const GroupInstances instances = instances_of(group.value(), prepared->assignment);
  const auto placed = place_standbys(instances, tasks_with_state(*services_.topology, prepared->assignment),
                                     config_.standby_replicas, config_.rack_tags);
  elsewhere_.clear();
  for (const auto& [name, instance] : instances) {
    if (name != services_.process_id) elsewhere_.insert(instance.active.begin(), instance.active.end());
  }
  for (const auto& [task, on] : placed) {  // of others nobody knows yet who runs them: they stay as they are
    if (std::find(on.begin(), on.end(), services_.process_id) == on.end())
      wanted_.erase(task);
    else
      wanted_.insert(task);
  }
}

/// Opens and closes what has changed.
void StandbyTasks::follow_placement() {
  const Timestamp now = services_.clock->now_ms();
  std::lock_guard lock(mutex_);
  for (auto next = standbys_.begin(); next != standbys_.end();) {
    const auto entry = next++;
    if (wanted_.contains(entry->first)) continue;
    log_.info("Closing standby task ", entry->first.text());
    close(entry->first, entry->second, StandbyListener::Reason::kMigrated);
    standbys_.erase(entry);
  }
  for (const TaskId task : wanted_) {
    if (active_.contains(task)) continue;
    Standby& standby = standbys_[task];
    if (const auto held = held_.find(task); held != held_.end()) {
      standby.state = std::move(held->second.state);
      held_.erase(held);
    }
    if (standby.task || now < standby.retry_at) continue;
    try {
      open(task, standby);
    } catch (const std::exception& error) {
      fail(task, standby, error.what(), false);
    }
  }
  std::erase_if(held_,
                [&](const auto& entry) { return elsewhere_.contains(entry.first) || now >= entry.second.until; });
}

void StandbyTasks::open(TaskId id, Standby& standby) {
  const auto prepared = services_.topics->current();
  if (!open_task_state(standby.state, id, *services_.topology, services_.directory, services_.open_state, log_)) return;
  TaskPlan plan;
  plan.id = id;
  plan.topology = services_.topology;
  plan.sub_topology = id.sub_topology;
  plan.inputs = prepared->assignment.inputs_of(id);
  TaskServices services;
  services.clock = services_.clock;
  services.output = output_.get();
  services.persistent = standby.state.persistent;
  services.in_memory = standby.state.in_memory;
  services.logger = config_.logger;
  services.log_prefix = "standby-tasks ";
  services.metrics = services_.metrics;
  services.thread_id = updater_name_;
  services.standby = true;
  auto task = std::make_unique<Task>(std::move(plan), settings_, std::move(services));
  const StoreWork work(stores_->gate);
  task->open_stores();
  standby.task = std::move(task);
  standby.written_at = services_.clock->now_ms();
  stores_->put(id, *standby.task, ThreadStores::Role::kStandby);
}

/// Its state stays, with everything written.
void StandbyTasks::close(TaskId id, Standby& standby, StandbyListener::Reason reason) {
  if (!standby.task) return;
  for (const Partition& partition : standby.partitions) {
    const ChangelogPartition& changelog = standby.task->changelogs()[partition.index];
    if (partition.assigned) to_unassign_.push_back(changelog.partition);
    if (services_.listener) {
      services_.listener->on_suspended(changelog.partition.topic, changelog.partition.partition, changelog.store,
                                       changelog.next_offset, std::max(partition.end, changelog.next_offset), reason);
    }
  }
  standby.partitions.clear();
  const StoreWork work(stores_->gate);
  stores_->drop(id);
  const Status status = standby.applied ? standby.task->checkpoint() : Status();
  if (!status.ok()) log_.warn("State of standby task ", id.text(), " cannot be written: ", status.message());
  standby.applied = false;
  standby.task->close(false);
  standby.task.reset();
}

/// Closes it, to be opened again later.
void StandbyTasks::fail(TaskId id, Standby& standby, const std::string& why, bool wipe) {
  log_.warn("Standby task ", id.text(), wipe ? " starts from the beginning: " : " is closed for a while: ", why);
  if (standby.task) {
    for (const Partition& partition : standby.partitions) {
      if (partition.assigned) to_unassign_.push_back(standby.task->changelogs()[partition.index].partition);
    }
    standby.partitions.clear();
    const StoreWork work(stores_->gate);
    stores_->drop(id);
    standby.task->close(false);
    standby.task.reset();
  }
  standby.applied = false;
  if (wipe) {
    if (const Status status = standby.state.wipe(); !status.ok()) log_.warn(status.message());
    return;
  }
  standby.state.close();
  standby.retry_at = services_.clock->now_ms() + kFailureDelayMs;
}

}  // namespace streams::runtime
