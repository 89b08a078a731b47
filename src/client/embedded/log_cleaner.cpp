// Removal of records from a partition's log: DeleteRecords, retention by time and size, compaction.
#include "client/embedded/partition_log.hpp"
#include "client/embedded/topics.hpp"

#include <string>
#include <unordered_map>

namespace streams::client::embedded {
namespace {

/// Kafka's log.retention.check.interval.ms.
constexpr Timestamp kExpiryCheckInterval = 5 * 60 * 1000;

}  // namespace

Status PartitionLog::delete_before(std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  if (offset > end_) {
    return {StatusCode::kOffsetOutOfRange, "Cannot delete records of " + name_of(name_) + " before offset " +
                                               std::to_string(offset) + ": the log ends at " + std::to_string(end_)};
  }
  drop_before(offset);
  return {};
}

void PartitionLog::drop_before(std::int64_t offset) {
  if (offset <= start_) return;
  start_ = offset;
  while (!chunks_.empty()) {
    const std::int64_t next = chunks_.size() > 1 ? chunks_[1]->base_offset() : end_;
    if (next > start_) break;
    bytes_ -= chunks_.front()->bytes();
    chunks_.pop_front();
  }
  clean_bytes_ = std::min(clean_bytes_, bytes_);
  wake(true);
}

void PartitionLog::clean() {
  const std::lock_guard lock(mutex_);
  const Timestamp now = clock_.now_ms();
  if (config_->expire) expire(now);
  if (config_->compact) compact(now);
}

void PartitionLog::clean_on_roll() {
  const Timestamp now = clock_.now_ms();
  if (config_->expire && now - last_expiry_check_ >= kExpiryCheckInterval) expire(now);
  if (!config_->compact) return;
  const auto dirty = static_cast<double>(bytes_ - clean_bytes_);
  if (dirty >= config_->min_cleanable_dirty_ratio * static_cast<double>(bytes_)) compact(now);
}

void PartitionLog::expire(Timestamp now) {
  last_expiry_check_ = now;
  std::int64_t keep_from = start_;
  std::size_t left = bytes_;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const std::int64_t next = i + 1 < chunks_.size() ? chunks_[i + 1]->base_offset() : end_;
    const bool too_old = config_->retention_ms >= 0 && chunks_[i]->max_timestamp() < now - config_->retention_ms;
    left -= chunks_[i]->bytes();
    const bool too_much = config_->retention_bytes >= 0 && left >= static_cast<std::size_t>(config_->retention_bytes);
    if (next > stable_end() || !(too_old || too_much)) break;
    keep_from = next;
  }
  drop_before(keep_from);
}

/// Keeps of each key the last committed record. A tombstone stays for delete.retention.ms after its first compaction.
/// Records at or above the last stable offset, or younger than min.compaction.lag.ms, are left alone with all after
/// them.
void PartitionLog::compact(Timestamp now) {
  std::int64_t until = stable_end();
  std::unordered_map<BytesView, std::int64_t> last;
  const auto for_each = [&](auto&& visit) {
    for (const auto& chunk : chunks_) {
      for (std::size_t i = 0; i < chunk->count(); ++i) visit(chunk->entry(i));
    }
  };
  for_each([&](const Entry& entry) {
    if (entry.offset < until && now - entry.timestamp < config_->min_compaction_lag_ms) until = entry.offset;
    const bool counts = entry.offset < until && entry.kind == EntryKind::kData && !entry.aborted;
    if (counts) last[*entry.key()] = entry.offset;
  });
  Chunks kept;
  std::unordered_map<std::int64_t, Timestamp> tombstones;
  std::size_t kept_bytes = 0;
  for_each([&](const Entry& entry) {
    if (entry.offset < start_) return;
    if (entry.offset < until) {
      if (entry.kind != EntryKind::kData || entry.aborted || last[*entry.key()] != entry.offset) return;
      if (entry.value_size < 0) {
        const auto known = tombstones_.find(entry.offset);
        if (known != tombstones_.end() && known->second <= now) return;
        tombstones.emplace(entry.offset,
                           known != tombstones_.end() ? known->second : now + config_->delete_retention_ms);
      }
    }
    const std::size_t size = stored_size(entry);
    room_for(kept, size, entry.offset).append(entry);
    kept_bytes += size;
  });
  chunks_ = std::move(kept);
  tombstones_ = std::move(tombstones);
  bytes_ = clean_bytes_ = kept_bytes;
}

}  // namespace streams::client::embedded
