// Keys of window rows. Stored on disk: do not change without a new layout version.
//
// Row: [i64 segment, order-preserving][changelog key]; changelog key, as in Kafka Streams: [key][i64 start][i32
// sequence]. Stores that are scanned by time also have an index: [0][i64 start, order-preserving][key][i32 sequence] ->
// empty. Source: WindowKeySchema, OrderedBytes.
#pragma once

#include <state/key_bytes.hpp>
#include <state/segmented_rows.hpp>
#include <streams/bytes.hpp>

#include <cstdint>

namespace streams::state {

inline constexpr std::int32_t kMaxSequence = 0x7fffffff;

/// A changelog key taken apart; `key` is a part of the bytes given.
struct WindowKey {
  BytesView key;
  Timestamp start = 0;
  std::int32_t sequence = 0;
};

inline void append_window_key(Bytes& out, BytesView key, Timestamp start, std::int32_t sequence) {
  out += key;
  append_i64(out, start);
  append_i32(out, sequence);
}

/// Which windows somebody wants; bounds are inclusive. A query of segmented_rows.hpp.
struct WindowQuery {
  using Key = WindowKey;
  static constexpr std::size_t kSuffixBytes = 12;
  static constexpr const char* kTooShort = "time and sequence number of a window alone take 12 bytes";

  OptionalBytes key_from;
  OptionalBytes key_to;
  Timestamp from = 0;
  Timestamp to = 0;
  bool reverse = false;

  bool one_key() const { return key_from && key_to && *key_from == *key_to; }
  bool all_keys() const { return !key_from && !key_to; }
  bool ends(const WindowKey&) const { return false; }

  /// The caller checked that there are at least kSuffixBytes.
  static WindowKey split(BytesView bytes) {
    const std::size_t size = bytes.size() - kSuffixBytes;
    return {bytes.substr(0, size), read_i64(bytes.substr(size)), read_i32(bytes.substr(size + 8))};
  }
  bool holds(const WindowKey& row) const {
    return row.start >= from && row.start <= to && (!key_from || row.key >= *key_from) &&
           (!key_to || row.key <= *key_to);
  }
  Timestamp first_time() const { return from; }
  Timestamp last_time() const { return to; }
  bool bounded_below() const { return key_from.has_value(); }
  bool bounded_above() const { return key_to.has_value(); }
  void append_first_row(Bytes& out) const {
    if (key_from) append_window_key(out, *key_from, 0, 0);
  }
  void append_lower_bound(Bytes& out) const;
  void append_upper_bound(Bytes& out) const;
};

/// How much of a key can be kept in an upper bound if its rows go on with a number whose first byte is at most `first`:
/// a shorter key may be followed by a number that sorts behind the rest of this one. Source: OrderedBytes.upperRange.
BytesView upper_bound_of_keys(BytesView key, unsigned char first);

}  // namespace streams::state
