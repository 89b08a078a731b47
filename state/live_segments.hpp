// The segments of time that a store still keeps: how far its time has come, what is expired, and dropping what is.
//
// Invariants:
// 1. `ids` holds every segment that has, or had, a row; segments below the live ones are erased with their rows.
// 2. Row keys begin with append_ordered(segment id). Keys that begin with a zero byte are the store's own, and the
// empty key
//    holds [i64 time][i32 sequence] as of the last save(): a restart resurrects nothing and overwrites nothing.
//    Whoever commits rows calls flush() before, so no committed row starts after the saved time.
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

/// The last time in a segment of that length in milliseconds: times are rounded towards zero.
inline Timestamp last_time_in(std::int64_t segment, std::int64_t interval) {
  if (segment < 0) return segment * interval;
  return segment >= INT64_MAX / interval ? INT64_MAX : segment * interval + (interval - 1);
}

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

  /// No row that the store had when it was opened starts later.
  Timestamp opened_to() const { return opened_to_; }

  /// Advances the time; segments that expire by it are erased. Then gives the time before which no row is left.
  std::optional<Timestamp> observe(Timestamp time);
  /// A row of that time was put. Caches of other stores, flushed later than this one, may put some before the commit.
  void add(Timestamp time) {
    ids_.insert(of(time));
    if (flushed_at_ == rows_.generation()) save();
  }

  /// Numbers duplicates.
  std::int32_t sequence() const { return sequence_; }
  void set_sequence(std::int32_t sequence) { sequence_ = sequence; }

  void save();
  /// As save(), before a commit.
  void flush() {
    save();
    flushed_at_ = rows_.generation();
  }

 private:
  std::int64_t min_live() const { return of(time_ - retention_); }
  void find(const std::string& store);
  void load();

  ByteStore& rows_;
  const std::int64_t retention_;
  const std::int64_t interval_;
  const bool exact_;
  std::set<std::int64_t> ids_;
  Timestamp opened_to_ = INT64_MIN;
  Timestamp time_ = -1;
  std::int32_t sequence_ = 0;
  std::optional<std::uint64_t> flushed_at_;
  Bytes saved_;
};

}  // namespace streams::state
