// How far a store has come in its inputs, and how far it must have come to answer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace streams {

/// Offsets of the last records processed, by topic and partition. Source: org.apache.kafka.streams.query.Position.
class Position {
 public:
  using Partitions = std::map<std::int32_t, std::int64_t>;

  /// Puts the offset of the last record of a partition.
  Position& set(const std::string& topic, std::int32_t partition, std::int64_t offset) {
    topics_[topic][partition] = offset;
    return *this;
  }
  /// Takes over what is further ahead in the other.
  Position& merge(const Position& other) {
    for (const auto& [topic, partitions] : other.topics_) {
      Partitions& own = topics_[topic];
      for (const auto& [partition, offset] : partitions) {
        const auto [at, fresh] = own.try_emplace(partition, offset);
        if (!fresh) at->second = std::max(at->second, offset);
      }
    }
    return *this;
  }
  /// nullopt: nothing is known of the partition.
  std::optional<std::int64_t> offset(const std::string& topic, std::int32_t partition) const {
    const auto topic_at = topics_.find(topic);
    if (topic_at == topics_.end()) return std::nullopt;
    const auto at = topic_at->second.find(partition);
    if (at == topic_at->second.end()) return std::nullopt;
    return at->second;
  }
  /// All of it, by topic.
  const std::map<std::string, Partitions>& topics() const { return topics_; }
  /// Whether it says nothing.
  bool empty() const { return topics_.empty(); }
  friend bool operator==(const Position&, const Position&) = default;

 private:
  std::map<std::string, Partitions> topics_;
};

/// What a store must have processed to answer: the default asks for nothing.
/// Source: org.apache.kafka.streams.query.PositionBound.
struct PositionBound {
  Position position{};  ///< at least so far; empty: anywhere

  /// Asks for nothing.
  static PositionBound unbounded() { return {}; }
  /// At least so far.
  static PositionBound at(Position position) { return {std::move(position)}; }
  /// Whether it asks for nothing.
  bool is_unbounded() const { return position.empty(); }
  /// Whether a store of that partition that has come as far as `seen` may answer. Other partitions do not count.
  bool permits(const Position& seen, std::int32_t partition) const {
    for (const auto& [topic, partitions] : position.topics()) {
      const auto bound = partitions.find(partition);
      if (bound == partitions.end()) continue;
      const auto at = seen.offset(topic, partition);
      if (!at || *at < bound->second) return false;
    }
    return true;
  }
};

}  // namespace streams
