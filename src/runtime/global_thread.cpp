// Bootstrapping global stores and keeping them up to date.
#include <runtime/global_thread.hpp>

#include <runtime/stored_stores.hpp>
#include <runtime/task_settings.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace streams::runtime {

namespace {

constexpr int kAdminTimeoutMs = 10000;
constexpr std::size_t kBatch = 2000;
constexpr std::int64_t kCheckpointRecords = 10000;

void must(const Status& status) {
  if (!status.ok()) throw StreamsError(status.message());
}

}  // namespace

GlobalThread::GlobalThread(Services services, const std::string& name)
    : services_(std::move(services)),
      config_(*services_.config),
      name_(name),
      log_(config_.logger, "global-stream-thread [" + name + "] ") {}

GlobalThread::~GlobalThread() {
  try {
    close();
  } catch (const std::exception& error) {
    log_.error("Global stores could not be closed: ", error.what());
  }
}

bool GlobalThread::run_once(int max_wait_ms) {
  if (!start_up()) {
    if (max_wait_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(max_wait_ms));
    return false;
  }
  bool worked = read();
  if (!worked) {
    poll(max_wait_ms);
    worked = read();
  }
  become_ready();
  checkpoint_if_due();
  return worked;
}

bool GlobalThread::start_up() {
  if (!partitions_.empty()) return true;
  if (!prepared_) prepared_ = services_.topics->prepare();
  if (!prepared_) return false;
  if (!task_holder_.task) open_task();
  if (!consumer_) {
    consumer_ = services_.clients->consumer(config_.consumer(ConsumerKind::kGlobal, name_ + "-global-consumer"));
  }
  return locate();
}

void GlobalThread::open_task() {
  began_ = last_checkpoint_ = services_.clock->now_ms();
  TaskServices services;
  services.clock = services_.clock;
  services.logger = config_.logger;
  services.log_prefix = "global-stream-thread [" + name_ + "] ";
  const auto in_memory = GlobalTask::store_families(*services_.topology, false);
  if (!in_memory.empty()) services.in_memory = state::make_in_memory(in_memory);
  const auto persistent = GlobalTask::store_families(*services_.topology, true);
  if (!persistent.empty()) services.persistent = open_persistent(persistent);
  auto task = std::make_unique<GlobalTask>(*services_.topology, task_settings(config_), std::move(services));
  task->open();
  task_holder_.task = std::move(task);
}

std::shared_ptr<state::StateDatabase> GlobalThread::open_persistent(const std::vector<std::string>& families) {
  if (!folder_) {
    auto folder = services_.directory->lock_global();
    if (!folder.ok()) throw StreamsError(folder.status().message());
    folder_ = std::move(folder).value();
  }
  const std::string path = folder_->path() + "/state";
  // All of it can be read again, whatever it was.
  const auto wanted = persistent_stores(*services_.topology, std::nullopt, config_.application_id);
  if (read_stores(*folder_) != wanted) must(folder_->wipe());
  auto opened = state::open_rocksdb(path, families, services_.memory);
  if (!opened.ok() && opened.status().code() == StatusCode::kCorrupted) {
    log_.warn("Global state is damaged and will be restored: ", opened.status().message());
    must(folder_->wipe());
    opened = state::open_rocksdb(path, families, services_.memory);
  }
  if (!opened.ok()) throw StreamsError("Global state cannot be opened: " + opened.status().message());
  if (read_stores(*folder_) != wanted) must(save_stores(*folder_, wanted));
  return std::move(opened).value();
}

/// Finds out where the topics begin and end, and starts to read. False: not yet.
bool GlobalThread::locate() {
  std::vector<client::TopicPartition> names;
  for (const std::string& topic : task_holder_.task->topics()) {
    for (std::int32_t p = 0; p < prepared_->global_topics.at(topic); ++p) names.push_back({topic, p});
  }
  const auto offsets = services_.admin->offsets(names, kAdminTimeoutMs);
  const Timestamp now = services_.clock->now_ms();
  if (!offsets.ok()) {
    if (locate_failing_since_ < 0) locate_failing_since_ = now;
    const bool forbidden = offsets.status().code() == StatusCode::kAuthorization;
    if (forbidden || now - locate_failing_since_ > config_.task_timeout_ms) {
      throw StreamsError("The ends of global topics cannot be found: " + offsets.status().message());
    }
    log_.warn("The ends of global topics cannot be found, trying again: ", offsets.status().message());
    return false;
  }
  locate_failing_since_ = -1;
  std::vector<Partition> partitions;
  std::vector<client::PartitionStart> starts;
  for (const client::TopicPartition& name : names) {
    const client::OffsetRange range = offsets.value().at(name);
    std::int64_t next = task_holder_.task->next_offset(name);
    if (next != client::PartitionStart::kEarliest && (next < range.earliest || next > range.latest)) {
      start_over(text("global state is at offset ", next, " of ", name.topic, "-", name.partition,
                      ", which has offsets ", range.earliest, " to ", range.latest));
      return false;
    }
    if (next == client::PartitionStart::kEarliest) next = range.earliest;
    Partition partition{name, {}, next, range.latest, 0, next >= range.latest};
    for (const auto& global : services_.topology->global_stores()) {
      if (global.topic == name.topic) partition.store = global.store.name;
    }
    if (services_.listener) {
      services_.listener->on_start(name.topic, name.partition, partition.store, next, range.latest);
    }
    partitions.push_back(std::move(partition));
    starts.push_back({name, next});
  }
  const Status status = consumer_->assign(starts);
  if (!status.ok()) throw StreamsError("Global topics cannot be read: " + status.message());
  partitions_ = std::move(partitions);
  return true;
}

