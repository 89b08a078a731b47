// The logical graph that the DSL's handles write: nodes without types, names in Kafka Streams' order, and rewrites.
//
// Source: org.apache.kafka.streams.kstream.internals.InternalStreamsBuilder and its graph package.
#pragma once

#include <streams/detail/topology_plan.hpp>
#include <streams/errors.hpp>
#include <streams/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace streams::detail {

class Graph;
struct GraphNode;

/// A processor: how to make it, the stores that come with it, and the stores of others that it uses.
struct ProcessorPlan {
  std::string name;
  NodeFactory factory;
  std::function<std::vector<StoreSpec>()> stores;  ///< asked when the graph is written: tables may be materialized late
  std::vector<std::string> connected;

  void write(TopologyPlan& plan, const std::vector<std::string>& parents) const;
};

/// A stream that goes through an internal topic. The typed part is RepartitionOf.
class Repartition {
 public:
  virtual ~Repartition() = default;
  virtual NodeFactory make_filter() const = 0;
  virtual NodeFactory make_sink() const = 0;
  virtual SourceFactory make_source() const = 0;
  virtual std::shared_ptr<Repartition> clone() const = 0;
  /// Takes the serdes that it lacks from another one of the same types.
  virtual void inherit_serdes(const Repartition& other) = 0;

  void write(TopologyPlan& plan, const std::vector<std::string>& parents) const;

  std::string topic, sink_name, filter_name, source_name;
  std::optional<std::int32_t> partitions;
  bool drop_null_keys = false;
};

/// A stream-stream join: what the self-join rewrite must know of it.
struct StreamJoinPlan {
  std::string this_window_name, other_window_name;
  bool self_join = false;
};

struct GraphNode {
  std::string name;
  std::function<void(TopologyPlan&, const GraphNode&)> write;

  bool changes_key = false;
  bool changes_value = false;
  bool merges = false;
  bool null_key_relaxed_join = false;
  std::optional<bool> output_versioned;  ///< nullopt: as its parents'
  std::function<void(const std::string& parent)> use_versioned_semantics;
  std::optional<std::int64_t> grace_ms;  ///< of windowed aggregations: suppress() waits that long
  std::shared_ptr<SourcePlan> stream_source;
  std::shared_ptr<bool> reuse_source_topic;  ///< table sources: set by the optimiser
  std::shared_ptr<Repartition> repartition;
  bool optimizable = false;  ///< the repartition may be merged with others
  std::shared_ptr<StreamJoinPlan> stream_join;

  // Kept by the graph.
  std::vector<GraphNode*> parents, children;  ///< in the order in which they were added, each once
  int build_priority = 0;
  bool written = false;

  std::vector<std::string> parent_names() const;
};

/// Names of the parts of a repartition step.
struct RepartitionNames {
  std::string topic, sink, filter, source;
};

class Graph {
 public:
  explicit Graph(TopologyConfig config);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  const TopologyConfig& config() const { return config_; }
  TopologyPlan& plan() { return *plan_; }
  GraphNode& root() { return *root_; }

  /// "<prefix><ten digits>"; every call takes the next number.
  std::string new_name(std::string_view prefix);
  std::string new_store_name(std::string_view prefix);
  /// The given name, or a new one. Takes a number in either case. Throws TopologyError for an illegal name.
  std::string name_or_new(const std::string& given, std::string_view prefix);
  std::string suffixed_or_new(const std::string& given, std::string_view suffix, std::string_view prefix);
  /// Takes three numbers.
  RepartitionNames repartition_names(const std::string& prefix);

  /// Stores and topics whose names are generated: where names are required, build() refuses them.
  void note_unnamed_store(const std::string& store, bool logging);
  void note_unnamed_changelog(const std::string& store);
  void note_unnamed_repartition(const std::string& topic) { unnamed_.repartitions.push_back(topic); }
  bool is_unnamed(const std::string& store) const;

  GraphNode& add(const std::vector<GraphNode*>& parents, GraphNode node);
  /// Puts a node that is in the graph already under one more parent.
  void attach(GraphNode& parent, GraphNode& child);

  /// Optimises the graph and writes what has not been written yet.
  std::shared_ptr<TopologyPlan> build(const Optimization& optimization);

 private:
  friend class GraphOptimizer;
  void check_named() const;

  TopologyConfig config_;
  struct {
    std::vector<std::string> changelogs, stores, repartitions;  ///< in the order in which they were named
  } unnamed_;
  std::shared_ptr<TopologyPlan> plan_;
  std::vector<std::unique_ptr<GraphNode>> nodes_;
  GraphNode* root_;
  int next_number_ = 0;
  int next_priority_ = 0;
  std::size_t nodes_built_ = 0;
};

/// What every handle of the DSL knows.
struct Handle {
  std::shared_ptr<Graph> graph;
  GraphNode* node = nullptr;
  std::string name;
  std::set<std::string> sources;  ///< source nodes of the sub-topology
  bool repartition_required = false;
  /// The repartition step that joins of this stream share.
  std::shared_ptr<GraphNode*> repartitioned = std::make_shared<GraphNode*>(nullptr);
};

/// A node that runs one processor.
GraphNode processor_node(ProcessorPlan plan);
/// Adds it below `parent`; the new handle has its name and the parent's sources.
Handle add_processor(const Handle& parent, ProcessorPlan plan, void (*mark)(GraphNode&) = nullptr);
/// All must have equally many partitions; gives the union of their sources.
std::set<std::string> copartition(const Handle& one, const Handle& other);
GraphNode repartition_node(std::shared_ptr<Repartition> repartition, bool optimizable);
GraphNode stream_source_node(SourcePlan source);

/// A table read from a topic: its source and its processor.
struct TableSourcePlan {
  SourcePlan source;
  ProcessorPlan processor;
  std::string topic;
  std::shared_ptr<bool> reuse_source_topic;
  bool versioned = false;
};
GraphNode table_source_node(TableSourcePlan plan);
GraphNode global_table_node(GlobalStorePlan plan);
GraphNode state_store_node(StoreSpec store);

/// Throw InvalidArgument for what is no topic name.
void check_topic(const std::string& topic);
void check_topics(const std::vector<std::string>& topics);

void check_same_graph(const Handle& one, const Handle& other);

inline void mark_key_changing(GraphNode& node) { node.changes_key = true; }
inline void mark_value_changing(GraphNode& node) { node.changes_value = true; }
inline void mark_merge(GraphNode& node) { node.merges = true; }

}  // namespace streams::detail
