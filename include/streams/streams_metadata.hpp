// Which instance of an application has what, and how far its stores lag behind.
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace streams {

/// What an instance says of itself in application.server. Source: org.apache.kafka.streams.state.HostInfo.
struct HostInfo {
  std::string host;        ///< name or address
  std::int32_t port = -1;  ///< -1: unknown
  friend auto operator<=>(const HostInfo&, const HostInfo&) = default;

  /// Of an instance that has not set application.server.
  static HostInfo unknown() { return {"unknown", -1}; }
  /// "host:port", also "protocol://host:port" and "[v6 address]:port"; unknown() if it is neither.
  static HostInfo parse(const std::string& endpoint);
  /// What parse() reads: "host:port", "[v6 address]:port".
  std::string endpoint() const;
};

/// One instance, without those that have not set application.server.
/// Source: org.apache.kafka.streams.StreamsMetadata.
struct StreamsMetadata {
  using Partitions = std::set<std::pair<std::string, std::int32_t>>;  ///< topic, partition

  HostInfo host;                 ///< where it can be asked
  std::set<std::string> stores;  ///< that have at least one partition there; global ones are everywhere
  Partitions partitions;         ///< that its tasks read
  std::set<std::string> standby_stores;
  Partitions standby_partitions;
  friend bool operator==(const StreamsMetadata&, const StreamsMetadata&) = default;
};

/// Where the row of a key is. Source: org.apache.kafka.streams.KeyQueryMetadata.
struct KeyQueryMetadata {
  HostInfo active_host;  ///< HostInfo::unknown() if it has not set application.server, or nobody has the partition
  std::set<HostInfo> standby_hosts;
  std::int32_t partition = -1;  ///< -1: of a global store, which is everywhere
  friend bool operator==(const KeyQueryMetadata&, const KeyQueryMetadata&) = default;
};

/// How far a store has come in its changelog. Source: org.apache.kafka.streams.LagInfo.
struct LagInfo {
  std::int64_t position = 0;  ///< next offset to apply; of a store that is up to date: the end
  std::int64_t end = 0;       ///< of the changelog
  std::int64_t lag() const { return end > position ? end - position : 0; }
  friend bool operator==(const LagInfo&, const LagInfo&) = default;
};

}  // namespace streams
