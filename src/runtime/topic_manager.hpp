// Makes sure that the topics of an application are there: sources by looking, internal ones by creating them.
#pragma once

#include <runtime/assignment.hpp>
#include <runtime/config.hpp>
#include <runtime/log.hpp>
#include <streams/clock.hpp>

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace streams::runtime {

/// The topology as the cluster's topics make it.
struct PreparedTopology {
  AssignmentPlan assignment;
  std::set<std::string> repartition_topics;           ///< full names: purged behind the committed offsets
  std::map<std::string, std::int32_t> global_topics;  ///< full name -> partitions
  friend bool operator==(const PreparedTopology&, const PreparedTopology&) = default;
};

/// One per client, shared by its threads.
/// Source: org.apache.kafka.streams.processor.internals.InternalTopicManager.
class TopicManager {
 public:
  TopicManager(const RuntimeConfig& config, const streams::detail::TopologyPlan& topology, client::Admin& admin,
               const Clock& clock, Log log);

  /// The topology, once it is prepared; the first caller for whom the cluster is ready prepares it. Null: not yet, try
  /// again a little later (topics are missing, the cluster does not answer). Any thread.
  /// Throws TopologyError where topics do not fit together, or source topics are still missing some time after a broker
  /// has answered; StreamsError where the cluster lets nobody in, or a permission is missing.
  std::shared_ptr<const PreparedTopology> prepare();
  /// As last prepared. Any thread.
  std::shared_ptr<const PreparedTopology> current() const;
  /// Looks at the cluster's topics again, and gives what is current then. Throws as prepare().
  std::shared_ptr<const PreparedTopology> refresh();
  /// Whether topics that are created later may belong to the topology.
  bool has_patterns() const { return has_patterns_; }

 private:
  std::shared_ptr<const PreparedTopology> try_prepare();
  bool create(const std::map<std::string, streams::detail::PlannedTopic>& topics);
  void wait_for_broker(const Status& status);
  void wait_for_topics(const std::string& what, const std::vector<std::string>& topics);
  bool time_to_say();
  void check_access(const std::vector<std::string>& topics) const;
  std::string command_for(const client::NewTopic& topic) const;
  std::string servers() const;
  void check_sinks(const std::map<std::string, std::int32_t>& existing) const;
  std::vector<std::string> missing_sources(const std::map<std::string, std::int32_t>& existing) const;
  std::vector<std::string> missing_global_topics(const std::map<std::string, std::int32_t>& existing) const;

  const RuntimeConfig& config_;
  const streams::detail::TopologyPlan& topology_;
  client::Admin& admin_;
  const Clock& clock_;
  const Log log_;
  const bool has_patterns_;
  mutable std::mutex mutex_;
  std::shared_ptr<const PreparedTopology> prepared_;
  Timestamp waiting_since_ = -1;  ///< for topics; a broker answered
  Timestamp last_said_ = -1;
};

}  // namespace streams::runtime
