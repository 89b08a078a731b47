// The one way to commit, and the one way back where it fails.
#include <runtime/stream_thread.hpp>

#include <algorithm>

namespace streams::runtime {

namespace {

/// Offsets of topics that the group is not subscribed to expire (7 days by default) unless they are committed again.
constexpr std::int64_t kRecommitMs = 12 * 60 * 60 * 1000;
constexpr std::int64_t kCommitRetryMs = 100;

}  // namespace

bool StreamThread::commit_if_due() {
  const bool time = now_ - last_commit_ >= config_.commit_interval_ms;
  bool asked = false;
  std::size_t bytes = 0;
  for (const Entry* entry : running_) {
    asked |= entry->task->commit_requested();
    bytes += entry->task->uncommitted_bytes();
  }
  const std::size_t limit =
      state::uncommitted_share(config_.state_memory_bytes) / static_cast<std::size_t>(config_.threads);
  if (!time && !asked && bytes <= limit) return false;
  if (commit_failing_since_ >= 0 && now_ - last_retry_ < kCommitRetryMs) return false;
  const std::uint64_t before = commits_;
  if (!commit()) {
    last_retry_ = now_;
    return false;
  }
  last_commit_ = now_;
  purge();
  return commits_ > before;
}

/// Commits all running tasks. False: not possible at the moment (a rebalance is going on, the coordinator does not
/// answer), try again. Throws TaskMigrated, TaskCorrupted, TaskError, StreamsError.
bool StreamThread::commit() {
  if (!output_.is_open()) return true;  // then no task runs
  std::vector<Entry*> involved;
  std::vector<client::OffsetAndMetadata> offsets;
  for (Entry* entry : running_) {
    for (std::size_t i = 0; i < entry->inputs.size(); ++i) {
      if (entry->task->buffered(i) > 0) continue;
      entry->task->set_position(i, consumer_->position(entry->inputs[i].partition.partition));
    }
    if (!entry->task->commit_needed()) continue;
    const StoreWork work(stores_->gate);
    involved.push_back(entry);
    std::vector<client::OffsetAndMetadata> own = entry->task->prepare_commit();
    std::move(own.begin(), own.end(), std::back_inserter(offsets));
  }
  add_old_offsets(offsets);
  if (involved.empty() && offsets.empty() && !output_.in_transaction()) return true;
  const std::int64_t begin_ns = sensors_.now_ns();
  output_.flush();
  const bool committed = commit_offsets(offsets);
  sensors_.blocked_since(begin_ns);
  if (!committed) return false;
  commit_failing_since_ = giving_up_since_ = -1;
  ++commits_;
  for (client::OffsetAndMetadata& offset : offsets) {
    const client::TopicPartition partition = offset.partition;
    last_committed_[partition] = {std::move(offset), now_, false};
  }
  for (Entry* entry : involved) {
    const StoreWork work(stores_->gate);
    const Status status = entry->task->post_commit();
    if (!status.ok())
      throw StreamsError("State of task " + entry->id.text() + " cannot be written: " + status.message());
  }
  return true;
}

bool StreamThread::commit_offsets(const std::vector<client::OffsetAndMetadata>& offsets) {
  if (config_.exactly_once) {
    const Result<client::GroupMetadata> group = consumer_->group_metadata();
    if (!group.ok()) return commit_failed(group.status());
    output_.commit_transaction(offsets, group.value());
    return true;
  }
  if (offsets.empty()) return true;
  const Status status = consumer_->commit(offsets);
  return status.ok() || commit_failed(status);
}

/// False if trying again may help, else throws.
bool StreamThread::commit_failed(const Status& status) {
  if (status.code() == StatusCode::kFenced || status.code() == StatusCode::kAbortable)
    throw TaskMigrated(status.message());
  const bool may_pass = status.code() == StatusCode::kRebalanceInProgress || status.code() == StatusCode::kTimedOut ||
                        status.code() == StatusCode::kUnavailable;
  if (!may_pass) throw StreamsError("Offsets cannot be committed: " + status.message());
  if (commit_failing_since_ < 0) {
    commit_failing_since_ = now_;
    if (status.code() != StatusCode::kRebalanceInProgress)
      log_.warn("Offsets cannot be committed, trying again: ", status.message());
  }
  if (now_ - commit_failing_since_ > config_.task_timeout_ms) {
    throw StreamsError("Offsets could not be committed for " + std::to_string(config_.task_timeout_ms) +
                       " ms (task.timeout.ms): " + status.message());
  }
  return false;
}

/// Adds offsets that were committed long ago and have not changed since.
void StreamThread::add_old_offsets(std::vector<client::OffsetAndMetadata>& offsets) {
  if (now_ - last_recommit_check_ < kRecommitMs / 12) return;
  last_recommit_check_ = now_;
  for (const auto& [partition, committed] : last_committed_) {
    if (now_ - committed.when < kRecommitMs) continue;
    const bool there = std::any_of(offsets.begin(), offsets.end(),
                                   [&partition = partition](const auto& o) { return o.partition == partition; });
    if (!there) offsets.push_back(committed.offset);
  }
}

/// Nobody reads records of repartition topics again once the offsets behind them are committed.
void StreamThread::purge() {
  if (!services_.purge || now_ - last_purge_ < config_.repartition_purge_interval_ms) return;
  last_purge_ = now_;
  std::vector<client::OffsetAndMetadata> before;
  for (auto& [partition, committed] : last_committed_) {
    if (std::exchange(committed.purged, true)) continue;
    if (prepared_->repartition_topics.contains(partition.topic) && committed.offset.offset > 0)
      before.push_back(committed.offset);
  }
  if (!before.empty()) services_.purge(std::move(before));
}

/// The work since the last commit is void: forgets it everywhere and starts the tasks anew from what is committed.
void StreamThread::give_up_work(bool new_producer, const std::string& why) {
  log_.warn("Starting tasks anew from their last commit: ", why);
  if (new_producer)
    output_.reset();
  else
    output_.abort_transaction();
  for (Entry* entry : running_) start_anew(*entry, false);
  list_running();
  commit_failing_since_ = -1;
  last_commit_ = now_;
  if (state() == ThreadState::kRunning && !tasks_.empty()) set_state(ThreadState::kPartitionsAssigned);
}

}  // namespace streams::runtime
