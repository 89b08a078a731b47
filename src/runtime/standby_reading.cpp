// Reading the changelogs of standby tasks.
#include <runtime/standby_tasks.hpp>

#include <runtime/batch_before.hpp>

#include <algorithm>
#include <exception>
#include <limits>

namespace streams::runtime {

namespace {

constexpr int kAdminTimeoutMs = 10000;
constexpr int kCommittedTimeoutMs = 2000;
constexpr std::size_t kBatch = 2000;
constexpr std::int64_t kWriteIntervalMs = 10000;
constexpr std::int64_t kLocateBackoffMs = 100;
constexpr std::int64_t kLimitsIntervalMs = 1000;

}  // namespace

void StandbyTasks::step(int max_wait_ms) {
  sensors_.begin_turn();
  look_at_group();
  follow_placement();
  count_tasks();
  {
    std::lock_guard lock(mutex_);
    if (consumer_ && !to_unassign_.empty()) consumer_->unassign(to_unassign_).ignore("nothing more is read from them");
    to_unassign_.clear();
    if (standbys_.empty()) {
      consumer_.reset();  // an idle client costs threads and connections
      return;
    }
  }
  locate();
  learn_limits();
  if (!read()) {
    std::vector<client::ConsumerError> errors;
    sensors_.done(UpdaterSensors::Phase::kUpdate);
    consumer().poll(max_wait_ms, errors);
    sensors_.done(UpdaterSensors::Phase::kIdle);
    handle_errors(errors);
    read();
  }
  sensors_.end_turn();
}

void StandbyTasks::count_tasks() {
  std::lock_guard lock(mutex_);
  const auto open = static_cast<std::size_t>(
      std::count_if(standbys_.begin(), standbys_.end(), [](const auto& s) { return s.second.task != nullptr; }));
  sensors_.set_tasks(is_paused() ? 0 : open, is_paused() ? open : 0);
}

/// Asks where the changelogs of new standby tasks begin and end.
void StandbyTasks::locate() {
  const Timestamp now = services_.clock->now_ms();
  if (now - last_locate_ < kLocateBackoffMs) return;
  std::vector<client::TopicPartition> names;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, standby] : standbys_) {
      if (!standby.task || !standby.partitions.empty()) continue;
      for (const ChangelogPartition& changelog : standby.task->changelogs()) names.push_back(changelog.partition);
    }
  }
  if (names.empty()) return;
  last_locate_ = now;
  const auto ranges = services_.admin->offsets(names, kAdminTimeoutMs);
  if (!ranges.ok()) {
    log_.info("Cannot find the ends of changelogs, trying again: ", ranges.status().message());
    return;
  }
  std::lock_guard lock(mutex_);
  for (auto& [id, standby] : standbys_) {
    if (standby.task && standby.partitions.empty()) locate(id, standby, ranges.value());
  }
}

void StandbyTasks::locate(TaskId id, Standby& standby,
                          const std::map<client::TopicPartition, client::OffsetRange>& ranges) {
  const std::vector<ChangelogPartition>& changelogs = standby.task->changelogs();
  std::vector<client::PartitionStart> starts;
  std::vector<Partition> partitions;
  for (std::size_t i = 0; i < changelogs.size(); ++i) {
    const ChangelogPartition& changelog = changelogs[i];
    const auto found = ranges.find(changelog.partition);
    if (found == ranges.end()) return;  // opened since, or not created yet: next time
    const client::OffsetRange& range = found->second;
    const bool from_scratch = changelog.next_offset == client::PartitionStart::kEarliest;
    const std::int64_t start = from_scratch ? range.earliest : changelog.next_offset;
    if (start < range.earliest || start > range.latest) {
      return fail(id, standby,
                  text("its changelog ", changelog.partition.topic, "-", changelog.partition.partition, " has offsets ",
                       range.earliest, " to ", range.latest, ", and not ", start),
                  true);
    }
    starts.push_back({changelog.partition, start});
    const std::int64_t limit = changelog.is_source_topic ? -1 : std::numeric_limits<std::int64_t>::max();
    partitions.push_back({i, start, limit, range.latest, true});
  }
  // What is still to be unassigned may be the same partitions.
  if (!to_unassign_.empty()) consumer().unassign(to_unassign_).ignore("nothing more is read from them");
  to_unassign_.clear();
  if (const Status status = consumer().assign(starts); !status.ok()) return fail(id, standby, status.message(), false);
  standby.partitions = std::move(partitions);
  last_limits_ = 0;
  log_.info("Standby task ", id.text(), ": reading ", starts.size(), " changelogs");
  for (const Partition& partition : standby.partitions) {
    const ChangelogPartition& changelog = changelogs[partition.index];
    if (services_.listener) {
      services_.listener->on_start(changelog.partition.topic, changelog.partition.partition, changelog.store,
                                   starts[partition.index].offset);
    }
  }
}

