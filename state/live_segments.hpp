// The segments of time that a store still keeps: how far its time has come, what is expired, and dropping what is.
//
// Invariants:
// 1. `ids` holds every segment that has, or had, a row; segments below the live ones are erased with their rows.
// 2. Row keys begin with append_ordered(segment id). Keys that begin with a zero byte are the store's own, and the
// empty key
//    holds [i64 time][i32 sequence] as of the last save(): a restart resurrects nothing and overwrites nothing.
//    Differs from Kafka Streams, which forgets both: after a restart expired rows come back, and duplicates overwrite
//    others.
// Source: AbstractSegments, AbstractRocksDBSegmentedBytesStore.
#pragma once

#include <state/byte_store.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace streams::state {

class LiveSegments {
 public:
  /// `exact`: rows expire by the millisecond; otherwise reads hide them, but puts are refused by segment only.
  /// Throws StateError, with the name of the store, if there are rows that are in no segment.
  LiveSegments(ByteStore& rows, std::int64_t retention_ms, std::int64_t interval_ms, bool exact,
               const std::string& store);

  std::int64_t interval() const { return interval_; }
  std::int64_t of(Timestamp time) const { return time / interval_; }
  const std::set<std::int64_t>& ids() const { return ids_; }
  /// The highest time observed; -1 before the first.
  Timestamp time() const { return time_; }
  /// The first time that reads still show.
  Timestamp live_from() const {
    const Timestamp last_expired = time_ - retention_;
    return last_expired == INT64_MAX ? last_expired : last_expired + 1;
  }
  /// Whether a put for that time comes too late.
  bool expired(Timestamp time) const { return exact_ ? time < live_from() : of(time) < min_live(); }

  /// Advances the time; segments that expire by it are erased. Then gives the time before which no row is left.
  std::optional<Timestamp> observe(Timestamp time);
  /// A row of that time was put.
  void add(Timestamp time) { ids_.insert(of(time)); }

  /// Numbers duplicates.
  std::int32_t sequence() const { return sequence_; }
  void set_sequence(std::int32_t sequence) { sequence_ = sequence; }

  void save();

 private:
  std::int64_t min_live() const { return of(time_ - retention_); }
  void find(const std::string& store);
  void load();

  ByteStore& rows_;
  const std::int64_t retention_;
  const std::int64_t interval_;
  const bool exact_;
  std::set<std::int64_t> ids_;
  Timestamp time_ = -1;
  std::int32_t sequence_ = 0;
  Bytes saved_;
};

}  // namespace streams::state
