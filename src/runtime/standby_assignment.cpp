// Rendezvous hashing with bounded loads and tags.
#include <runtime/standby_assignment.hpp>

#include <runtime/instance_marks.hpp>

#include <algorithm>
#include <cstdint>
#include <tuple>

namespace streams::runtime {

namespace {

/// How well an instance suits a task: FNV-1a, then mixed.
std::uint64_t weight(const std::string& instance, TaskId task) {
  std::uint64_t hash = 14695981039346656037ULL;
  const auto add = [&](const std::string& text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  };
  add(instance);
  add("/");
  add(task.text());
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 33);
}

std::string value_of(const GroupInstance& instance, const std::string& tag) {
  const auto found = instance.tags.find(tag);
  return found == instance.tags.end() ? std::string() : found->second;
}

class Placement {
 public:
  Placement(const GroupInstances& instances, std::size_t tasks, int replicas, const std::vector<std::string>& tags)
      : instances_(instances), tags_(tags), replicas_(static_cast<std::size_t>(std::max(replicas, 0))) {
    std::size_t hosts = 0;
    for (const auto& [name, instance] : instances_) {
      if (!instance.takes_standbys) continue;
      ++hosts;
      threads_ += instance.threads;
    }
    replicas_ = std::min(replicas_, hosts);
    standbys_ = tasks * std::min(replicas_, hosts == 0 ? 0 : hosts - 1);
  }

  std::vector<std::string> place(TaskId task, const std::string& active) {
    std::vector<std::string> used{active};
    while (used.size() <= replicas_) {
      const std::string* best = nullptr;
      Suits best_suits{};
      for (const auto& [name, instance] : instances_) {
        if (!instance.takes_standbys || std::find(used.begin(), used.end(), name) != used.end()) continue;
        const Suits suits{shared_tags(instance, used), over(name, instance), ~weight(name, task)};
        if (best != nullptr && suits >= best_suits) continue;
        best = &name;
        best_suits = suits;
      }
      if (best == nullptr) break;
      ++load_[*best];
      used.push_back(*best);
    }
    used.erase(used.begin());
    return used;
  }

 private:
  using Suits = std::tuple<std::size_t, std::size_t, std::uint64_t>;  ///< the least is the best

  /// In how many tags an instance is like those that have the task.
  std::size_t shared_tags(const GroupInstance& instance, const std::vector<std::string>& used) const {
    std::size_t shared = 0;
    for (const std::string& tag : tags_) {
      shared += std::any_of(used.begin(), used.end(), [&](const std::string& other) {
        return value_of(instances_.at(other), tag) == value_of(instance, tag);
      });
    }
    return shared;
  }

  /// By how much it has its share already, or more.
  std::size_t over(const std::string& name, const GroupInstance& instance) {
    const std::size_t share = (standbys_ * instance.threads + threads_ - 1) / std::max<std::size_t>(threads_, 1);
    const std::size_t load = load_[name];
    return load < share ? 0 : load - share + 1;
  }

  const GroupInstances& instances_;
  const std::vector<std::string>& tags_;
  std::size_t replicas_;
  std::size_t threads_ = 0;
  std::size_t standbys_ = 0;
  std::map<std::string, std::size_t> load_;
};

}  // namespace

GroupInstances instances_of(const client::GroupDescription& group, const AssignmentPlan& assignment) {
  GroupInstances out;
  for (const client::GroupMember& member : group.members) {
    const InstanceMarks marks = marks_of_client_id(member.client_id);
    GroupInstance& instance = out[marks.process.empty() ? member.member_id : marks.process];
    instance.takes_standbys = !marks.process.empty();
    instance.application_server = marks.application_server;
    instance.tags = marks.tags;
    ++instance.threads;
    for (const client::TopicPartition& anchor : member.assignment) {
      if (const auto task = assignment.task_of(anchor)) instance.active.insert(*task);
    }
  }
  return out;
}

std::set<TaskId> tasks_with_state(const streams::detail::TopologyPlan& topology, const AssignmentPlan& assignment) {
  std::set<TaskId> out;
  for (const auto& sub : topology.sub_topologies()) {
    const bool logged = std::any_of(sub.stores.begin(), sub.stores.end(),
                                    [&](const std::string& store) { return !topology.changelog_topic(store).empty(); });
    if (sub.global || !logged) continue;
    for (std::int32_t partition = 0; partition < assignment.anchor_of(sub.id).second; ++partition)
      out.insert({sub.id, partition});
  }
  return out;
}

std::map<TaskId, std::vector<std::string>> place_standbys(const GroupInstances& instances,
                                                          const std::set<TaskId>& tasks, int replicas,
                                                          const std::vector<std::string>& tags) {
  std::map<TaskId, std::string> active;
  for (const auto& [name, instance] : instances) {
    for (const TaskId task : instance.active) active[task] = name;
  }
  std::map<TaskId, std::vector<std::string>> out;
  Placement placement(instances, tasks.size(), replicas, tags);
  for (const TaskId task : tasks) {
    if (const auto found = active.find(task); found != active.end()) out[task] = placement.place(task, found->second);
  }
  return out;
}

}  // namespace streams::runtime
