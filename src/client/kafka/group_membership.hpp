// Group metadata as librdkafka serialises them.
#pragma once

#include <streams/bytes.hpp>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace streams::client::kafka {

/// Views into what was read.
struct Membership {
  std::int32_t generation = -1;
  std::string_view group, member;
};

/// "CGMDv2:", generation in this machine's byte order, group\0 member\0 instance\0
inline Membership read_membership(BytesView bytes) {
  constexpr std::string_view kMagic = "CGMDv2:";
  Membership result;
  if (!bytes.starts_with(kMagic)) return result;
  bytes.remove_prefix(kMagic.size());
  if (bytes.size() < sizeof result.generation) return result;
  std::memcpy(&result.generation, bytes.data(), sizeof result.generation);
  bytes.remove_prefix(sizeof result.generation);
  const std::size_t group_end = bytes.find('\0');
  if (group_end == BytesView::npos) return result;
  result.group = bytes.substr(0, group_end);
  bytes.remove_prefix(group_end + 1);
  result.member = bytes.substr(0, bytes.find('\0'));
  return result;
}

}  // namespace streams::client::kafka
