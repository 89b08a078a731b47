// The rewrites of the logical graph before it is written.
//
// Source: org.apache.kafka.streams.kstream.internals.InternalStreamsBuilder (optimizeTopology and what it calls).
#pragma once

#include <streams/detail/graph.hpp>

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace streams::detail {

class GraphOptimizer {
 public:
  GraphOptimizer(Graph& graph, std::vector<std::unique_ptr<GraphNode>>& nodes) : graph_(graph), nodes_(nodes) {}
  void run(const Optimization& optimization);

 private:
  /// A key-changing (or merge) node and the repartition steps below it that one step can replace.
  using Candidates = std::vector<std::pair<GraphNode*, std::vector<GraphNode*>>>;

  void merge_duplicate_sources();
  void reuse_source_topics();
  void merge_repartition_topics();
  Candidates find_candidates() const;
  void move_candidates_to_merge_nodes(Candidates& candidates) const;
  void replace_by_one(GraphNode& key_changer, const std::vector<GraphNode*>& repartitions);
  void rewrite_self_joins();
  void drop_null_keys_where_unwanted();
  void pass_on_versioned_semantics();

  Graph& graph_;
  std::vector<std::unique_ptr<GraphNode>>& nodes_;
};

}  // namespace streams::detail
