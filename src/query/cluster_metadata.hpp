// Which instance has which tasks, as the group's coordinator tells it.
//
// A member's client.id carries its application.server, and the assignment has the partitions of anchor topics, which
// stand for tasks. What was learnt is kept until a rebalance, and a few seconds at most; while the group is not stable,
// what was known before is given. Source: org.apache.kafka.streams.processor.internals.StreamsMetadataState.
#pragma once

#include <runtime/kafka_streams_runtime.hpp>
#include <streams/streams_metadata.hpp>

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace streams::query {

/// Any thread.
class ClusterMetadata {
 public:
  explicit ClusterMetadata(const runtime::ClientRuntime& client) : client_(client) {}

  std::vector<StreamsMetadata> all();
  std::vector<StreamsMetadata> with_store(const std::string& store);
  /// Partitions of the topic that decides where keys of the store go, and its full name.
  struct StoreTopic {
    std::string topic;
    std::int32_t partitions = 0;
  };
  /// nullopt: the topics are not known yet. `partitions` 0: a global store.
  std::optional<StoreTopic> topic_of(const std::string& store);
  /// nullopt: nothing is known of the group yet.
  std::optional<KeyQueryMetadata> of_partition(const std::string& store, std::int32_t partition);

 private:
  struct OfHost {
    std::set<runtime::TaskId> active, standby;
  };
  using Tasks = std::map<HostInfo, OfHost>;
  Tasks tasks();
  Tasks tasks_of(const client::GroupDescription& group, const runtime::AssignmentPlan& assignment) const;
  void describe(const std::set<runtime::TaskId>& tasks, const runtime::AssignmentPlan& assignment,
                std::set<std::string>& stores, StreamsMetadata::Partitions& partitions) const;
  void check(const std::string& store) const;
  std::optional<int> sub_topology_of(const std::string& store) const;

  const runtime::ClientRuntime& client_;
  std::mutex mutex_;
  Tasks known_;
  std::uint64_t known_at_ = 0;  ///< ClientRuntime::rebalances()
  bool fresh_ = false;
  std::chrono::steady_clock::time_point asked_{};
};

}  // namespace streams::query
