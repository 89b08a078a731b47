// Nodes of aggregations of cogrouped streams.
#include <streams/cogrouped.hpp>

namespace streams::detail {

Handle add_cogroup_nodes(const Handle& first, const CogroupPlan& plan, std::vector<CogroupInput> inputs,
                         NodeFactory merge) {
  Graph& graph = *first.graph;
  std::vector<GraphNode*> aggregations;
  int counter = 0;
  for (CogroupInput& input : inputs) {
    const std::string suffix = "-cogroup-agg-" + std::to_string(counter++);
    std::string name = graph.suffixed_or_new(plan.named.name, suffix, kCogroupPrefix);
    GraphNode node = processor_node({std::move(name), std::move(input.factory), own_store(plan.spec), {}});
    node.grace_ms = plan.grace_ms;
    if (!plan.grace_ms) node.output_versioned = plan.versioned;
    aggregations.push_back(&graph.add({input.parent}, std::move(node)));
  }
  Handle handle;
  handle.graph = first.graph;
  handle.name = graph.suffixed_or_new(plan.named.name, "-cogroup-merge", "COGROUPKSTREAM-MERGE-");
  handle.sources = {handle.name};  // no source at all, but that is what Kafka Streams has there
  handle.node = &graph.add(aggregations, processor_node({handle.name, std::move(merge), nullptr, {}}));
  return handle;
}

}  // namespace streams::detail
