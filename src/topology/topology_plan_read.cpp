// Reading a topology plan: look-ups, sub-topologies and the graphs of tasks.
//
// Source: org.apache.kafka.streams.processor.internals.InternalTopologyBuilder.
#include "topology/java_order.hpp"
#include "topology/topology_plan_impl.hpp"

#include <algorithm>

namespace streams::detail {

bool matches_pattern(const std::string& pattern, const std::string& topic) {
  return std::regex_match(topic, std::regex(pattern, std::regex::ECMAScript));
}

bool TopologyPlan::has_node(const std::string& name) const { return impl_->node_index.contains(name); }

bool TopologyPlan::has_store(const std::string& name) const {
  return impl_->store_index.contains(name) || impl_->global(name) != nullptr;
}

const StoreSpec& TopologyPlan::store(const std::string& name) const {
  const auto found = impl_->store_index.find(name);
  if (found != impl_->store_index.end()) return impl_->stores[found->second].spec;
  const GlobalStorePlan* global = impl_->global(name);
  if (global == nullptr) invalid_topology("StateStore " + name + " is not added yet.");
  return global->store;
}

const SourcePlan& TopologyPlan::source(const std::string& name) const {
  const auto found = impl_->sources.find(name);
  if (found == impl_->sources.end()) invalid_topology("Source " + name + " is not added yet.");
  return found->second;
}

std::vector<std::string> TopologyPlan::store_names() const {
  std::vector<std::string> names;
  for (const PlanStore& store : impl_->stores) names.push_back(store.spec.name);
  return names;
}

const std::map<std::string, InternalTopic>& TopologyPlan::internal_topics() const { return impl_->internal_topics; }

std::string TopologyPlan::full_topic_name(const std::string& planned, const std::string& application_id) const {
  return impl_->internal_topics.contains(planned) ? application_id + "-" + planned : planned;
}

std::string TopologyPlan::changelog_topic(const std::string& store) const {
  const auto reused = impl_->source_changelogs.find(store);
  if (reused != impl_->source_changelogs.end()) return reused->second;
  return this->store(store).logging ? store + "-changelog" : std::string();
}

bool TopologyPlan::changelog_is_source_topic(const std::string& store) const {
  return impl_->source_changelogs.contains(store);
}

const std::vector<GlobalStorePlan>& TopologyPlan::global_stores() const { return impl_->globals; }

bool TopologyPlan::has_source(const std::string& name) const { return impl_->sources.contains(name); }

const std::vector<std::set<std::string>>& TopologyPlan::copartition_groups() const { return impl_->copartition_groups; }

void TopologyPlan::check_copartition() const {
  for (const std::set<std::string>& group : impl_->copartition_groups) {
    std::map<std::string, std::int32_t> given;
    bool all_given = true;
    for (const std::string& name : group) {
      const auto source = impl_->sources.find(name);
      if (source == impl_->sources.end()) continue;
      for (const std::string& topic : source->second.topics) {
        const auto internal = impl_->internal_topics.find(topic);
        if (internal != impl_->internal_topics.end() && internal->second.partitions) {
          given.emplace(topic, *internal->second.partitions);
        } else {
          all_given = false;
        }
      }
    }
    const auto differs = [&](const auto& entry) { return entry.second != given.begin()->second; };
    if (!all_given || std::none_of(given.begin(), given.end(), differs)) continue;
    std::string list;
    for (const auto& [topic, partitions] : given) {
      list += (list.empty() ? "" : ", ") + topic + "=" + std::to_string(partitions);
    }
    invalid_topology("Following topics do not have the same number of partitions: [{" + list + "}]");
  }
}

bool TopologyPlan::Impl::is_global_group(const std::vector<std::size_t>& group) const {
  return nodes[group.front()].global;
}

std::vector<std::vector<std::size_t>> TopologyPlan::Impl::node_groups() const {
  std::vector<std::vector<std::size_t>> out;
  std::unordered_map<std::size_t, std::size_t> id_of_root;
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    const auto [entry, is_new] = id_of_root.emplace(groups.root(node), out.size());
    if (is_new) out.emplace_back();
    out[entry->second].push_back(node);
  }
  return out;
}

