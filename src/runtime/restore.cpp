// Reading changelogs to where they ended when restoring began.
#include <runtime/restore.hpp>

#include <runtime/batch_before.hpp>

#include <algorithm>
#include <exception>

namespace streams::runtime {

namespace {

constexpr int kPollMs = 20;
constexpr std::size_t kBatch = 2000;
constexpr std::size_t kPartitionsAtOnce = 16;  ///< more are not faster, but each has records fetched ahead in memory
constexpr std::int64_t kFewRecords = 10000;
constexpr std::int64_t kStuckMs = 1000;
constexpr std::int64_t kReportIntervalMs = 10000;
constexpr std::int64_t kLocateBackoffMs = 100;
constexpr int kAdminTimeoutMs = 10000;

/// How fast it goes, what is left, and how long that will take.
std::string pace(std::int64_t applied, std::int64_t elapsed_ms, std::int64_t remaining) {
  const std::int64_t per_second = applied * 1000 / std::max<std::int64_t>(1, elapsed_ms);
  const std::string left = per_second > 0 ? text(", which takes about ", remaining / per_second, " s") : std::string();
  return text(" (", per_second, " per second), up to ", remaining, " remain", left);
}

std::int64_t committed_offset(const std::vector<client::OffsetAndMetadata>& committed,
                              const client::TopicPartition& partition) {
  for (const client::OffsetAndMetadata& entry : committed) {
    if (entry.partition == partition) return std::max<std::int64_t>(entry.offset, 0);
  }
  return 0;
}

}  // namespace

std::int64_t Restorer::Restoring::remaining() const {
  std::int64_t records = 0;
  for (const Partition& partition : partitions)
    records += std::max<std::int64_t>(0, partition.end - partition.position);
  return records;
}

Restorer::Restorer(const RuntimeConfig& config, Services services, const std::string& thread_name, bool own_thread)
    : config_(config),
      services_(std::move(services)),
      consumer_name_(thread_name + "-restore-consumer"),
      log_(config.logger, "state-updater [" + thread_name + "] "),
      sensors_(services_.metrics, updater_name(thread_name), *services_.clock, UpdaterSensors::Tasks::kActive) {
  if (own_thread) thread_ = std::thread([this] { loop(); });
}

Restorer::~Restorer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Restorer::add(RestoreRequest request) {
  {
    std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
    sensors_.set_tasks(++held_);
  }
  changed_.notify_all();
}

void Restorer::remove(Task& task) {
  std::unique_lock lock(mutex_);
  const auto finished =
      std::find_if(finished_.begin(), finished_.end(), [&](const auto& f) { return f.task == &task; });
  if (finished != finished_.end()) {
    finished_.erase(finished);
    return;
  }
  removals_.push_back(&task);
  changed_.notify_all();
  if (!thread_.joinable()) {
    lock.unlock();
    serve_requests();
    return;
  }
  changed_.wait(lock, [&] { return std::find(removals_.begin(), removals_.end(), &task) == removals_.end(); });
  std::erase_if(finished_, [&](const RestoreOutcome& f) { return f.task == &task; });
}

std::vector<RestoreOutcome> Restorer::take_finished() {
  std::lock_guard lock(mutex_);
  return std::exchange(finished_, {});
}

bool Restorer::idle() const {
  std::lock_guard lock(mutex_);
  return held_ == 0 && finished_.empty();
}

void Restorer::loop() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || !requests_.empty() || !removals_.empty() || !restoring_.empty(); });
      if (stopping_) break;
    }
    run_once(kPollMs);
  }
  consumer_.reset();
}

Status Restorer::checkpoint(Task& task, bool done) {
  sensors_.done(UpdaterSensors::Phase::kUpdate);
  const StoreWork work(services_.gate);
  Status status = task.checkpoint(done);
  sensors_.done(UpdaterSensors::Phase::kCheckpoint);
  return status;
}

bool Restorer::run_once(int max_wait_ms) {
  try {
    return step(max_wait_ms);
  } catch (const std::exception& error) {  // settings that the client refuses, a listener that throws
    log_.error("Restoring fails: ", error.what());
    for (const auto& restoring : restoring_) {
      if (!restoring->finished) finish(*restoring, {StatusCode::kFatal, error.what()});
    }
    forget_finished();
    return true;
  }
}

bool Restorer::step(int max_wait_ms) {
  sensors_.begin_turn();
  forget_finished();  // of a step that threw
  serve_requests();
  if (restoring_.empty()) {
    consumer_.reset();  // an idle client costs threads and connections
    return false;
  }
  locate();
  begin_some();
  finish_done();
  if (!restoring_.empty()) read_or_wait(max_wait_ms);
  sensors_.end_turn();
  return true;
}

