// The rewrites, in the order in which Kafka Streams applies them.
#include "topology/graph_optimizer.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace streams::detail {
namespace {

void remove_child(GraphNode& parent, GraphNode& child) {
  std::erase(parent.children, &child);
  std::erase(child.parents, &parent);
}

void add_child(GraphNode& parent, GraphNode& child) {
  if (std::find(parent.children.begin(), parent.children.end(), &child) != parent.children.end()) return;
  parent.children.push_back(&child);
  child.parents.push_back(&parent);
}

bool has_parent(const GraphNode& node, const GraphNode* parent) {
  return std::find(node.parents.begin(), node.parents.end(), parent) != node.parents.end();
}

/// Walks up, through the last parent where there are several, as Kafka Streams does.
GraphNode* find_upwards(GraphNode* start, const std::function<bool(const GraphNode&)>& matches) {
  if (matches(*start)) return start;
  GraphNode* found = nullptr;
  for (GraphNode* parent : start->parents) {
    if (matches(*parent)) return parent;
    found = find_upwards(parent, matches);
  }
  return found;
}

/// The nearest key-changing node above, unless a value-changing one is nearer.
GraphNode* key_changing_parent(GraphNode* repartition) {
  GraphNode* changing =
      find_upwards(repartition, [](const GraphNode& node) { return node.changes_key || node.changes_value; });
  GraphNode* key_changing = find_upwards(repartition, [](const GraphNode& node) { return node.changes_key; });
  return changing == key_changing ? key_changing : nullptr;
}

bool same_reset(const SourcePlan& a, const SourcePlan& b) {
  if (a.reset.has_value() != b.reset.has_value()) return false;
  return !a.reset || (a.reset->policy == b.reset->policy && a.reset->duration_ms == b.reset->duration_ms);
}

void merge_sources(GraphNode& into, GraphNode& other) {
  if (!same_reset(*into.stream_source, *other.stream_source)) {
    throw TopologyError("Can't configure different offset reset policies on the same input topic(s)");
  }
  const std::vector<GraphNode*> children = other.children;
  for (GraphNode* child : children) {
    remove_child(other, *child);
    add_child(into, *child);
  }
}

bool versioned_output(const GraphNode& node, const GraphNode& root);

bool versioned_upstream(const GraphNode& node, const GraphNode& root) {
  if (&node == &root) return false;
  return std::all_of(node.parents.begin(), node.parents.end(),
                     [&](const GraphNode* parent) { return versioned_output(*parent, root); });
}

bool versioned_output(const GraphNode& node, const GraphNode& root) {
  return node.output_versioned ? *node.output_versioned : versioned_upstream(node, root);
}

}  // namespace

void GraphOptimizer::run(const Optimization& optimization) {
  merge_duplicate_sources();
  if (optimization.reuse_ktable_source_topics) reuse_source_topics();
  if (optimization.merge_repartition_topics) merge_repartition_topics();
  if (optimization.single_store_self_join) rewrite_self_joins();
  drop_null_keys_where_unwanted();
  pass_on_versioned_semantics();
}

void GraphOptimizer::merge_duplicate_sources() {
  std::map<std::string, GraphNode*> by_topic, by_pattern;
  const std::vector<GraphNode*> sources = graph_.root().children;
  for (GraphNode* node : sources) {
    if (!node->stream_source) continue;
    const SourcePlan& source = *node->stream_source;
    if (!source.pattern.empty()) {
      const auto [known, fresh] = by_pattern.emplace(source.pattern, node);
      if (fresh) continue;
      merge_sources(*known->second, *node);
      remove_child(graph_.root(), *node);
      continue;
    }
    for (const std::string& topic : source.topics) {
      const auto [known, fresh] = by_topic.emplace(topic, node);
      if (fresh || known->second == node) continue;
      const std::set<std::string> mine(source.topics.begin(), source.topics.end());
      const auto& theirs = known->second->stream_source->topics;
      if (mine != std::set<std::string>(theirs.begin(), theirs.end())) {
        throw TopologyError("Two source nodes are subscribed to overlapping but not equal input topics");
      }
      merge_sources(*known->second, *node);
      remove_child(graph_.root(), *node);
    }
  }
}

void GraphOptimizer::reuse_source_topics() {
  for (const auto& node : nodes_) {
    if (node->reuse_source_topic) *node->reuse_source_topic = true;
  }
}

GraphOptimizer::Candidates GraphOptimizer::find_candidates() const {
  Candidates candidates;
  const auto entry = [&](GraphNode* node) {
    return std::find_if(candidates.begin(), candidates.end(), [&](const auto& pair) { return pair.first == node; });
  };
  for (const auto& node : nodes_) {
    if (node->changes_key && entry(node.get()) == candidates.end()) candidates.push_back({node.get(), {}});
    if (!node->repartition || !node->optimizable || node->parents.empty()) continue;
    GraphNode* parent = key_changing_parent(node.get());
    if (parent != nullptr) entry(parent)->second.push_back(node.get());
  }
  return candidates;
}

