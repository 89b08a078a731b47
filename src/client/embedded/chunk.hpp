// A run of records of one partition in a single allocation.
//
// 1. Bytes grow from the front of the arena, entries from its end; neither ever moves or changes once appended, except
//    Entry::aborted, which only the partition touches, under its lock.
// 2. Everything but the bytes and entries handed out is guarded by the partition's lock.
#pragma once

#include <streams/bytes.hpp>
#include <streams/record.hpp>

#include <cstdint>
#include <memory>

namespace streams::client::embedded {

enum class EntryKind : std::uint8_t { kData, kCommitMarker, kAbortMarker };

/// A stored record, or a transaction marker, which takes an offset too.
struct Entry {
  std::int64_t offset;
  Timestamp timestamp;
  std::int64_t producer_id;  ///< -1: not part of a transaction
  const char* data;          ///< key, value and headers, one after the other
  std::int32_t key_size;     ///< -1: null
  std::int32_t value_size;   ///< -1: null
  std::uint32_t headers_size;
  EntryKind kind;
  bool aborted;

  OptionalView key() const;
  OptionalView value() const;
  Headers headers() const;
};

/// What append() stores.
struct NewEntry {
  std::int64_t offset = 0;
  Timestamp timestamp = 0;
  std::int64_t producer_id = -1;
  OptionalView key;
  OptionalView value;
  const Headers* headers = nullptr;
  EntryKind kind = EntryKind::kData;
};

/// Bytes that an entry takes in an arena.
std::size_t stored_size(const NewEntry& entry);
std::size_t stored_size(const Entry& entry);

class Chunk {
 public:
  /// `base_offset`: no entry will have a lower offset.
  Chunk(std::size_t capacity, std::int64_t base_offset);

  bool fits(std::size_t size) const { return used_ + size <= capacity_ - count_ * sizeof(Entry); }
  /// Precondition: fits(stored_size(entry)), and the offset is above the last one.
  void append(const NewEntry& entry);
  /// Copies an entry of another chunk.
  void append(const Entry& entry);

  std::size_t capacity() const { return capacity_; }
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return used_ + count_ * sizeof(Entry); }
  std::int64_t base_offset() const { return base_offset_; }
  Timestamp max_timestamp() const { return max_timestamp_; }
  const Entry& entry(std::size_t i) const { return *slot(i); }
  Entry& entry(std::size_t i) { return *slot(i); }
  /// Index of the first entry with an offset >= `offset`; count() if there is none.
  std::size_t lower_bound(std::int64_t offset) const;

 private:
  Entry* slot(std::size_t i) const { return reinterpret_cast<Entry*>(arena_.get() + capacity_) - (i + 1); }
  Entry& add(const Entry& entry);

  std::unique_ptr<char[]> arena_;
  std::size_t capacity_;
  std::size_t used_ = 0;
  std::size_t count_ = 0;
  std::int64_t base_offset_;
  Timestamp max_timestamp_ = -1;
};

}  // namespace streams::client::embedded