/// Asks how far source topics that serve as changelogs are committed.
void StandbyTasks::learn_limits() {
  const Timestamp now = services_.clock->now_ms();
  if (now - last_limits_ < kLimitsIntervalMs) return;
  std::vector<client::TopicPartition> names;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, standby] : standbys_) {
      for (const Partition& partition : standby.partitions) {
        const ChangelogPartition& changelog = standby.task->changelogs()[partition.index];
        if (changelog.is_source_topic) names.push_back(changelog.partition);
      }
    }
  }
  last_limits_ = now;
  if (names.empty()) return;
  const auto committed = consumer().committed(names, kCommittedTimeoutMs);
  if (!committed.ok()) return;
  std::lock_guard lock(mutex_);
  for (auto& [id, standby] : standbys_) {
    for (Partition& partition : standby.partitions) {
      const ChangelogPartition& changelog = standby.task->changelogs()[partition.index];
      if (!changelog.is_source_topic) continue;
      for (const client::OffsetAndMetadata& offset : committed.value()) {
        if (offset.partition == changelog.partition) partition.limit = std::max(partition.limit, offset.offset);
      }
    }
  }
}

bool StandbyTasks::read() {
  bool progress = false;
  std::lock_guard lock(mutex_);
  for (auto& [id, standby] : standbys_) {
    if (!standby.task || standby.partitions.empty()) continue;
    try {
      if (!is_paused()) progress |= read(standby);
      write(id, standby);
    } catch (const std::exception& error) {  // a store that cannot take what its changelog has
      fail(id, standby, error.what(), false);
    }
  }
  return progress;
}

bool StandbyTasks::read(Standby& standby) {
  bool progress = false;
  for (Partition& partition : standby.partitions) progress |= read(standby, partition);
  return progress;
}

bool StandbyTasks::read(Standby& standby, Partition& partition) {
  const client::TopicPartition& name = standby.task->changelogs()[partition.index].partition;
  if (partition.position >= partition.limit) return false;
  const auto batch = consumer().fetch(name, kBatch);
  std::int64_t position = std::max(consumer().position(name), partition.position);
  if (position > partition.limit) {
    position = partition.limit;
    consumer().seek({name, position}).ignore("an error of the partition says so");
  }
  if (batch) apply(standby, partition, BatchBefore(*batch, position));
  if (position == partition.position) return batch != nullptr;
  partition.position = position;
  standby.applied = true;
  const StoreWork work(stores_->gate);
  standby.task->restored_to(partition.index, position);
  return true;
}

void StandbyTasks::apply(Standby& standby, Partition& partition, const client::RecordBatch& batch) {
  if (batch.records().empty()) return;
  {
    const StoreWork work(stores_->gate);
    standby.task->restore(partition.index, batch);
  }
  standby.applied = true;
  sensors_.applied(batch.records().size());
  const ChangelogPartition& changelog = standby.task->changelogs()[partition.index];
  partition.end = std::max(partition.end, changelog.next_offset);
  if (!services_.listener) return;
  services_.listener->on_batch(changelog.partition.topic, changelog.partition.partition, changelog.store,
                               changelog.next_offset, static_cast<std::int64_t>(batch.records().size()), partition.end);
}

/// Now and then, so that little has to be read again after a crash.
void StandbyTasks::write(TaskId id, Standby& standby) {
  const Timestamp now = services_.clock->now_ms();
  const std::size_t limit = state::standby_share(config_.state_memory_bytes) / standbys_.size();
  const bool due = now - standby.written_at >= kWriteIntervalMs || standby.task->uncommitted_bytes() > limit;
  if (!standby.applied || !due) return;
  standby.written_at = now;
  sensors_.done(UpdaterSensors::Phase::kUpdate);
  const StoreWork work(stores_->gate);
  const Status status = standby.task->checkpoint();
  sensors_.done(UpdaterSensors::Phase::kCheckpoint);
  if (!status.ok()) throw StateError(text("State of task ", id.text(), " cannot be written: ", status.message()));
  standby.applied = false;
}

void StandbyTasks::handle_errors(const std::vector<client::ConsumerError>& errors) {
  std::lock_guard lock(mutex_);
  for (const client::ConsumerError& error : errors) {
    const bool gone = error.status.code() == StatusCode::kOffsetOutOfRange;
    const bool final = gone || error.status.code() == StatusCode::kAuthorization ||
                       error.status.code() == StatusCode::kNotFound || error.status.code() == StatusCode::kFatal;
    for (auto& [id, standby] : standbys_) {
      if (!final || !standby.task) continue;
      const auto& changelogs = standby.task->changelogs();
      const bool concerned = std::any_of(changelogs.begin(), changelogs.end(),
                                         [&](const auto& c) { return c.partition == error.partition; });
      if (concerned) fail(id, standby, error.status.message(), gone);
    }
    if (!final) log_.warn(error.partition.topic, "-", error.partition.partition, ": ", error.status.message());
  }
}

client::Consumer& StandbyTasks::consumer() {
  if (!consumer_) consumer_ = services_.clients->consumer(config_.consumer(ConsumerKind::kRestore, consumer_name_));
  return *consumer_;
}

}  // namespace streams::runtime
