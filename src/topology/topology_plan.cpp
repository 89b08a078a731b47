// Writing a topology plan: every rule about names, parents, topics and stores is checked here, when it is broken.
//
// Source: org.apache.kafka.streams.processor.internals.InternalTopologyBuilder.
#include "topology/topology_plan_impl.hpp"

#include <algorithm>

namespace streams {

AutoOffsetReset AutoOffsetReset::by_duration(std::chrono::milliseconds duration) {
  if (duration.count() < 0) throw TopologyError("An offset reset by duration takes no negative duration.");
  return {Policy::kByDuration, duration.count()};
}

}  // namespace streams

namespace streams::detail {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

void check_supplier(const std::string& node, bool there) {
  if (!there) throw NullArgument("The supplier of " + node + " cannot be null.");
}

std::regex compile(const std::string& pattern) {
  try {
    return std::regex(pattern, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    invalid_topology("Pattern " + pattern + " is not a regular expression: " + error.what());
  }
}

/// Copies of one store's spec, as far as that can be told.
bool same_store(const StoreSpec& a, const StoreSpec& b) {
  if (a.identity || b.identity) return a.identity == b.identity;
  return a.kind == b.kind && a.format == b.format && a.persistent == b.persistent && a.caching == b.caching &&
         a.logging == b.logging && a.topic_configs == b.topic_configs && a.retention_ms == b.retention_ms &&
         a.window_ms == b.window_ms && a.segment_interval_ms == b.segment_interval_ms &&
         a.retain_duplicates == b.retain_duplicates && a.max_entries == b.max_entries &&
         a.time_ordered == b.time_ordered && a.make.target_type() == b.make.target_type();
}

}  // namespace

void invalid_topology(const std::string& message) { throw TopologyError("Invalid topology: " + message); }

TopologyPlan::TopologyPlan() : impl_(std::make_unique<Impl>()) {}
TopologyPlan::~TopologyPlan() = default;

void TopologyPlan::Impl::check_new_node(const std::string& name) const {
  if (node_index.contains(name)) invalid_topology("Processor " + name + " is already added.");
}

void TopologyPlan::Impl::check_parents(const std::string& name, const std::vector<std::string>& parents) const {
  if (parents.empty()) invalid_topology("predecessorNames cannot be empty");
  for (const std::string& parent : parents) {
    const auto found = node_index.find(parent);
    if (found == node_index.end()) {
      invalid_topology("Parent node " + parent + " is unknown" + (parent == name ? " (self-reference)." : "."));
    }
    const PlanNode& node = nodes[found->second];
    if (node.kind == PlanNodeKind::kSink) invalid_topology("Sink " + parent + " cannot be used a parent.");
    // Differs from Kafka Streams: it accepts these here and fails, or never runs the child, later.
    if (node.global) invalid_topology("Node " + parent + " of a global store cannot be used as a parent.");
  }
}

void TopologyPlan::Impl::check_new_topic(const std::string& topic) const {
  if (topics.contains(topic) || global_topics.contains(topic)) {
    invalid_topology("Topic " + topic + " has already been registered by another source.");
  }
  for (const auto& [text, pattern] : patterns) {
    if (std::regex_match(topic, pattern)) {
      invalid_topology("Topic " + topic + " matches a Pattern already registered by another source.");
    }
  }
}

const GlobalStorePlan* TopologyPlan::Impl::global(const std::string& store) const {
  for (const GlobalStorePlan& plan : globals) {
    if (plan.store.name == store) return &plan;
  }
  return nullptr;
}

void TopologyPlan::Impl::append(PlanNode node) {
  const std::size_t index = nodes.size();
  groups.add();
  for (const std::string& parent : node.parents) groups.unite(index, node_index.at(parent));
  node_index.emplace(node.name, index);
  nodes.push_back(std::move(node));
}

void TopologyPlan::Impl::connect_one(const std::string& processor, const std::string& store) {
  if (global(store) != nullptr) {
    invalid_topology("Global StateStore " + store +
                     " can be used by a Processor without being specified; it should not be explicitly passed.");
  }
  const auto found_store = store_index.find(store);
  if (found_store == store_index.end()) invalid_topology("StateStore " + store + " is not added yet.");
  const auto found_node = node_index.find(processor);
  if (found_node == node_index.end()) invalid_topology("Processor " + processor + " is not added yet.");
  PlanNode& node = nodes[found_node->second];
  if (node.kind != PlanNodeKind::kProcessor) {
    invalid_topology("cannot connect a state store " + store + " to a source node or a sink node.");
  }
  std::vector<std::string>& users = stores[found_store->second].processors;
  if (!users.empty()) groups.unite(node_index.at(users.front()), found_node->second);
  if (!contains(users, processor)) users.push_back(processor);
  if (!contains(node.stores, store)) node.stores.push_back(store);
}

void TopologyPlan::Impl::use_as_changelog(const std::string& store, const std::string& topic) {
  if (!source_changelogs.emplace(store, topic).second) invalid_topology("Source store " + store + " is already added.");
}

void TopologyPlan::add_source(SourcePlan source) {
  impl_->check_new_node(source.name);
  check_supplier(source.name, source.factory != nullptr);
  if (!source.pattern.empty()) {
    std::regex pattern = compile(source.pattern);
    for (const std::string& topic : impl_->topics) {
      if (std::regex_match(topic, pattern)) {
        invalid_topology("Pattern " + source.pattern +
                         " will match a topic that has already been registered by another source.");
      }
    }
    impl_->patterns.emplace_back(source.pattern, std::move(pattern));
    source.topics.clear();
  } else {
    if (source.topics.empty()) invalid_topology("topics cannot be empty");
    for (auto topic = source.topics.begin(); topic != source.topics.end(); ++topic) {
      impl_->check_new_topic(*topic);
      if (std::find(source.topics.begin(), topic, *topic) != topic) {
        invalid_topology("Topic " + *topic + " has already been registered by another source.");
      }
    }
    impl_->topics.insert(source.topics.begin(), source.topics.end());
  }
  PlanNode node;
  node.kind = PlanNodeKind::kSource;
  node.name = source.name;
  impl_->append(std::move(node));
  impl_->sources.emplace(source.name, source);
}

void TopologyPlan::add_processor(const std::string& name, NodeFactory factory,
                                 const std::vector<std::string>& parents) {
  impl_->check_new_node(name);
  check_supplier(name, factory != nullptr);
  impl_->check_parents(name, parents);
  PlanNode node;
  node.name = name;
  node.parents = parents;
  node.factory = std::move(factory);
  impl_->append(std::move(node));
}

void TopologyPlan::add_sink(const std::string& name, const std::string& topic, NodeFactory factory,
                            const std::vector<std::string>& parents) {
  add_dynamic_sink(name, "", std::move(factory), parents);
  impl_->nodes.back().topic = topic;
  impl_->nodes.back().dynamic = false;
}

void TopologyPlan::add_dynamic_sink(const std::string& name, const std::string& extractor, NodeFactory factory,
                                    const std::vector<std::string>& parents) {
  add_processor(name, std::move(factory), parents);
  PlanNode& node = impl_->nodes.back();
  node.kind = PlanNodeKind::kSink;
  node.extractor = extractor;
  node.dynamic = true;
}

void TopologyPlan::add_store(StoreSpec store, const std::vector<std::string>& processors, bool allow_override) {
  const std::string name = store.name;
  const auto known = impl_->store_index.find(name);
  if (known != impl_->store_index.end()) {
    StoreSpec& before = impl_->stores[known->second].spec;
    if (!allow_override && !same_store(before, store)) {
      invalid_topology("A different StateStore has already been added with the name " + name);
    }
    before = std::move(store);
  } else {
    if (impl_->global(name) != nullptr) {
      invalid_topology("A different GlobalStateStore has already been added with the name " + name);
    }
    impl_->store_index.emplace(name, impl_->stores.size());
    impl_->stores.push_back({std::move(store), {}});
  }
  for (const std::string& processor : processors) impl_->connect_one(processor, name);
}

void TopologyPlan::connect(const std::string& processor, const std::vector<std::string>& stores) {
  if (stores.empty()) invalid_topology("stateStoreNames cannot be empty");
  const auto found = impl_->node_index.find(processor);
  if (found != impl_->node_index.end() && impl_->nodes[found->second].kind != PlanNodeKind::kProcessor) {
    invalid_topology("State stores cannot be connect to sources or sinks.");
  }
  for (const std::string& store : stores) impl_->connect_one(processor, store);
}

void TopologyPlan::add_global_store(GlobalStorePlan global) {
  impl_->check_new_node(global.source_name);
  impl_->check_new_topic(global.topic);
  impl_->check_new_node(global.processor_name);
  if (global.source_name == global.processor_name) {
    invalid_topology("sourceName and processorName must be different.");
  }
  check_supplier(global.source_name, global.source != nullptr);
  check_supplier(global.processor_name, global.processor != nullptr);
  const std::string& store = global.store.name;
  if (impl_->store_index.contains(store)) {
    invalid_topology("A different StateStore has already been added with the name " + store);
  }
  if (impl_->global(store) != nullptr) {
    invalid_topology("A different GlobalStateStore has already been added with the name " + store);
  }
  impl_->use_as_changelog(store, global.topic);
  impl_->global_topics.insert(global.topic);
  PlanNode source;
  source.kind = PlanNodeKind::kSource;
  source.name = global.source_name;
  source.global = true;
  impl_->append(std::move(source));
  PlanNode processor;
  processor.name = global.processor_name;
  processor.parents = {global.source_name};
  processor.factory = global.processor;
  processor.stores = {store};
  processor.global = true;
  impl_->append(std::move(processor));
  global.store.logging = false;
  impl_->globals.push_back(std::move(global));
}

void TopologyPlan::add_read_only_store(StoreSpec store, SourcePlan source, const std::string& processor,
                                       NodeFactory factory) {
  if (source.topics.size() != 1) invalid_topology("A read-only store is filled from exactly one topic.");
  const std::string name = store.name;
  const std::string topic = source.topics.front();
  const std::string source_name = source.name;
  store.logging = false;
  source.reset = AutoOffsetReset::earliest();
  add_source(std::move(source));
  add_processor(processor, std::move(factory), {source_name});
  add_store(std::move(store), {processor});
  impl_->use_as_changelog(name, topic);
}

void TopologyPlan::add_internal_topic(InternalTopic topic) {
  const std::string name = topic.name;
  impl_->internal_topics.insert_or_assign(name, std::move(topic));
}

void TopologyPlan::copartition(const std::set<std::string>& source_nodes) {
  impl_->copartition_groups.push_back(source_nodes);
}

void TopologyPlan::replace_in_copartition(const std::string& source_node, const std::string& by) {
  for (std::set<std::string>& group : impl_->copartition_groups) {
    if (group.erase(source_node) > 0) group.insert(by);
  }
}

void TopologyPlan::reuse_as_changelog(const std::string& store, const std::string& topic) {
  const auto found = impl_->store_index.find(store);
  if (found == impl_->store_index.end()) invalid_topology("StateStore " + store + " is not added yet.");
  impl_->use_as_changelog(store, topic);
  impl_->stores[found->second].spec.logging = false;
}

}  // namespace streams::detail
