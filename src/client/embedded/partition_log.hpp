// The log of one partition: records and transaction markers in offset order.
//
// 1. Offsets are given out under the lock, one after the other; compaction leaves gaps, never moves an offset.
// 2. start_offset() only grows. Chunks wholly below it are dropped; batches that were handed out keep theirs alive.
// 3. The last stable offset is the first offset of the oldest open transaction, or the end of the log.
// 4. Every change that lets a reader go on wakes the readers that watch.
#pragma once

#include <streams/clock.hpp>

#include <streams/client.hpp>
#include "client/embedded/chunk.hpp"
#include "client/embedded/topic_config.hpp"
#include "client/embedded/waker.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace streams::client::embedded {

/// Lets the log refuse a producer that was replaced: `current` moves on when another instance takes over.
struct Fence {
  const std::atomic<std::int32_t>* current = nullptr;  ///< null: not transactional, never fenced
  std::int32_t epoch = 0;
  bool passes() const { return current == nullptr || current->load(std::memory_order_acquire) == epoch; }
};

enum class AppendOutcome { kOk, kFenced, kDeleted, kTooLarge, kNoKey };

struct Appended {
  AppendOutcome outcome = AppendOutcome::kOk;
  std::int64_t offset = -1;
};

/// Records that point into the log's chunks.
class LogBatch final : public RecordBatch {
 public:
  Headers headers(const ConsumerRecord& record) const override {
    return static_cast<const Entry*>(record.raw)->headers();
  }

 private:
  friend class PartitionLog;
  std::vector<std::shared_ptr<const Chunk>> chunks_;
};

enum class Isolation { kReadUncommitted, kReadCommitted };

/// What a reader at some offset meets.
struct View {
  std::int64_t start = 0;  ///< log start offset
  std::int64_t end = 0;    ///< log end offset
  std::int64_t limit = 0;  ///< where reading ends: the last stable offset or `end`
  std::int64_t next = 0;   ///< offset of the next record that the reader sees; `limit` if there is none
  bool deleted = false;    ///< the topic is gone

  bool at_end() const { return next >= limit; }
};

using Chunks = std::deque<std::shared_ptr<Chunk>>;

/// The last chunk, or a new one where `size` bytes do not fit into it.
Chunk& room_for(Chunks& chunks, std::size_t size, std::int64_t offset);

class PartitionLog {
 public:
  PartitionLog(TopicPartition name, std::shared_ptr<const TopicConfig> config, const Clock& clock);

  const TopicPartition& name() const { return name_; }
  const TopicConfig& config() const { return *config_; }

  /// Adds a record; fills in its offset, and its timestamp where the broker sets it.
  Appended append(NewEntry& entry, const Fence& fence);
  /// Writes the marker that ends the open transaction of a producer; does nothing if there is none.
  void end_transaction(std::int64_t producer_id, bool commit);

  View look(std::int64_t from, Isolation isolation) const;
  /// Adds up to `max` records at or after `from` to `out`. View::next is then where to read on.
  View read(std::int64_t from, std::size_t max, Isolation isolation, LogBatch& out) const;
  /// Where a reader that asks for kEarliest, kLatest or an offset starts.
  std::int64_t resolve(std::int64_t offset, Isolation isolation) const;
  /// Offset of the first record that is not older; kLatest if there is none.
  std::int64_t first_since(Timestamp time) const;

  /// Forgets records below `offset`; kOffsetOutOfRange beyond the end.
  Status delete_before(std::int64_t offset);
  /// Applies retention and compaction to everything that has been written, now.
  void clean();
  void mark_deleted();

  void watch(Waker& waker, Isolation isolation);
  void unwatch(Waker& waker);

 private:
  struct OpenTransaction {
    std::int64_t producer_id;
    std::int64_t first_offset;
  };
  struct Watcher {
    Waker* waker;
    Isolation isolation;
  };

  std::int64_t stable_end() const { return open_.empty() ? end_ : std::max(start_, open_.front().first_offset); }
  View view(std::int64_t from, Isolation isolation) const;
  std::size_t chunk_of(std::int64_t offset) const;
  void store(NewEntry& entry, std::size_t size);
  void mark_aborted(const OpenTransaction& transaction);
  void drop_before(std::int64_t offset);
  void wake(bool stable_end_moved);
  void clean_on_roll();
  void expire(Timestamp now);
  void compact(Timestamp now);

  const TopicPartition name_;
  const std::shared_ptr<const TopicConfig> config_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  Chunks chunks_;
  std::vector<OpenTransaction> open_;  ///< by first offset
  std::vector<Watcher> watchers_;
  std::int64_t start_ = 0;
  std::int64_t end_ = 0;
  bool deleted_ = false;

  Timestamp last_expiry_check_;
  std::size_t bytes_ = 0;                                   ///< of all chunks
  std::size_t clean_bytes_ = 0;                             ///< what the last compaction left
  std::unordered_map<std::int64_t, Timestamp> tombstones_;  ///< offset of a compacted tombstone -> when it may go
};

}  // namespace streams::client::embedded
