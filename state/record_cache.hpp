// The record caches of one stream thread: an LRU budget in bytes over named caches.
//
// Source: ThreadCache, NamedCache, LRUCacheEntry, ProcessorRecordContext. Sizes, order of eviction and order of
// flushing are theirs, because both decide which updates go downstream. Invariants:
// 1. A put that exceeds the budget evicts from the cache it went to, never from others.
// 2. Evicting a dirty entry flushes all dirty entries of its cache, the evicted one first, the others in the order in
// which
//    they became dirty.
// 3. What is flushed was copied before: listeners may read and write this and other caches.
// 4. The total counts an eviction only once its flush is over, so that puts from inside the flush see the old total.
#pragma once

#include <state/byte_table.hpp>
#include <state/stores.hpp>
#include <streams/record.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace streams::state {

/// One cached value; a null value is a tombstone that the store below does not know of yet.
struct CacheSlot {
  Bytes value;
  bool null = false;
  bool dirty = false;
  std::string_view topic;
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  Timestamp timestamp = -1;
  Headers headers;

  // Kept by NamedCache.
  const Bytes* key = nullptr;
  std::size_t bytes = 0;
  std::uint64_t born = 0;  ///< number of the put that made the entry
  CacheSlot* newer = nullptr;
  CacheSlot* older = nullptr;
  CacheSlot* dirty_before = nullptr;
  CacheSlot* dirty_after = nullptr;
};

/// A copy of an entry on its way to the store below.
struct DirtyEntry {
  Bytes key;
  Bytes value;
  bool null = false;
  RecordContext context;  ///< but for the headers
  Headers headers;

  OptionalView view() const { return null ? std::nullopt : OptionalView(value); }
};

/// The cache of one store. Made and resized by RecordCache.
class NamedCache {
 public:
  using Table = ByteTable<CacheSlot>;
  using Listener = std::function<void(const DirtyEntry&)>;

  explicit NamedCache(Listener listener) : listener_(std::move(listener)) {}

  /// The entry, which becomes the last one to be evicted; null if there is none.
  CacheSlot* get(BytesView key);
  void touch(CacheSlot& slot);
  /// An entry read from the store below.
  void put_clean(BytesView key, BytesView value);
  void put_dirty(BytesView key, OptionalView value, const RecordContext& record);
  void evict();
  void flush();

  const Table& table() const { return table_; }
  bool empty() const { return table_.size() == 0; }
  std::size_t bytes() const { return bytes_; }
  std::uint64_t puts() const { return puts_; }
  /// Entries that left, and with them rows that a walk over the store below may have missed.
  std::uint64_t removals() const { return removals_; }
  /// The number of the flush under way, or of the last one.
  std::uint64_t flushes() const { return flushes_; }
  std::uint64_t hits() const { return hits_; }
  std::uint64_t misses() const { return misses_; }

 private:
  CacheSlot& slot_for(BytesView key);
  void count(CacheSlot& slot, std::size_t context_bytes);
  void remove(Table::Node* node);
  void unlink(CacheSlot& slot);
  void push_front(CacheSlot& slot);
  void mark_clean(CacheSlot& slot);
  void flush_all(std::vector<DirtyEntry>& entries, std::size_t count);

  Listener listener_;
  Table table_;
  CacheSlot* newest_ = nullptr;
  CacheSlot* oldest_ = nullptr;
  CacheSlot* first_dirty_ = nullptr;
  CacheSlot* last_dirty_ = nullptr;
  std::size_t bytes_ = 0;
  std::uint64_t puts_ = 0;
  std::uint64_t removals_ = 0;
  std::uint64_t flushes_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
  std::vector<DirtyEntry> entries_;  ///< buffers for flush; taken out while in use
};

/// Who reads, and so what reading may change.
enum class CacheReads {
  kByOwner,
  kByOthers,      ///< what they read from the stores below is not kept: that might evict rows
  kPastTheCache,  ///< others, who want to see what key-value stores hold below their caches
};

/// Belongs to one thread.
class RecordCache {
 public:
  explicit RecordCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  RecordCache(const RecordCache&) = delete;
  RecordCache& operator=(const RecordCache&) = delete;

  /// The thread's share after threads came or went; a smaller one evicts from all caches in turn.
  void resize(std::size_t max_bytes);
  std::size_t max_bytes() const { return max_bytes_; }
  std::size_t bytes() const { return bytes_; }
  /// Null if there is no such cache.
  const NamedCache* find(const std::string& name) const;

  /// Gives what was set before.
  CacheReads set_reads(CacheReads reads) { return std::exchange(reads_, reads); }
  CacheReads reads() const { return reads_; }

  // For the stores in front of which a cache stands.
  NamedCache& add(const std::string& name, NamedCache::Listener listener);
  /// Forgets the cache with its entries, dirty ones too.
  void remove(const std::string& name);
  void put_clean(NamedCache& cache, BytesView key, BytesView value);
  void put_dirty(NamedCache& cache, BytesView key, OptionalView value, const RecordContext& record);
  void flush(NamedCache& cache);

 private:
  class Booking;
  void evict_from(NamedCache& cache);
  void shrink(NamedCache& cache);

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  CacheReads reads_ = CacheReads::kByOwner;
  std::map<std::string, std::unique_ptr<NamedCache>> caches_;
};

/// The record context is that of a cached record while this lives.
class EntryContext {
 public:
  EntryContext(RecordContext& record, const DirtyEntry& entry) : record_(record), saved_(record) {
    record_ = entry.context;
    record_.headers = &entry.headers;
  }
  ~EntryContext() { record_ = saved_; }
  EntryContext(const EntryContext&) = delete;
  EntryContext& operator=(const EntryContext&) = delete;

 private:
  RecordContext& record_;
  const RecordContext saved_;
};

/// Walks over cached rows from <= key < to as Kafka Streams does: what it looks at becomes recently used, and entries
/// made after the walk began are not seen. Front of MergedRows.
class CacheWalk {
 public:
  /// `puts` are those that count: NamedCache::puts() as of the begin of the walk.
  CacheWalk(NamedCache& cache, KeyBounds bounds, std::uint64_t puts);
  bool valid() const { return walk_.valid(); }
  BytesView key() const { return key_; }
  OptionalView value() const { return null_ ? std::nullopt : OptionalView(value_); }
  bool changed() const { return walk_.changed(); }
  void next();
  /// Goes on if it has not passed the key yet.
  void seek_after(BytesView key);

 private:
  void look();

  NamedCache& cache_;
  std::uint64_t puts_;
  TableWalk<CacheSlot> walk_;
  Bytes key_;  ///< of the row looked at last
  Bytes value_;
  bool null_ = false;
};

}  // namespace streams::state