void Restorer::read_or_wait(int max_wait_ms) {
  std::vector<client::ConsumerError> errors;
  bool progress = read();
  if (!progress) {
    sensors_.done(UpdaterSensors::Phase::kUpdate);
    consumer().poll(max_wait_ms, errors);
    sensors_.done(UpdaterSensors::Phase::kIdle);
    handle_errors(errors);
    progress = read();
  }
  finish_done();
  report_progress();
}

void Restorer::serve_requests() {
  std::vector<RestoreRequest> requests;
  std::vector<Task*> removals;
  {
    std::lock_guard lock(mutex_);
    requests = std::exchange(requests_, {});
    removals = removals_;
  }
  for (RestoreRequest& request : requests) {
    auto restoring = std::make_unique<Restoring>();
    restoring->task = request.task;
    restoring->committed = std::move(request.committed);
    restoring->since = restoring->last_progress = services_.clock->now_ms();
    restoring_.push_back(std::move(restoring));
  }
  if (removals.empty()) return;
  // Whatever fails, the tasks are forgotten: their owner destroys them.
  std::exception_ptr failure;
  for (Task* task : removals) {
    const auto found =
        std::find_if(restoring_.begin(), restoring_.end(), [&](const auto& r) { return r->task == task; });
    if (found == restoring_.end()) continue;
    const std::unique_ptr<Restoring> restoring = std::move(*found);
    restoring_.erase(found);
    try {
      release(*restoring);
    } catch (...) {
      failure = std::current_exception();
    }
    std::lock_guard lock(mutex_);
    sensors_.set_tasks(--held_);
  }
  {
    std::lock_guard lock(mutex_);
    std::erase_if(removals_,
                  [&](Task* task) { return std::find(removals.begin(), removals.end(), task) != removals.end(); });
  }
  changed_.notify_all();
  if (failure) std::rethrow_exception(failure);
}

/// Asks where the changelogs of new tasks begin and end.
void Restorer::locate() {
  const Timestamp now = services_.clock->now_ms();
  if (now - last_locate_ < kLocateBackoffMs) return;
  std::vector<client::TopicPartition> names;
  Timestamp oldest = now;
  for (const auto& restoring : restoring_) {
    if (restoring->located) continue;
    for (const ChangelogPartition& changelog : restoring->task->changelogs()) names.push_back(changelog.partition);
    oldest = std::min(oldest, restoring->since);
  }
  if (names.empty()) return;
  const auto ranges = services_.admin->offsets(names, kAdminTimeoutMs);
  const StatusCode code = ranges.status().code();
  const bool may_pass = code == StatusCode::kTimedOut || code == StatusCode::kUnavailable;
  if (may_pass && now - oldest < config_.task_timeout_ms) {
    log_.warn("Cannot find the ends of changelogs, trying again: ", ranges.status().message());
    last_locate_ = now;
    return;
  }
  for (const auto& restoring : restoring_) {
    if (restoring->located) continue;
    Status status = ranges.ok() ? locate(*restoring, ranges.value()) : ranges.status();
    if (!status.ok()) finish(*restoring, std::move(status));
  }
  forget_finished();
}

/// Begins with tasks as others are done.
void Restorer::begin_some() {
  const auto open = [](const Restoring& restoring) {
    return static_cast<std::size_t>(std::count_if(restoring.partitions.begin(), restoring.partitions.end(),
                                                  [](const Partition& partition) { return !partition.done; }));
  };
  const Timestamp now = services_.clock->now_ms();
  std::size_t at_once = 0;
  for (const auto& restoring : restoring_) {
    const bool stuck = now - restoring->last_progress > kStuckMs;  // behind a transaction that was left open
    if (restoring->begun && !stuck) at_once += open(*restoring);
  }
  for (const auto& restoring : restoring_) {
    if (!restoring->located || restoring->begun) continue;
    const bool takes_long = restoring->remaining() > kFewRecords;  // what a standby task has read is not to wait
    if (takes_long && at_once > 0 && at_once + open(*restoring) > kPartitionsAtOnce) continue;
    restoring->begun = true;
    restoring->last_progress = now;
    if (Status status = begin(*restoring); !status.ok()) {
      finish(*restoring, std::move(status));
      continue;
    }
    if (takes_long) at_once += open(*restoring);
  }
  forget_finished();
}

