// Appending, reading and the transactions of a partition's log.
#include "client/embedded/partition_log.hpp"

namespace streams::client::embedded {
namespace {

constexpr std::size_t kSmallestChunk = 4 * 1024;
constexpr std::size_t kLargestChunk = 256 * 1024;
/// What a record costs in Kafka's format beside its bytes, about: max.message.bytes counts it.
constexpr std::size_t kRecordOverhead = 70;

bool hidden(const Entry& entry, Isolation isolation) {
  return entry.kind != EntryKind::kData || (entry.aborted && isolation == Isolation::kReadCommitted);
}

}  // namespace

Chunk& room_for(Chunks& chunks, std::size_t size, std::int64_t offset) {
  if (!chunks.empty() && chunks.back()->fits(size)) return *chunks.back();
  const std::size_t doubled = chunks.empty() ? kSmallestChunk : std::min(2 * chunks.back()->capacity(), kLargestChunk);
  chunks.push_back(std::make_shared<Chunk>(std::max(doubled, size), offset));
  return *chunks.back();
}

PartitionLog::PartitionLog(TopicPartition name, std::shared_ptr<const TopicConfig> config, const Clock& clock)
    : name_(std::move(name)), config_(std::move(config)), clock_(clock), last_expiry_check_(clock.now_ms()) {}

Appended PartitionLog::append(NewEntry& entry, const Fence& fence) {
  const std::size_t size = stored_size(entry);
  if (config_->compact && !entry.key) return {AppendOutcome::kNoKey, -1};
  if (size - sizeof(Entry) + kRecordOverhead > static_cast<std::size_t>(config_->max_message_bytes)) {
    return {AppendOutcome::kTooLarge, -1};
  }
  if (config_->log_append_time || entry.timestamp < 0) entry.timestamp = clock_.now_ms();

  const std::lock_guard lock(mutex_);
  if (deleted_) return {AppendOutcome::kDeleted, -1};
  if (!fence.passes()) return {AppendOutcome::kFenced, -1};
  if (entry.producer_id >= 0) {
    const auto same = [&](const OpenTransaction& t) { return t.producer_id == entry.producer_id; };
    if (std::none_of(open_.begin(), open_.end(), same)) open_.push_back({entry.producer_id, end_});
  }
  store(entry, size);
  wake(open_.empty());
  return {AppendOutcome::kOk, entry.offset};
}

void PartitionLog::store(NewEntry& entry, std::size_t size) {
  if (!chunks_.empty() && !chunks_.back()->fits(size)) clean_on_roll();
  entry.offset = end_;
  room_for(chunks_, size, end_).append(entry);
  bytes_ += size;
  ++end_;
}

void PartitionLog::end_transaction(std::int64_t producer_id, bool commit) {
  const std::lock_guard lock(mutex_);
  const auto same = [&](const OpenTransaction& t) { return t.producer_id == producer_id; };
  const auto open = std::find_if(open_.begin(), open_.end(), same);
  if (deleted_ || open == open_.end()) return;
  if (!commit) mark_aborted(*open);
  open_.erase(open);
  NewEntry marker;
  marker.timestamp = clock_.now_ms();
  marker.producer_id = producer_id;
  marker.kind = commit ? EntryKind::kCommitMarker : EntryKind::kAbortMarker;
  store(marker, stored_size(marker));
  wake(true);
}

void PartitionLog::mark_aborted(const OpenTransaction& transaction) {
  for (std::size_t i = chunk_of(transaction.first_offset); i < chunks_.size(); ++i) {
    Chunk& chunk = *chunks_[i];
    for (std::size_t j = chunk.lower_bound(transaction.first_offset); j < chunk.count(); ++j) {
      Entry& entry = chunk.entry(j);
      if (entry.producer_id == transaction.producer_id && entry.kind == EntryKind::kData) entry.aborted = true;
    }
  }
}

std::size_t PartitionLog::chunk_of(std::int64_t offset) const {
  const auto above = std::upper_bound(chunks_.begin(), chunks_.end(), offset,
                                      [](std::int64_t o, const auto& chunk) { return o < chunk->base_offset(); });
  return above == chunks_.begin() ? 0 : static_cast<std::size_t>(above - chunks_.begin()) - 1;
}

View PartitionLog::view(std::int64_t from, Isolation isolation) const {
  View view{start_, end_, isolation == Isolation::kReadCommitted ? stable_end() : end_, from, deleted_};
  if (from >= view.limit || from < start_) return view;
  for (std::size_t i = chunk_of(from); i < chunks_.size(); ++i) {
    const Chunk& chunk = *chunks_[i];
    for (std::size_t j = chunk.lower_bound(from); j < chunk.count(); ++j) {
      const Entry& entry = chunk.entry(j);
      if (hidden(entry, isolation)) continue;
      view.next = std::min(entry.offset, view.limit);
      return view;
    }
  }
  view.next = view.limit;
  return view;
}

View PartitionLog::look(std::int64_t from, Isolation isolation) const {
  const std::lock_guard lock(mutex_);
  return view(from, isolation);
}

std::int64_t PartitionLog::first_since(Timestamp time) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = chunk_of(start_); i < chunks_.size(); ++i) {
    const Chunk& chunk = *chunks_[i];
    for (std::size_t j = chunk.lower_bound(start_); j < chunk.count(); ++j) {
      const Entry& entry = chunk.entry(j);
      if (entry.timestamp >= time && !hidden(entry, Isolation::kReadUncommitted)) return entry.offset;
    }
  }
  return PartitionStart::kLatest;
}

