// Which partitions make which task; and the topics that the group subscribes to.
//
// Of every sub-topology the group knows one topic, the anchor, which has the most partitions. Who is given partition p
// of the anchor runs task p of the sub-topology, and reads partition p of its other topics too.
#pragma once

#include <runtime/task.hpp>
#include <streams/detail/topology_plan.hpp>
#include <topology/partition_plan.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams::runtime {

class AssignmentPlan {
 public:
  AssignmentPlan() = default;
  /// `counts` has the number of partitions of every topic in the plan.
  AssignmentPlan(const streams::detail::TopologyPlan& topology, const std::string& application_id,
                 const streams::detail::PartitionPlan& plan, const streams::detail::PartitionCounts& counts);

  /// The topics to subscribe to, in order.
  const std::vector<std::string>& anchors() const { return anchors_; }
  /// The task that a partition of an anchor stands for; nullopt for any other topic.
  std::optional<TaskId> task_of(const client::TopicPartition& anchor_partition) const;
  /// What the task reads; empty if there is no such task.
  std::vector<InputPartition> inputs_of(TaskId task) const;
  std::size_t task_count() const;
  /// The anchor of a sub-topology and its number of partitions; 0 if it has no tasks.
  std::pair<std::string, std::int32_t> anchor_of(int sub_topology) const;
  friend bool operator==(const AssignmentPlan&, const AssignmentPlan&) = default;

 private:
  struct Input {
    std::string topic;
    std::string source;
    std::int32_t partitions = 0;
    friend bool operator==(const Input&, const Input&) = default;
  };
  struct SubTopology {
    std::int32_t tasks = 0;
    std::vector<Input> inputs;
    friend bool operator==(const SubTopology&, const SubTopology&) = default;
  };
  std::vector<std::string> anchors_;
  std::map<std::string, int> sub_topology_of_anchor_;
  std::map<int, SubTopology> sub_topologies_;
};

}  // namespace streams::runtime
