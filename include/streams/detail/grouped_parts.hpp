// What aggregations of a grouped stream share: where its records come from; the store and node of each kind of windows.
#pragma once

#include <streams/detail/graph.hpp>
#include <streams/detail/materialize.hpp>
#include <streams/detail/repartition.hpp>
#include <streams/detail/session_aggregate_node.hpp>
#include <streams/detail/sliding_aggregate_node.hpp>
#include <streams/detail/window_aggregate_node.hpp>
#include <streams/serde.hpp>
#include <streams/windows.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace streams::detail {

/// A grouped stream: what all its aggregations share.
template <class K, class V>
struct GroupedParts {
  Handle handle;
  std::string name;  ///< given by the user: base of the repartition topic's name
  SerdePtr<K> key_serde;
  SerdePtr<V> value_serde;
  std::shared_ptr<GraphNode*> repartitioned = std::make_shared<GraphNode*>(nullptr);

  /// Whether the name of the repartition topic comes from the user.
  bool named(const std::string& store_name) const { return !name.empty() || !handle.graph->is_unnamed(store_name); }
  /// Puts the repartition step, if one is needed, and the aggregation behind the stream.
  /// Source: GroupedStreamAggregateBuilder.build.
  Handle add(const std::string& store_name, ProcessorPlan plan) const {
    Handle parent = handle;
    if (handle.repartition_required) {
      auto step = make_repartition<K, V>(*handle.graph, name.empty() ? store_name : name, key_serde, value_serde,
                                         named(store_name));
      parent.sources = {step->source_name};
      // A topic that the user named is shared by all aggregations of the grouped stream.
      if (*repartitioned == nullptr || name.empty()) {
        *repartitioned = &handle.graph->add({handle.node}, repartition_node(std::move(step), true));
      } else {
        handle.graph->attach(*handle.node, **repartitioned);
      }
      parent.node = *repartitioned;
      parent.repartition_required = false;
    }
    Handle added = add_processor(parent, std::move(plan));
    added.node->output_versioned = false;
    return added;
  }
};

/// The store and the node of an aggregation, by the kind of windows.
template <class Windows>
struct WindowKind {
  template <class K, class V, class A, class Fold>
  using Node = WindowAggregateNode<K, V, A, Windows, Fold>;
  static StoreSpec store(const TopologyConfig& config, const StorePlan& plan, const Windows& windows,
                         EmitStrategy emit) {
    return window_table_store_spec(config, plan, windows.size_ms(), windows.grace_ms(), emit);
  }
};
template <>
struct WindowKind<SlidingWindows> {
  template <class K, class V, class A, class Fold>
  using Node = SlidingAggregateNode<K, V, A, Fold>;
  static StoreSpec store(const TopologyConfig& config, const StorePlan& plan, const SlidingWindows& windows,
                         EmitStrategy emit) {
    return sliding_store_spec(config, plan, windows, emit);
  }
};

template <class Windows>
constexpr void check_windows() {
  static_assert(TimeWindowing<Windows> || std::is_same_v<Windows, SlidingWindows>,
                "streams: windows of your own have the members of TimeWindowing: size_ms(), grace_ms() and "
                "for_each_window(timestamp, fn).");
}

}  // namespace streams::detail
