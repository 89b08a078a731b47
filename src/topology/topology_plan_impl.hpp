// What a TopologyPlan is made of. Shared by the files that implement it.
#pragma once

#include <streams/detail/topology_plan.hpp>

#include <cstddef>
#include <regex>
#include <unordered_map>

namespace streams::detail {

enum class PlanNodeKind { kSource, kProcessor, kSink };

struct PlanNode {
  PlanNodeKind kind = PlanNodeKind::kProcessor;
  std::string name;
  std::vector<std::string> parents;  ///< as given: a name may be there twice
  NodeFactory factory;               ///< of sources: null
  std::vector<std::string> stores;   ///< in the order in which they were connected, each once
  std::string topic;                 ///< fixed sinks
  std::string extractor;             ///< dynamic sinks
  bool dynamic = false;
  bool global = false;  ///< source or processor of a global store
};

struct PlanStore {
  StoreSpec spec;
  std::vector<std::string> processors;
};

/// Node indices in groups: which nodes belong to one sub-topology.
class NodeGroups {
 public:
  void add() { parents_.push_back(parents_.size()); }
  std::size_t root(std::size_t node) const {
    while (parents_[node] != node) node = parents_[node];
    return node;
  }
  void unite(std::size_t a, std::size_t b) { parents_[root(a)] = root(b); }

 private:
  std::vector<std::size_t> parents_;
};

struct TopologyPlan::Impl {
  std::vector<PlanNode> nodes;
  std::unordered_map<std::string, std::size_t> node_index;
  NodeGroups groups;
  std::unordered_map<std::string, SourcePlan> sources;
  std::vector<std::pair<std::string, std::regex>> patterns;  ///< text and what it compiles to
  std::set<std::string> topics;                              ///< of sources without a pattern, global ones excluded
  std::set<std::string> global_topics;
  std::vector<PlanStore> stores;
  std::unordered_map<std::string, std::size_t> store_index;
  std::vector<GlobalStorePlan> globals;
  std::map<std::string, InternalTopic> internal_topics;
  std::vector<std::set<std::string>> copartition_groups;
  std::map<std::string, std::string> source_changelogs;  ///< store -> source topic that serves as its changelog

  void check_new_node(const std::string& name) const;
  void check_parents(const std::string& name, const std::vector<std::string>& parents) const;
  void check_new_topic(const std::string& topic) const;
  const GlobalStorePlan* global(const std::string& store) const;
  /// Appends a node that was checked, in one group with its parents.
  void append(PlanNode node);
  void connect_one(const std::string& processor, const std::string& store);
  void use_as_changelog(const std::string& store, const std::string& topic);

  bool is_global_group(const std::vector<std::size_t>& group) const;
  /// Node indices of each sub-topology, in the order of the plan; numbered by their first node.
  std::vector<std::vector<std::size_t>> node_groups() const;
  /// The stores that these nodes use, in the order in which Kafka Streams opens them.
  std::vector<std::string> stores_of(const std::vector<std::size_t>& group) const;
  SourceFactory source_factory(const PlanNode& node) const;
  TaskGraph graph(const std::vector<std::size_t>& group) const;
};

/// Throws a TopologyError that begins as Kafka Streams' do.
[[noreturn]] void invalid_topology(const std::string& message);

}  // namespace streams::detail
