// Sources, global tables and stores in the logical graph.
#include <streams/detail/graph.hpp>
#include <streams/detail/ktable_impl.hpp>

namespace streams::detail {

GraphNode table_source_node(TableSourcePlan table) {
  GraphNode node;
  node.name = table.processor.name;
  node.output_versioned = table.versioned;
  node.reuse_source_topic = table.reuse_source_topic;
  node.write = [table = std::move(table)](TopologyPlan& plan, const GraphNode& self) {
    plan.add_source(table.source);
    table.processor.write(plan, {table.source.name});
    if (!*self.reuse_source_topic) return;
    for (const StoreSpec& store : table.processor.stores()) plan.reuse_as_changelog(store.name, table.topic);
  };
  return node;
}

GraphNode global_table_node(GlobalStorePlan global) {
  GraphNode node;
  node.name = global.processor_name;
  node.write = [global = std::move(global)](TopologyPlan& plan, const GraphNode&) { plan.add_global_store(global); };
  return node;
}

GraphNode state_store_node(StoreSpec store) {
  GraphNode node;
  node.name = store.name;
  node.write = [store = std::move(store)](TopologyPlan& plan, const GraphNode&) { plan.add_store(store, {}); };
  return node;
}

void check_topic(const std::string& topic) {
  if (topic.empty()) throw InvalidArgument("streams: a topic name cannot be empty.");
}

void check_topics(const std::vector<std::string>& topics) {
  if (topics.empty()) throw TopologyError("Invalid topology: topics cannot be empty");
  for (const std::string& topic : topics) check_topic(topic);
}

void TableJoinPlan::write(TopologyPlan& plan) const {
  const auto add = [&plan](const ProcessorPlan& processor, const std::vector<std::string>& parents) {
    plan.add_processor(processor.name, processor.factory, parents);
  };
  add(left, {left_parent});
  add(right, {right_parent});
  merger.write(plan, {left.name, right.name});
  plan.connect(left.name, left.connected);
  plan.connect(right.name, right.connected);
}

}  // namespace streams::detail