bool GlobalThread::read() {
  bool any = false;
  for (Partition& partition : partitions_) {
    while (const auto batch = consumer_->fetch(partition.name, kBatch)) {
      any = true;
      task_holder_.task->update(partition.name, *batch);
      const auto count = static_cast<std::int64_t>(batch->records().size());
      partition.applied += count;
      since_checkpoint_ += count;
      if (services_.listener && !partition.done) {
        services_.listener->on_batch(partition.name.topic, partition.name.partition, partition.store,
                                     batch->records().back().offset + 1, count);
      }
      if (count < static_cast<std::int64_t>(kBatch)) break;
    }
    if (partition.done) continue;
    partition.position = std::max(partition.position, consumer_->position(partition.name));
    partition.done = partition.position >= partition.end;
    if (partition.done && services_.listener) {
      services_.listener->on_end(partition.name.topic, partition.name.partition, partition.store, partition.applied);
    }
  }
  return any;
}

void GlobalThread::poll(int timeout_ms) {
  errors_.clear();
  consumer_->poll(timeout_ms, errors_);
  for (const client::ConsumerError& error : errors_) handle_error(error);
}

void GlobalThread::handle_error(const client::ConsumerError& error) {
  switch (error.status.code()) {
    case StatusCode::kOffsetOutOfRange:
      return start_over(error.status.message());
    case StatusCode::kAuthorization:
    case StatusCode::kFatal:
      throw StreamsError("The global consumer cannot go on: " + error.status.message());
    default:
      log_.warn(error.partition.topic, ": ", error.status.message());
  }
}

void GlobalThread::become_ready() {
  if (ready_ || partitions_.empty()) return;
  if (!std::all_of(partitions_.begin(), partitions_.end(), [](const Partition& p) { return p.done; })) return;
  std::int64_t records = 0;
  for (const Partition& partition : partitions_) records += partition.applied;
  log_.info("Global stores are ready after ", records, " records in ", services_.clock->now_ms() - began_, " ms");
  if (const Status status = task_holder_.task->checkpoint(); !status.ok()) {
    throw StreamsError("Global state cannot be written: " + status.message());
  }
  ready_ = true;
  if (services_.on_ready) services_.on_ready();
}

void GlobalThread::checkpoint_if_due() {
  const Timestamp now = services_.clock->now_ms();
  const bool time = !ready_ || now - last_checkpoint_ >= config_.commit_interval_ms;
  if (!time || since_checkpoint_ < kCheckpointRecords) return;
  if (const Status status = task_holder_.task->checkpoint(); !status.ok()) {
    throw StreamsError("Global state cannot be written: " + status.message());
  }
  last_checkpoint_ = now;
  since_checkpoint_ = 0;
}

/// The topics do not go on from where the state is: only reading them from the beginning helps. Views that tasks hold
/// would point to stores that are gone, so this is for bootstrapping only.
void GlobalThread::start_over(const std::string& why) {
  if (ready_) throw StreamsError("Global stores cannot be kept up to date: " + why + ". A restart reads them anew.");
  log_.warn("Global state is restored from the beginning: ", why);
  if (!partitions_.empty()) {
    std::vector<client::TopicPartition> names;
    for (const Partition& partition : partitions_) names.push_back(partition.name);
    consumer_->unassign(names).ignore("it is assigned again");
    partitions_.clear();
  }
  task_holder_.task->close();
  task_holder_.task.reset();
  if (!folder_) return;
  must(folder_->wipe());
}

void GlobalThread::close() {
  if (consumer_) consumer_->close();
  consumer_.reset();
  if (!task_holder_.task) return;
  if (ready_) {
    if (const Status status = task_holder_.task->checkpoint(); !status.ok()) {
      log_.warn("Global state could not be written, it is read again at the next start: ", status.message());
    }
  }
  task_holder_.task->close();
  task_holder_.task.reset();
  folder_.reset();
}

}  // namespace streams::runtime
