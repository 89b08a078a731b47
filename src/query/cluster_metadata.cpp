// Asking the group's coordinator, and making metadata of what it says.
#include <query/cluster_metadata.hpp>

#include <query/local_reader.hpp>
#include <query/open_store.hpp>
#include <runtime/standby_assignment.hpp>

#include <algorithm>

namespace streams::query {

using runtime::TaskId;
using std::chrono::steady_clock;

namespace {

constexpr int kTimeoutMs = 2000;
constexpr std::chrono::milliseconds kMaxAge{5000};
/// While the group is not stable, its coordinator is not asked more often than this.
constexpr std::chrono::milliseconds kRetry{50};

}  // namespace

/// Tasks by host; instances that do not say where they are count as unknown.
ClusterMetadata::Tasks ClusterMetadata::tasks() {
  const auto prepared = client_.prepared();
  std::lock_guard lock(mutex_);
  if (!prepared) return known_;
  const std::uint64_t rebalances = client_.rebalances();
  const auto now = steady_clock::now();
  const bool valid = fresh_ && known_at_ == rebalances;
  if (now - asked_ < (valid ? kMaxAge : kRetry)) return known_;
  asked_ = now;
  const Result<client::GroupDescription> group = client_.describe_group(kTimeoutMs);
  if (!group.ok() || group.value().state != "Stable") {
    fresh_ = false;
    return known_;
  }
  known_ = tasks_of(group.value(), prepared->assignment);
  known_at_ = rebalances;
  fresh_ = true;
  return known_;
}

/// Standby tasks are where every instance works out that they are.
ClusterMetadata::Tasks ClusterMetadata::tasks_of(const client::GroupDescription& group,
                                                 const runtime::AssignmentPlan& assignment) const {
  const runtime::GroupInstances instances = runtime::instances_of(group, assignment);
  const runtime::RuntimeConfig& config = client_.config();
  const auto standbys = runtime::place_standbys(instances, runtime::tasks_with_state(client_.plan(), assignment),
                                                config.standby_replicas, config.rack_tags);
  const auto host_of = [&](const std::string& instance) {
    return HostInfo::parse(instances.at(instance).application_server);
  };
  Tasks out;
  for (const auto& [name, instance] : instances) {
    std::set<TaskId>& active = out[host_of(name)].active;
    active.insert(instance.active.begin(), instance.active.end());
  }
  for (const auto& [task, on] : standbys) {
    for (const std::string& name : on) out[host_of(name)].standby.insert(task);
  }
  return out;
}

void ClusterMetadata::check(const std::string& store) const {
  check_answers(client_.state(), store);
  check_known(client_, store);
}

std::vector<StreamsMetadata> ClusterMetadata::all() {
  std::vector<StreamsMetadata> out;
  const Tasks hosts = tasks();
  const auto prepared = client_.prepared();
  if (!prepared) return out;
  for (const auto& [host, tasks] : hosts) {
    if (host == HostInfo::unknown()) continue;
    StreamsMetadata& metadata = out.emplace_back();
    metadata.host = host;
    for (const auto& global : client_.plan().global_stores()) metadata.stores.insert(global.store.name);
    describe(tasks.active, prepared->assignment, metadata.stores, metadata.partitions);
    describe(tasks.standby, prepared->assignment, metadata.standby_stores, metadata.standby_partitions);
  }
  return out;
}

/// Adds the stores and inputs of tasks.
void ClusterMetadata::describe(const std::set<TaskId>& tasks, const runtime::AssignmentPlan& assignment,
                               std::set<std::string>& stores, StreamsMetadata::Partitions& partitions) const {
  const auto sub_topologies = client_.plan().sub_topologies();
  for (const TaskId task : tasks) {
    for (const runtime::InputPartition& input : assignment.inputs_of(task))
      partitions.emplace(input.partition.topic, input.partition.partition);
    for (const auto& sub : sub_topologies) {
      if (!sub.global && sub.id == task.sub_topology) stores.insert(sub.stores.begin(), sub.stores.end());
    }
  }
}

std::vector<StreamsMetadata> ClusterMetadata::with_store(const std::string& store) {
  check(store);
  std::vector<StreamsMetadata> out = all();
  std::erase_if(
      out, [&](const StreamsMetadata& of) { return !of.stores.contains(store) && !of.standby_stores.contains(store); });
  return out;
}

std::optional<int> ClusterMetadata::sub_topology_of(const std::string& store) const {
  for (const auto& sub : client_.plan().sub_topologies()) {
    if (!sub.global && std::find(sub.stores.begin(), sub.stores.end(), store) != sub.stores.end()) return sub.id;
  }
  return std::nullopt;
}

std::optional<ClusterMetadata::StoreTopic> ClusterMetadata::topic_of(const std::string& store) {
  check(store);
  const auto sub = sub_topology_of(store);
  if (!sub) return StoreTopic{};
  const auto prepared = client_.prepared();
  if (!prepared) return std::nullopt;
  const auto [topic, partitions] = prepared->assignment.anchor_of(*sub);
  if (partitions == 0) return std::nullopt;
  return StoreTopic{topic, partitions};
}

std::optional<KeyQueryMetadata> ClusterMetadata::of_partition(const std::string& store, std::int32_t partition) {
  KeyQueryMetadata out{HostInfo::unknown(), {}, partition};
  const auto sub = sub_topology_of(store);
  if (!sub) {
    const HostInfo own = HostInfo::parse(client_.config().application_server);
    out.active_host = own;
    return out;
  }
  const Tasks hosts = tasks();
  if (hosts.empty()) return std::nullopt;
  for (const auto& [host, tasks] : hosts) {
    const TaskId task{*sub, partition};
    if (tasks.active.contains(task)) out.active_host = host;
    if (tasks.standby.contains(task) && host != HostInfo::unknown()) out.standby_hosts.insert(host);
  }
  return out;
}

}  // namespace streams::query
