// Keys of session rows. Stored on disk: do not change without a new layout version.
//
// Row: [i64 segment of end, order-preserving][changelog key]; changelog key, as in Kafka Streams: [key][i64 end][i64
// start]. Stores that are scanned by time also have an index: [0][i64 end][i64 start, both order-preserving][key] ->
// empty. Source: SessionKeySchema, PrefixedSessionKeySchemas.
#pragma once

#include <state/key_bytes.hpp>
#include <state/segmented_rows.hpp>
#include <streams/bytes.hpp>

#include <algorithm>
#include <cstdint>

namespace streams::state {

/// A changelog key taken apart; `key` is a part of the bytes given.
struct SessionKey {
  BytesView key;
  Timestamp start = 0;
  Timestamp end = 0;
};

inline void append_session_key(Bytes& out, BytesView key, Timestamp start, Timestamp end) {
  out += key;
  append_i64(out, end);
  append_i64(out, start);
}

/// Which sessions somebody wants; bounds are inclusive. A query of segmented_rows.hpp.
struct SessionQuery {
  using Key = SessionKey;
  static constexpr std::size_t kSuffixBytes = 16;
  static constexpr const char* kTooShort = "end and start of a session alone take 16 bytes";

  OptionalBytes key_from;
  OptionalBytes key_to;
  Timestamp earliest_end = 0;
  Timestamp latest_end = INT64_MAX;
  Timestamp latest_start = INT64_MAX;
  bool reverse = false;

  bool one_key() const { return key_from && key_to && *key_from == *key_to; }
  bool all_keys() const { return !key_from && !key_to; }
  bool ends(const SessionKey&) const { return false; }

  /// The caller checked that there are at least kSuffixBytes.
  static SessionKey split(BytesView bytes) {
    const std::size_t size = bytes.size() - kSuffixBytes;
    return {bytes.substr(0, size), read_i64(bytes.substr(size + 8)), read_i64(bytes.substr(size))};
  }
  bool holds(const SessionKey& row) const {
    return row.end >= earliest_end && row.end <= latest_end && row.start <= latest_start &&
           (!key_from || row.key >= *key_from) && (!key_to || row.key <= *key_to);
  }
  Timestamp first_time() const { return earliest_end; }
  Timestamp last_time() const { return latest_end; }
  bool bounded_below() const { return key_from.has_value(); }
  bool bounded_above() const { return key_to.has_value(); }
  void append_first_row(Bytes& out) const {
    if (key_from) append_session_key(out, *key_from, 0, 0);
  }
  void append_lower_bound(Bytes& out) const {
    if (key_from) append_session_key(out, *key_from, 0, one_key() ? std::max<Timestamp>(0, earliest_end) : 0);
  }
  void append_upper_bound(Bytes& out) const;
};

}  // namespace streams::state
