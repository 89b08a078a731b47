// Ordered maps of bytes with a transaction overlay: what every kind of state store is made of.
//
// Invariants:
// 1. Writes go to the overlay of a family; reads see them at once. Nothing reaches the database before commit().
// 2. commit() writes all overlays and the changelog offsets in one atomic batch: what is on disk is a consistent
// prefix.
// 3. discard() forgets every write since the last commit().
// 4. A database and its families belong to one thread at a time (the task's); readers on other threads: see snapshot
// reads in docs.
#pragma once

#include <streams/bytes.hpp>
#include <streams/detail/byte_stores.hpp>
#include <streams/status.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace streams::state {

/// Where to look for rows.
enum class RowsIn {
  kAll,
  kUncommitted  ///< the caller knows that none of those that it wants is committed yet; what is later is found
};

/// One ordered map from bytes to bytes.
class ByteStore {
 public:
  virtual ~ByteStore() = default;
  /// False if there is no such row; otherwise `out` holds its value.
  virtual bool get(BytesView key, Bytes& out) const = 0;
  virtual void put(BytesView key, BytesView value) = 0;
  virtual void erase(BytesView key) = 0;
  /// Erases all rows with from <= key < to.
  virtual void erase_range(BytesView from, BytesView to) = 0;
  /// Rows with from <= key < to; nullopt is an open end. Rows put or erased while the iterator lives may or may not be
  /// seen, but the iterator stays valid.
  virtual std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse = false,
                                              RowsIn where = RowsIn::kAll) const = 0;
  /// Changes whenever rows are committed, or forgotten by discard().
  virtual std::uint64_t generation() const = 0;
  /// Tells how many bytes the one who has these rows keeps in memory beside them: part of the memory bound.
  virtual void set_beside(std::size_t bytes) = 0;
  virtual std::int64_t approximate_entries() const = 0;
};

/// What a database has counted since it was opened.
struct StorageCounts {
  std::uint64_t bytes_written = 0, bytes_read = 0;  ///< by whoever uses it
  std::uint64_t bytes_flushed = 0;
  std::uint64_t compaction_bytes_read = 0, compaction_bytes_written = 0;
  std::uint64_t memtable_hits = 0, memtable_misses = 0;
  // Of blocks in the cache.
  std::uint64_t data_hits = 0, data_misses = 0;
  std::uint64_t index_hits = 0, index_misses = 0;
  std::uint64_t filter_hits = 0, filter_misses = 0;
  std::uint64_t stalled_us = 0;  ///< writes had to wait
  std::uint64_t file_errors = 0;
};

/// How long something took, since the database was opened.
struct StorageTimes {
  std::uint64_t count = 0;
  double average_us = 0, min_us = 0, max_us = 0;
};
enum class StorageWork { kFlush, kCompaction, kStall };

/// All state of one task: named families and the changelog offsets they stand for.
class StateDatabase {
 public:
  virtual ~StateDatabase() = default;
  virtual ByteStore& family(const std::string& name) = 0;
  /// Offset (last applied) of each changelog topic "topic-partition" as of the last commit().
  virtual const std::map<std::string, std::int64_t>& offsets() const = 0;
  /// Writes what was put since the last commit, and these offsets, atomically.
  virtual Status commit(const std::map<std::string, std::int64_t>& offsets) = 0;
  /// The same for what was restored. Large amounts cost less than with commit(), and are on disk when it returns.
  /// `done`: nothing more is restored.
  virtual Status commit_restored(const std::map<std::string, std::int64_t>& offsets, bool /*done*/) {
    return commit(offsets);
  }
  /// Forgets all writes since the last commit. Stores made before must be made anew: they know of rows that never were.
  virtual void discard() = 0;
  /// Bytes held by writes that are not committed; a task commits early when it grows beyond its share of the bound.
  virtual std::size_t uncommitted_bytes() const = 0;
  virtual bool persistent() const = 0;
  /// A number that the storage keeps about a family, by RocksDB's name without "rocksdb." ("estimate-num-keys");
  /// nullopt if it has none of that name. From any thread.
  virtual std::optional<std::uint64_t> property(const std::string& /*family*/, const std::string& /*name*/) const {
    return std::nullopt;
  }
  // Zeros if it does not count. From any thread.
  virtual StorageCounts counts() const { return {}; }
  virtual StorageTimes times(StorageWork /*of*/) const { return {}; }
  /// Deletes a family with its rows, and the offset of its changelog ("topic-partition"). Does nothing where they are
  /// not. Nobody may hold the family.
  virtual Status forget(const std::string& /*family*/, const std::string& /*partition*/) { return {}; }
  /// Forces what was committed to disk: what flush() says is ok survives a crash of the machine's process. A clean stop
  /// calls close() instead; in between it is rarely worth its milliseconds, because a crash only makes restoring take
  /// longer.
  virtual Status flush() { return {}; }
  /// Drops uncommitted writes, forces the rest to disk and closes; the destructor does it too, but cannot tell of a
  /// failure. All iterators must be gone. Nothing but destruction may follow.
  virtual Status close() { return {}; }
};

/// Memory shared by all databases of a process: block cache, write buffers, open tables and writes that wait for a
/// commit together stay within `bytes`.
class MemoryBound;
std::shared_ptr<MemoryBound> make_memory_bound(std::size_t bytes);
/// How much of `bytes` writes that wait for a commit may take: of all running tasks together, of those that are being
/// restored, and of standby tasks.
constexpr std::size_t uncommitted_share(std::size_t bytes) { return bytes / 8; }
constexpr std::size_t restoring_share(std::size_t bytes) { return bytes / 16; }
constexpr std::size_t standby_share(std::size_t bytes) { return bytes / 32; }
/// Bytes that blocks and write buffers take now.
std::size_t memory_used(const MemoryBound& memory);

/// Opens or creates the database of a task in `directory`, with one family per name. Families found on disk that are
/// not named are kept. kIo with path and reason if it cannot be opened (read-only, full, locked), kCorrupted if a file
/// is damaged. `counting`: it keeps StorageCounts and StorageTimes, which slows it down.
Result<std::unique_ptr<StateDatabase>> open_rocksdb(const std::string& directory,
                                                    const std::vector<std::string>& families,
                                                    std::shared_ptr<MemoryBound> memory, bool counting = false);
std::unique_ptr<StateDatabase> make_in_memory(const std::vector<std::string>& families);

}  // namespace streams::state