Status Restorer::locate(Restoring& restoring, const std::map<client::TopicPartition, client::OffsetRange>& ranges) {
  const std::vector<ChangelogPartition>& changelogs = restoring.task->changelogs();
  for (std::size_t i = 0; i < changelogs.size(); ++i) {
    const ChangelogPartition& changelog = changelogs[i];
    const client::TopicPartition& name = changelog.partition;
    const auto found = ranges.find(name);
    if (found == ranges.end()) {
      return {StatusCode::kNotFound, text("Changelog ", name.topic, " has no partition ", name.partition)};
    }
    const client::OffsetRange& range = found->second;
    Partition partition;
    partition.name = name;
    partition.index = i;
    partition.end = range.latest;
    if (changelog.is_source_topic) {
      partition.end = std::min(partition.end, committed_offset(restoring.committed, name));
    }
    const bool from_scratch = changelog.next_offset == client::PartitionStart::kEarliest;
    partition.position = from_scratch ? range.earliest : changelog.next_offset;
    if (partition.position < range.earliest || partition.position > range.latest) {
      return {StatusCode::kOffsetOutOfRange,
              text("Store ", changelog.store, " is at offset ", partition.position, " of its changelog ", name.topic,
                   "-", name.partition, ", which has offsets ", range.earliest, " to ", range.latest)};
    }
    restoring.partitions.push_back(std::move(partition));
  }
  restoring.located = true;
  restoring.task->set_remaining(restoring.remaining());
  return {};
}

Status Restorer::begin(Restoring& restoring) {
  std::vector<client::PartitionStart> starts;
  for (Partition& partition : restoring.partitions) {
    const ChangelogPartition& changelog = restoring.task->changelogs()[partition.index];
    if (services_.listener) {
      services_.listener->on_start(partition.name.topic, partition.name.partition, changelog.store, partition.position,
                                   partition.end);
    }
    if (partition.position < partition.end) {
      starts.push_back({partition.name, partition.position});
      continue;
    }
    partition.done = true;
    const StoreWork work(services_.gate);
    restoring.task->restored_to(partition.index, partition.position);
    if (services_.listener)
      services_.listener->on_end(partition.name.topic, partition.name.partition, changelog.store, 0);
  }
  if (starts.empty()) return {};
  log_.info("Task ", restoring.task->id().text(), ": restoring up to ", restoring.remaining(), " changelog records of ",
            starts.size(), " stores");
  return consumer().assign(starts);
}

bool Restorer::read() {
  bool progress = false;
  for (std::size_t i = 0; i < restoring_.size(); ++i) {
    Restoring& restoring = *restoring_[i];
    if (restoring.finished) continue;
    Status status = read(restoring, progress);
    if (!status.ok()) finish(restoring, std::move(status));
    stay_within_memory();
  }
  forget_finished();
  return progress;
}

Status Restorer::read(Restoring& restoring, bool& progress) {
  if (!restoring.begun) return {};
  for (Partition& partition : restoring.partitions) {
    if (partition.done) continue;
    try {
      progress |= read(restoring, partition);
    } catch (const std::exception& error) {  // a store that cannot take what its changelog has
      return {StatusCode::kFatal, text(partition.name.topic, "-", partition.name.partition, " (state store ",
                                       restoring.task->changelogs()[partition.index].store, "): ", error.what())};
    }
  }
  return {};
}

/// Writes the largest where all together hold more than their share of the memory.
void Restorer::stay_within_memory() {
  std::size_t sum = 0, most = 0;
  Restoring* largest = nullptr;
  for (const auto& restoring : restoring_) {
    if (restoring->finished) continue;
    const std::size_t bytes = restoring->task->uncommitted_bytes();
    sum += bytes;
    if (bytes > most) {
      most = bytes;
      largest = restoring.get();
    }
  }
  const std::size_t limit =
      state::restoring_share(config_.state_memory_bytes) / static_cast<std::size_t>(config_.threads);
  if (largest == nullptr || sum <= limit) return;
  if (Status status = checkpoint(*largest->task, false); !status.ok()) finish(*largest, std::move(status));
}

bool Restorer::read(Restoring& restoring, Partition& partition) {
  const auto batch = consumer().fetch(partition.name, kBatch);
  if (batch) apply(restoring, partition, *batch);
  const std::int64_t position = consumer().position(partition.name);
  const bool moved = position > partition.position;
  if (moved) {
    partition.position = std::min(position, partition.end);
    restoring.task->set_remaining(restoring.remaining());
    {
      const StoreWork work(services_.gate);
      restoring.task->restored_to(partition.index, partition.position);
    }
    restoring.last_progress = services_.clock->now_ms();
  }
  if (partition.position < partition.end) return batch != nullptr || moved;
  partition.done = true;
  consumer().unassign({&partition.name, 1}).ignore("nothing more is read from it");
  const ChangelogPartition& changelog = restoring.task->changelogs()[partition.index];
  if (services_.listener)
    services_.listener->on_end(partition.name.topic, partition.name.partition, changelog.store, partition.applied);
  return true;
}

