// How many partitions and tasks an application has, worked out from the partition counts of its input topics.
//
// Pure functions: the same inputs give the same plan on every instance, which is what lets each one make it for itself.
// Source: org.apache.kafka.streams.processor.internals: RepartitionTopics, ChangelogTopics, InternalTopicConfig and its
// subclasses; assignment.CopartitionedTopicsEnforcer.
#pragma once

#include <streams/detail/topology_plan.hpp>
#include <streams/status.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace streams::detail {

/// Full topic name -> number of partitions.
using PartitionCounts = std::map<std::string, std::int32_t>;

/// A topic that must exist before the tasks start.
struct PlannedTopic {
  std::int32_t partitions = 0;
  std::map<std::string, std::string> configs;
  friend bool operator==(const PlannedTopic&, const PlannedTopic&) = default;
};

/// A sub-topology that makes tasks: one per partition number below `tasks`. Task p reads partition p of every topic
/// that has one.
struct PlannedSubTopology {
  int id = 0;
  std::vector<std::string> topics;  ///< full names of what its sources read, what patterns match included; sorted
  std::string anchor;  ///< the topic with the most partitions, the first by name: its partitions stand for the tasks
  std::int32_t tasks = 0;
  friend bool operator==(const PlannedSubTopology&, const PlannedSubTopology&) = default;
};

struct PartitionPlan {
  std::vector<PlannedSubTopology>
      sub_topologies;  ///< by id; without those that read nothing and those of global stores
  std::map<std::string, PlannedTopic> repartition_topics, changelog_topics;  ///< by full name
};

/// What the application's settings say about internal topics.
struct InternalTopicSettings {
  std::map<std::string, std::string> configs;         ///< "topic.*" without the prefix
  std::int64_t additional_retention_ms = 86'400'000;  ///< windowstore.changelog.additional.retention.ms
};

/// `existing`: the partition counts of the topics of the cluster; only those of input topics matter.
/// Repartition topics get the count that they were given, or that of their co-partitioned input topics, or the highest
/// of the topics that flow into them. Changelogs get as many partitions as their sub-topology has tasks.
///
/// Errors: kNotFound if input topics are missing, or no topic is there for a pattern that a count depends on;
/// kInvalidArgument where topics that are joined have different counts, or a topic matches two patterns.
///
/// Differs from Kafka Streams: it checks co-partitioning only where there are repartition topics, and elsewhere joins
/// wrongly; here it is always checked. Patterns do not match the application's own topics.
Result<PartitionPlan> plan_partitions(const TopologyPlan& topology, const std::string& application_id,
                                      const PartitionCounts& existing, const InternalTopicSettings& settings = {});

/// The topics of the plan that do not exist yet. kInvalidArgument if one exists with another number of partitions.
/// Source: org.apache.kafka.streams.processor.internals.InternalTopicManager.
Result<std::map<std::string, PlannedTopic>> topics_to_create(const PartitionPlan& plan,
                                                             const PartitionCounts& existing);

/// Settings of a repartition topic, and of a store's changelog, as they are given to the broker.
std::map<std::string, std::string> repartition_configs(const InternalTopic& topic,
                                                       const InternalTopicSettings& settings);
std::map<std::string, std::string> changelog_configs(const StoreSpec& store, const InternalTopicSettings& settings);

}  // namespace streams::detail