std::vector<std::string> TopologyPlan::Impl::stores_of(const std::vector<std::size_t>& group) const {
  std::vector<std::string> out;
  for (const std::size_t node : group) {
    for (const std::string& store : java_set_order(nodes[node].stores)) {
      if (std::find(out.begin(), out.end(), store) == out.end()) out.push_back(store);
    }
  }
  return out;
}

std::vector<SubTopology> TopologyPlan::sub_topologies() const {
  std::vector<SubTopology> out;
  for (const std::vector<std::size_t>& group : impl_->node_groups()) {
    SubTopology sub;
    sub.id = static_cast<int>(out.size());
    sub.global = impl_->is_global_group(group);
    sub.stores = impl_->stores_of(group);
    for (const std::size_t index : group) {
      const PlanNode& node = impl_->nodes[index];
      sub.nodes.push_back(node.name);
      if (node.kind == PlanNodeKind::kSink && !node.dynamic) sub.sink_topics.push_back(node.topic);
      if (node.kind != PlanNodeKind::kSource) continue;
      sub.source_nodes.push_back(node.name);
      if (sub.global) continue;
      const SourcePlan& source = impl_->sources.at(node.name);
      sub.source_topics.insert(sub.source_topics.end(), source.topics.begin(), source.topics.end());
      if (!source.pattern.empty()) sub.patterns.push_back(source.pattern);
    }
    if (sub.global) sub.source_topics.push_back(impl_->global(sub.stores.front())->topic);
    out.push_back(std::move(sub));
  }
  return out;
}

SourceFactory TopologyPlan::Impl::source_factory(const PlanNode& node) const {
  if (!node.global) return sources.at(node.name).factory;
  for (const GlobalStorePlan& plan : globals) {
    if (plan.source_name == node.name) return plan.source;
  }
  invalid_topology("Source " + node.name + " is not added yet.");
}

TaskGraph TopologyPlan::Impl::graph(const std::vector<std::size_t>& group) const {
  TaskGraph out;
  std::unordered_map<std::string, NodeBase*> made;
  for (const std::size_t index : group) {
    const PlanNode& plan = nodes[index];
    std::unique_ptr<NodeBase> node;
    if (plan.kind == PlanNodeKind::kSource) {
      std::unique_ptr<SourceNodeBase> source = source_factory(plan)();
      if (source) out.sources.emplace(plan.name, source.get());
      node = std::move(source);
    } else {
      node = plan.factory();
    }
    if (!node) throw NullArgument("The supplier of " + plan.name + " gave null.");
    node->set_name(plan.name);
    made.emplace(plan.name, node.get());
    for (const std::string& parent : plan.parents) made.at(parent)->link(*node);
    if (!plan.stores.empty()) out.node_stores[plan.name] = {plan.stores.begin(), plan.stores.end()};
    out.nodes.push_back(std::move(node));
  }
  out.stores = stores_of(group);
  return out;
}

TaskGraph TopologyPlan::make_graph(std::optional<int> sub_topology) const {
  if (sub_topology) {
    const auto groups = impl_->node_groups();
    if (*sub_topology < 0 || static_cast<std::size_t>(*sub_topology) >= groups.size()) {
      throw InvalidArgument("There is no sub-topology " + std::to_string(*sub_topology) + ".");
    }
    return impl_->graph(groups[static_cast<std::size_t>(*sub_topology)]);
  }
  std::vector<std::size_t> all;
  for (std::size_t node = 0; node < impl_->nodes.size(); ++node) {
    if (!impl_->nodes[node].global) all.push_back(node);
  }
  return impl_->graph(all);
}

TaskGraph TopologyPlan::make_global_graph(const GlobalStorePlan& global) const {
  return impl_->graph({impl_->node_index.at(global.source_name), impl_->node_index.at(global.processor_name)});
}

}  // namespace streams::detail