void Restorer::apply(Restoring& restoring, Partition& partition, const client::RecordBatch& batch) {
  if (batch.records().empty()) return;
  std::int64_t count = static_cast<std::int64_t>(batch.records().size());
  if (batch.records().back().offset < partition.end) {
    const StoreWork work(services_.gate);
    restoring.task->restore(partition.index, batch);
  } else {
    const BatchBefore before(batch, partition.end);
    count = static_cast<std::int64_t>(before.records().size());
    const StoreWork work(services_.gate);
    restoring.task->restore(partition.index, before);
  }
  partition.applied += count;
  restoring.applied += count;
  sensors_.applied(static_cast<std::size_t>(count));
  if (services_.listener) {
    services_.listener->on_batch(partition.name.topic, partition.name.partition,
                                 restoring.task->changelogs()[partition.index].store, batch.records().back().offset + 1,
                                 count);
  }
}

void Restorer::finish_done() {
  const auto is_done = [](const Partition& partition) { return partition.done; };
  for (const auto& restoring : restoring_) {
    if (restoring->finished || !restoring->begun ||
        !std::all_of(restoring->partitions.begin(), restoring->partitions.end(), is_done)) {
      continue;
    }
    Status status;
    if (restoring->applied > 0) {
      status = checkpoint(*restoring->task, true);
      log_.info("Task ", restoring->task->id().text(), ": restored ", restoring->applied, " records in ",
                services_.clock->now_ms() - restoring->since, " ms");
    }
    finish(*restoring, std::move(status));
  }
  forget_finished();
}

/// Gives a task back: from here on it is not touched.
void Restorer::finish(Restoring& restoring, Status status) {
  for (const Partition& partition : restoring.partitions) {
    if (restoring.begun && !partition.done && consumer_)
      consumer_->unassign({&partition.name, 1}).ignore("nothing more is read from it");
  }
  std::lock_guard lock(mutex_);
  finished_.push_back({restoring.task, std::move(status)});
  restoring.finished = true;
  sensors_.set_tasks(--held_);
}

/// Apart from what finishes them, as that may throw between two of them.
void Restorer::forget_finished() {
  std::erase_if(restoring_, [](const auto& restoring) { return restoring->finished; });
}

/// A task is taken away before it is done.
void Restorer::release(Restoring& restoring) {
  for (const Partition& partition : restoring.partitions) {
    if (partition.done || !restoring.begun) continue;
    if (consumer_) consumer_->unassign({&partition.name, 1}).ignore("nothing more is read from it");
    if (services_.listener) {
      services_.listener->on_suspended(partition.name.topic, partition.name.partition,
                                       restoring.task->changelogs()[partition.index].store, partition.applied);
    }
  }
  if (restoring.applied > 0) checkpoint(*restoring.task, true).ignore("it is restored again from where it was");
}

void Restorer::handle_errors(const std::vector<client::ConsumerError>& errors) {
  for (const client::ConsumerError& error : errors) {
    const bool final = error.status.code() == StatusCode::kOffsetOutOfRange ||
                       error.status.code() == StatusCode::kAuthorization ||
                       error.status.code() == StatusCode::kNotFound || error.status.code() == StatusCode::kFatal;
    if (!final || error.partition.topic.empty()) {
      log_.warn(error.partition.topic, "-", error.partition.partition, ": ", error.status.message());
      continue;
    }
    for (const auto& restoring : restoring_) {
      const bool concerned = std::any_of(restoring->partitions.begin(), restoring->partitions.end(),
                                         [&](const Partition& p) { return p.name == error.partition && !p.done; });
      if (concerned && !restoring->finished) finish(*restoring, error.status);
    }
  }
  forget_finished();
}

void Restorer::report_progress() {
  const Timestamp now = services_.clock->now_ms();
  if (last_report_ == 0) last_report_ = now;
  if (now - last_report_ < kReportIntervalMs) return;
  last_report_ = now;
  for (const auto& restoring : restoring_) {
    log_.info("Task ", restoring->task->id().text(), ": restored ", restoring->applied, " records",
              pace(restoring->applied, now - restoring->since, restoring->remaining()));
    if (restoring->begun && now - restoring->last_progress > kReportIntervalMs * 3) {
      log_.warn("Task ", restoring->task->id().text(), ": nothing could be read from its changelogs for ",
                now - restoring->last_progress,
                " ms. A transaction that was left open holds them up until it times out.");
    }
  }
}

client::Consumer& Restorer::consumer() {
  if (!consumer_) consumer_ = services_.clients->consumer(config_.consumer(ConsumerKind::kRestore, consumer_name_));
  return *consumer_;
}

}  // namespace streams::runtime
