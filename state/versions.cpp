// Rows of versions.
#include <state/key_bytes.hpp>
#include <state/versions.hpp>

#include <algorithm>
#include <utility>

namespace streams::state {
namespace {

constexpr std::size_t kVersionBytes = 8 + 8 + 4;

}  // namespace

std::optional<std::vector<Version>> parse_versions(BytesView row) {
  std::vector<Version> versions;
  while (!row.empty()) {
    if (row.size() < kVersionBytes) return std::nullopt;
    Version version{read_i64(row), read_i64(row.substr(8)), std::nullopt};
    const std::int32_t size = read_i32(row.substr(16));
    row.remove_prefix(kVersionBytes);
    if (size >= 0) {
      if (row.size() < static_cast<std::size_t>(size)) return std::nullopt;
      version.value.emplace(row.substr(0, static_cast<std::size_t>(size)));
      row.remove_prefix(static_cast<std::size_t>(size));
    }
    versions.push_back(std::move(version));
  }
  return versions;
}

Bytes write_versions(const std::vector<Version>& versions) {
  Bytes row;
  for (const Version& version : versions) {
    append_i64(row, version.from);
    append_i64(row, version.to);
    append_i32(row, version.value ? static_cast<std::int32_t>(version.value->size()) : -1);
    if (version.value) row += *version.value;
  }
  return row;
}

void insert_version(std::vector<Version>& versions, Version version) {
  const auto at = std::lower_bound(versions.begin(), versions.end(), version.from,
                                   [](const Version& v, Timestamp from) { return v.from < from; });
  if (at != versions.end() && at->from == version.from) {
    *at = std::move(version);
  } else {
    versions.insert(at, std::move(version));
  }
}

}  // namespace streams::state
