// The text of Topology.describe().
//
// Byte for byte that of Kafka Streams. Nodes are sorted by the size of what is below them, but the lists of children
// and parents are sorted while those sizes still grow, in the order of a Java hash map: so both are repeated here.
//
// Source: org.apache.kafka.streams.processor.internals.InternalTopologyBuilder: describeSubtopology, NodeComparator.
#include "topology/java_order.hpp"
#include "topology/topology_plan_impl.hpp"

#include <algorithm>

namespace streams::detail {
namespace {

struct Described {
  const PlanNode* node = nullptr;
  JavaTreeSet parents, children;
  std::int64_t size = 1;  ///< paths down from here, counting the node itself
};

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

/// The nodes of one sub-topology, connected as Kafka Streams connects them to describe them.
class Description {
 public:
  explicit Description(const std::vector<const PlanNode*>& nodes) {
    std::vector<std::string> names;
    std::unordered_map<std::string, const PlanNode*> by_name;
    for (const PlanNode* node : nodes) {
      names.push_back(node->name);
      by_name.emplace(node->name, node);
    }
    for (const std::string& name : java_set_order(names)) {
      index_.emplace(name, nodes_.size());
      nodes_.push_back({by_name.at(name), {}, {}, 1});
    }
    for (std::size_t node = 0; node < nodes_.size(); ++node) connect(node);
  }

  /// Indices of the nodes, those with the most below them first.
  std::vector<std::size_t> sorted() const {
    std::vector<std::size_t> out;
    for (std::size_t node = 0; node < nodes_.size(); ++node) out.push_back(node);
    std::sort(out.begin(), out.end(), [this](std::size_t a, std::size_t b) { return compare(a, b) < 0; });
    return out;
  }
  const PlanNode& node(std::size_t index) const { return *nodes_[index].node; }
  std::string parents(std::size_t index) const { return "\n      <-- " + names(nodes_[index].parents); }
  std::string children(std::size_t index) const { return "\n      --> " + names(nodes_[index].children); }

 private:
  void connect(std::size_t node) {
    const auto order = [this](std::size_t a, std::size_t b) { return compare(a, b); };
    for (const std::string& name : nodes_[node].node->parents) {
      const std::size_t parent = index_.at(name);
      nodes_[node].parents.add(parent, order);
      nodes_[parent].children.add(node, order);
      enlarge(parent, nodes_[node].size);
    }
  }

  void enlarge(std::size_t node, std::int64_t by) {
    nodes_[node].size += by;
    for (const std::size_t parent : nodes_[node].parents.in_order()) enlarge(parent, by);
  }

  int compare(std::size_t a, std::size_t b) const {
    if (a == b) return 0;
    if (nodes_[a].size != nodes_[b].size) return nodes_[a].size > nodes_[b].size ? -1 : 1;
    return java_compare(nodes_[a].node->name, nodes_[b].node->name);
  }

  std::string names(const JavaTreeSet& set) const {
    std::vector<std::string> out;
    for (const std::size_t index : set.in_order()) out.push_back(nodes_[index].node->name);
    return out.empty() ? "none" : joined(out);
  }

  std::vector<Described> nodes_;
  std::unordered_map<std::string, std::size_t> index_;
};

std::string source_text(const SourcePlan& source) {
  const std::string topics =
      source.pattern.empty() ? "[" + joined(java_copied_set_order(source.topics)) + "]" : source.pattern;
  return "Source: " + source.name + " (topics: " + topics + ")";
}

std::string processor_text(const PlanNode& node) {
  const std::vector<std::string> stores = java_copied_set_order(java_set_order(node.stores));
  return "Processor: " + node.name + " (stores: [" + joined(stores) + "])";
}

std::string sink_text(const PlanNode& node) {
  return "Sink: " + node.name + (node.dynamic ? " (extractor class: " + node.extractor : " (topic: " + node.topic) +
         ")";
}

std::string global_text(const GlobalStorePlan& global, std::size_t id) {
  return "Sub-topology: " + std::to_string(id) +
         " for global store (will not generate tasks)\n    Source: " + global.source_name + " (topics: [" +
         global.topic + "])\n      --> " + global.processor_name + "\n    Processor: " + global.processor_name +
         " (stores: [" + global.store.name + "])\n      --> none\n      <-- " + global.source_name + "\n";
}

}  // namespace

std::string TopologyPlan::describe() const {
  std::string out = "Topologies:\n ";
  const auto groups = impl_->node_groups();
  for (std::size_t id = 0; id < groups.size(); ++id) {
    out += "  ";
    if (impl_->is_global_group(groups[id])) {
      out += global_text(*impl_->global(impl_->nodes[groups[id].back()].stores.front()), id);
      continue;
    }
    std::vector<const PlanNode*> nodes;
    for (const std::size_t node : groups[id]) nodes.push_back(&impl_->nodes[node]);
    const Description description(nodes);
    out += "Sub-topology: " + std::to_string(id) + "\n";
    for (const std::size_t index : description.sorted()) {
      const PlanNode& node = description.node(index);
      out += "    ";
      switch (node.kind) {
        case PlanNodeKind::kSource:
          out += source_text(impl_->sources.at(node.name)) + description.children(index);
          break;
        case PlanNodeKind::kProcessor:
          out += processor_text(node) + description.children(index) + description.parents(index);
          break;
        case PlanNodeKind::kSink:
          out += sink_text(node) + description.parents(index);
          break;
      }
      out += "\n";
    }
    out += "\n";
  }
  return out;
}

}  // namespace streams::detail
