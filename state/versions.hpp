// The versions of one key that were superseded in one segment of time, as one row.
//
// Stored on disk: do not change without a new layout version. Versions by timestamp, each
// [i64 timestamp][i64 valid to, kOpen for the newest][i32 size, -1: deleted][value].
#pragma once

#include <streams/bytes.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace streams::state {

struct Version {
  static constexpr Timestamp kOpen = INT64_MAX;

  Timestamp from = 0;
  Timestamp to = kOpen;  ///< exclusive
  OptionalBytes value;   ///< null: deleted

  bool covers(Timestamp time) const { return from <= time && time < to; }
  friend bool operator==(const Version&, const Version&) = default;
};

/// nullopt if the bytes are no versions.
std::optional<std::vector<Version>> parse_versions(BytesView row);
Bytes write_versions(const std::vector<Version>& versions);

/// Inserts by timestamp; a version of the same timestamp is replaced.
void insert_version(std::vector<Version>& versions, Version version);

}  // namespace streams::state
