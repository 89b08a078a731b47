// From anchors to tasks and their inputs.
#include <runtime/assignment.hpp>

#include <algorithm>

namespace streams::runtime {

AssignmentPlan::AssignmentPlan(const streams::detail::TopologyPlan& topology, const std::string& application_id,
                               const streams::detail::PartitionPlan& plan,
                               const streams::detail::PartitionCounts& counts) {
  for (const streams::detail::PlannedSubTopology& planned : plan.sub_topologies) {
    SubTopology& sub = sub_topologies_[planned.id];
    sub.tasks = planned.tasks;
    for (const std::string& topic : planned.topics) {
      sub.inputs.push_back({topic, find_source(topology, planned.id, application_id, topic), counts.at(topic)});
    }
    if (planned.tasks == 0) continue;
    anchors_.push_back(planned.anchor);
    sub_topology_of_anchor_[planned.anchor] = planned.id;
  }
  std::sort(anchors_.begin(), anchors_.end());
}

std::optional<TaskId> AssignmentPlan::task_of(const client::TopicPartition& anchor_partition) const {
  const auto found = sub_topology_of_anchor_.find(anchor_partition.topic);
  if (found == sub_topology_of_anchor_.end()) return std::nullopt;
  return TaskId{found->second, anchor_partition.partition};
}

std::vector<InputPartition> AssignmentPlan::inputs_of(TaskId task) const {
  std::vector<InputPartition> out;
  const auto found = sub_topologies_.find(task.sub_topology);
  if (found == sub_topologies_.end()) return out;
  for (const Input& input : found->second.inputs) {
    if (task.partition < input.partitions) out.push_back({{input.topic, task.partition}, input.source});
  }
  return out;
}

std::pair<std::string, std::int32_t> AssignmentPlan::anchor_of(int sub_topology) const {
  for (const auto& [anchor, id] : sub_topology_of_anchor_) {
    if (id == sub_topology) return {anchor, sub_topologies_.at(id).tasks};
  }
  return {};
}

std::size_t AssignmentPlan::task_count() const {
  std::size_t count = 0;
  for (const auto& [id, sub] : sub_topologies_) count += static_cast<std::size_t>(sub.tasks);
  return count;
}

}  // namespace streams::runtime