/// Repartition steps below a merge of re-keyed streams belong to the merge.
void GraphOptimizer::move_candidates_to_merge_nodes(Candidates& candidates) const {
  std::vector<std::pair<GraphNode*, std::vector<GraphNode*>>> changers_of_merge;
  for (const auto& owned : nodes_) {
    GraphNode* merge = owned.get();
    if (!merge->merges || merge->changes_key) continue;
    changers_of_merge.push_back({merge, {}});
    for (const auto& [changer, repartitions] : candidates) {
      const bool all_below = std::all_of(repartitions.begin(), repartitions.end(), [&](GraphNode* repartition) {
        return find_upwards(repartition, [&](const GraphNode& node) { return has_parent(node, merge); }) != nullptr;
      });
      const GraphNode* wanted = changer;
      if (all_below &&
          find_upwards(merge, [&](const GraphNode& node) { return has_parent(node, wanted); }) != nullptr) {
        changers_of_merge.back().second.push_back(changer);
      }
    }
  }
  std::set<GraphNode*> replaced;
  for (const auto& [merge, changers] : changers_of_merge) {
    std::vector<GraphNode*> repartitions;
    for (GraphNode* changer : changers) {
      const auto entry =
          std::find_if(candidates.begin(), candidates.end(), [&](const auto& p) { return p.first == changer; });
      for (GraphNode* repartition : entry->second) {
        if (std::find(repartitions.begin(), repartitions.end(), repartition) == repartitions.end()) {
          repartitions.push_back(repartition);
        }
      }
      replaced.insert(changer);
    }
    candidates.push_back({merge, std::move(repartitions)});
  }
  std::erase_if(candidates, [&](const auto& pair) { return replaced.contains(pair.first); });
}

void GraphOptimizer::merge_repartition_topics() {
  Candidates candidates = find_candidates();
  move_candidates_to_merge_nodes(candidates);
  for (const auto& [changer, repartitions] : candidates) {
    if (!repartitions.empty()) replace_by_one(*changer, repartitions);
  }
}

void GraphOptimizer::replace_by_one(GraphNode& key_changer, const std::vector<GraphNode*>& repartitions) {
  const std::string& topic = repartitions.front()->repartition->topic;
  std::shared_ptr<Repartition> merged = repartitions.front()->repartition->clone();
  for (GraphNode* other : repartitions) merged->inherit_serdes(*other->repartition);
  const RepartitionNames names = graph_.repartition_names(topic);
  merged->topic = topic;
  merged->sink_name = names.sink;
  merged->filter_name = names.filter;
  merged->source_name = names.source;

  nodes_.push_back(std::make_unique<GraphNode>(repartition_node(std::move(merged), true)));
  GraphNode& single = *nodes_.back();
  single.build_priority = key_changer.build_priority;  // before everything downstream

  for (GraphNode* replaced : repartitions) {
    GraphNode* child = find_upwards(replaced, [&](const GraphNode& node) { return has_parent(node, &key_changer); });
    if (child == nullptr)
      throw StreamsError("streams: no path from \"" + key_changer.name + "\" to \"" + replaced->name + "\"");
    add_child(single, *child);
    remove_child(key_changer, *child);
    const std::vector<GraphNode*> parents = replaced->parents;
    const std::vector<GraphNode*> children = replaced->children;
    for (GraphNode* below : children) {
      for (GraphNode* parent : parents) add_child(*parent, *below);
    }
    for (GraphNode* parent : parents) remove_child(*parent, *replaced);
    for (GraphNode* below : children) remove_child(*replaced, *below);
    graph_.plan().replace_in_copartition(replaced->name, single.name);
  }
  add_child(key_changer, single);
}

void GraphOptimizer::rewrite_self_joins() {
  for (const auto& node : nodes_) {
    if (!node->stream_join || node->parents.size() != 1) continue;
    GraphNode& parent = *node->parents.front();
    GraphNode* other_window = nullptr;
    for (GraphNode* child : parent.children) {
      if (child->name == node->stream_join->other_window_name && child->build_priority < node->build_priority) {
        other_window = child;
      }
    }
    if (other_window == nullptr) continue;
    remove_child(parent, *other_window);
    node->stream_join->self_join = true;
  }
}

/// Null keys cannot be joined or grouped: repartition steps drop them, unless a left or outer join below wants them.
void GraphOptimizer::drop_null_keys_where_unwanted() {
  std::set<const GraphNode*> visited, wanted;
  const std::function<void(const GraphNode&)> walk = [&](const GraphNode& node) {
    if (visited.contains(&node)) return;
    for (const GraphNode* child : node.children) {
      walk(*child);
      if (child->null_key_relaxed_join || wanted.contains(child)) wanted.insert(&node);
    }
    visited.insert(&node);
  };
  walk(graph_.root());
  for (const auto& node : nodes_) {
    if (node->repartition && visited.contains(node.get()))
      node->repartition->drop_null_keys = !wanted.contains(node.get());
  }
}

void GraphOptimizer::pass_on_versioned_semantics() {
  for (const auto& node : nodes_) {
    if (!node->use_versioned_semantics) continue;
    for (const GraphNode* parent : node->parents) {
      if (versioned_output(*parent, graph_.root())) node->use_versioned_semantics(parent->name);
    }
  }
}

}  // namespace streams::detail
