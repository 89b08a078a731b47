// Keys of window rows. Stored on disk: do not change without a new layout version.
//
// Row: [i64 segment, order-preserving][changelog key]; changelog key, as in Kafka Streams: [key][i64 start][i32 sequence].
// Source: WindowKeySchema, OrderedBytes.
#pragma once

#include <state/key_bytes.hpp>
#include <streams/bytes.hpp>

#include <cstdint>
#include <optional>

namespace streams::state {

inline constexpr std::size_t kSegmentBytes = 8;
inline constexpr std::size_t kWindowSuffixBytes = 12;
inline constexpr std::int32_t kMaxSequence = 0x7fffffff;

/// A changelog key taken apart; `key` is a part of the bytes given.
struct WindowKey {
  BytesView key;
  Timestamp start = 0;
  std::int32_t sequence = 0;
};

inline void append_window_key(Bytes& out, BytesView key, Timestamp start, std::int32_t sequence) {
  out += key;
  streams::detail::append_big_endian(out, start);
  streams::detail::append_big_endian(out, sequence);
}

/// The caller checked that there are at least kWindowSuffixBytes.
inline WindowKey split_window_key(BytesView bytes) {
  const std::size_t size = bytes.size() - kWindowSuffixBytes;
  return {bytes.substr(0, size), streams::detail::read_big_endian<std::int64_t>(bytes.substr(size)),
          streams::detail::read_big_endian<std::int32_t>(bytes.substr(size + 8))};
}

/// Which rows somebody wants; bounds are inclusive.
struct WindowQuery {
  OptionalBytes key_from;
  OptionalBytes key_to;
  Timestamp from = 0;
  Timestamp to = 0;
  bool reverse = false;

  bool one_key() const { return key_from && key_to && *key_from == *key_to; }
  bool everything() const { return !key_from && !key_to && from == INT64_MIN && to == INT64_MAX; }
  bool holds(BytesView key, Timestamp start) const {
    return start >= from && start <= to && (!key_from || key >= *key_from) && (!key_to || key <= *key_to);
  }
};

/// Appends the least and the greatest changelog key that rows of the query can have in a segment. Rows in between may still
/// not be wanted. The bounds of a key range are Kafka Streams', so that a walk is as short as there.
void append_lower_bound(Bytes& out, const WindowQuery& query);
void append_upper_bound(Bytes& out, const WindowQuery& query);

}  // namespace streams::state
