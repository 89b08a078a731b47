// Puts joins of a stream with a table or a global table together.
//
// Source: org.apache.kafka.streams.kstream.internals.KStreamImpl.doStreamTableJoin, StreamTableJoinNode.
#pragma once

#include <streams/detail/materialize.hpp>
#include <streams/detail/results.hpp>
#include <streams/detail/stream_join_builder.hpp>
#include <streams/detail/stream_table_join_node.hpp>
#include <streams/detail/table.hpp>
#include <streams/options.hpp>

#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

namespace streams {
template <class K, class V>
class KTable;
}

namespace streams::detail {

template <class K, class V>
struct TableParts;

template <class K, class V, class T, class Out, class F>
KStream<K, Out> join_with_table(StreamParts<K, V> stream, const KTable<K, T>& table, F joiner,
                                const Joined<K, V, T>& joined, bool left) {
  check_function(joiner, "joiner");
  if (stream.handle.repartition_required) {
    const bool named = !joined.name.empty();
    stream.repartition(named ? joined.name.text() : stream.handle.name, joined.key_serde, joined.value_serde, named);
  }
  Graph& graph = *stream.handle.graph;
  std::set<std::string> sources = copartition(stream.handle, TableParts<K, T>(table).handle);
  const std::string name = graph.name_or_new(joined.name, left ? "KSTREAM-LEFTJOIN-" : "KSTREAM-JOIN-");
  if (joined.grace) check_join_grace(*TableParts<K, T>(table).handle.node);
  TableView<K, T> view = TableParts<K, T>(table).table->view();
  ProcessorPlan plan{name, nullptr, nullptr, view.stores};
  if (joined.grace) {
    StoreSpec buffer = join_buffer<K, V>(name, joined.grace->count(), first_serde(joined.key_serde, stream.key_serde),
                                         first_serde(joined.value_serde, stream.value_serde));
    if (joined.name.empty()) graph.note_unnamed_store(buffer.name, true);
    plan.factory = [left, make = view.make, joiner, buffer = buffer.name]() -> std::unique_ptr<NodeBase> {
      return std::make_unique<GraceJoinNode<K, V, T, Out, F>>(left, make(), joiner, buffer);
    };
    plan.stores = own_store(std::move(buffer));
  } else {
    plan.factory = [left, make = view.make, joiner]() -> std::unique_ptr<NodeBase> {
      return std::make_unique<StreamTableJoinNode<K, V, K, T, Out, SameKey, F>>(left, make(), SameKey{}, joiner);
    };
  }
  Handle result = add_processor(
      stream.handle, std::move(plan),
      left ? [](GraphNode& node) { node.null_key_relaxed_join = true; } : [](GraphNode&) {});
  if (joined.grace) check_history(*result.node, view.stores, joined.grace->count());
  result.sources = std::move(sources);
  result.repartition_required = false;
  return StreamParts<K, V>::template make<Out>(std::move(result), first_serde(joined.key_serde, stream.key_serde));
}

template <class K, class V, class K2, class T, class Out, class Selector, class F>
KStream<K, Out> join_with_global(StreamParts<K, V> stream, const TableView<K2, T>& view, Selector selector, F joiner,
                                 const Named& named, bool left) {
  using Selected = typename ValueOf<Selector, K, In<V>>::type;
  static_assert(std::is_convertible_v<Selected, K2>,
                "streams: the selector of a join with a GlobalKTable takes (const V&) or (const K&, const V&) and "
                "gives a key of the "
                "table.");
  check_function(selector, "keySelector");
  check_function(joiner, "joiner");
  std::string name = stream.handle.graph->name_or_new(named.name, "KSTREAM-LEFTJOIN-");
  using KeyOf = SelectedKey<Selector, K2>;
  NodeFactory factory = [left, make = view.make, key_of = KeyOf{std::move(selector)},
                         joiner]() -> std::unique_ptr<NodeBase> {
    return std::make_unique<StreamTableJoinNode<K, V, K2, T, Out, KeyOf, F>>(left, make(), key_of, joiner);
  };
  Handle result = add_processor(
      stream.handle, {std::move(name), std::move(factory), nullptr, {}},
      left ? [](GraphNode& node) { node.null_key_relaxed_join = true; } : [](GraphNode&) {});
  return StreamParts<K, V>::template make<Out>(std::move(result), stream.key_serde);
}

}  // namespace streams::detail