View PartitionLog::read(std::int64_t from, std::size_t max, Isolation isolation, LogBatch& out) const {
  const std::lock_guard lock(mutex_);
  View view{start_, end_, isolation == Isolation::kReadCommitted ? stable_end() : end_, from, deleted_};
  if (from >= view.limit || from < start_) return view;
  auto& records = out.records_;
  max = std::min(max, static_cast<std::size_t>(view.limit - from));
  records.reserve(max);
  for (std::size_t i = chunk_of(from); i < chunks_.size(); ++i) {
    const Chunk& chunk = *chunks_[i];
    const std::size_t before = records.size();
    std::size_t j = chunk.lower_bound(view.next);
    for (; j < chunk.count() && records.size() < max; ++j) {
      const Entry& entry = chunk.entry(j);
      if (entry.offset >= view.limit) break;
      if (!hidden(entry, isolation))
        records.push_back({entry.offset, entry.timestamp, entry.key(), entry.value(), &entry});
    }
    if (records.size() != before) out.chunks_.push_back(chunks_[i]);
    if (j < chunk.count()) {
      view.next = std::min(chunk.entry(j).offset, view.limit);
      return view;
    }
  }
  view.next = view.limit;
  return view;
}

std::int64_t PartitionLog::resolve(std::int64_t offset, Isolation isolation) const {
  if (offset >= 0) return offset;
  const std::lock_guard lock(mutex_);
  if (offset == PartitionStart::kEarliest) return start_;
  return isolation == Isolation::kReadCommitted ? stable_end() : end_;
}

void PartitionLog::mark_deleted() {
  const std::lock_guard lock(mutex_);
  deleted_ = true;
  chunks_.clear();
  open_.clear();
  wake(true);
}

void PartitionLog::watch(Waker& waker, Isolation isolation) {
  const std::lock_guard lock(mutex_);
  watchers_.push_back({&waker, isolation});
}

void PartitionLog::unwatch(Waker& waker) {
  const std::lock_guard lock(mutex_);
  std::erase_if(watchers_, [&](const Watcher& w) { return w.waker == &waker; });
}

void PartitionLog::wake(bool stable_end_moved) {
  for (const Watcher& watcher : watchers_) {
    if (stable_end_moved || watcher.isolation == Isolation::kReadUncommitted) watcher.waker->notify();
  }
}

}  // namespace streams::client::embedded
