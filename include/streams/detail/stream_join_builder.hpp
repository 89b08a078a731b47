// Puts a stream-stream join together: repartition steps, windows, both sides, and the merge.
//
// Source: org.apache.kafka.streams.kstream.internals.KStreamImplJoin, KStreamImpl.repartitionForJoin.
#pragma once

#include <streams/detail/graph.hpp>
#include <streams/detail/materialize.hpp>
#include <streams/detail/repartition.hpp>
#include <streams/detail/steps.hpp>
#include <streams/detail/stream_join_node.hpp>
#include <streams/detail/table_join_node.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace streams {
template <class K, class V>
class KStream;
}

namespace streams::detail {

template <class T>
SerdePtr<T> first_serde(const SerdePtr<T>& a, const SerdePtr<T>& b) {
  return a ? a : b;
}

/// What one stream brings into a join.
template <class K, class V>
struct StreamParts {
  Handle handle;
  SerdePtr<K> key_serde;
  SerdePtr<V> value_serde;

  StreamParts(const KStream<K, V>& stream)  // NOLINT(google-explicit-constructor): a view of it
      : handle(stream.handle_), key_serde(stream.key_serde_), value_serde(stream.value_serde_) {}
  KStream<K, V> stream() const { return KStream<K, V>(handle, key_serde, value_serde); }
  template <class V2>
  static KStream<K, V2> make(Handle result, SerdePtr<K> key_serde) {
    return KStream<K, V2>(std::move(result), std::move(key_serde), nullptr);
  }

  /// Puts a step through an internal topic in front of a join. Source: KStreamImpl.repartitionForJoin.
  void repartition(const std::string& name, const SerdePtr<K>& join_key_serde, const SerdePtr<V>& join_value_serde,
                   bool named) {
    auto step = make_repartition<K, V>(*handle.graph, name, first_serde(join_key_serde, key_serde),
                                       first_serde(join_value_serde, value_serde), named);
    const std::string source = step->source_name;
    key_serde = step->key_serde;
    value_serde = step->value_serde;
    // A second join of the same stream uses the same topic; the numbers of its names are taken all the same.
    if (*handle.repartitioned == nullptr || name != handle.name) {
      *handle.repartitioned = &handle.graph->add({handle.node}, repartition_node(std::move(step), true));
    }
    GraphNode* node = *handle.repartitioned;
    handle = {handle.graph, node, source, {source}, false, std::make_shared<GraphNode*>(nullptr)};
  }
};

/// Names and stores of a stream-stream join. Source: KStreamImplJoin.
struct StreamJoinNames {
  std::string this_window, other_window, this_join, other_join, merge;
  std::string this_store, other_store, outer_store;
};
/// What the user named; empty: not.
struct GivenJoinNames {
  std::string join, stores, this_store, other_store;
};
/// Throws StreamsError if both stores have one name.
StreamJoinNames stream_join_names(Graph& graph, const GivenJoinNames& given, JoinKind kind);

template <class K, class V, class V2, class Out, class F>
class StreamJoinBuilder {
 public:
  StreamJoinBuilder(StreamParts<K, V> left, StreamParts<K, V2> right, JoinKind kind, const JoinWindows& windows,
                    const StreamJoined<K, V, V2>& joined, F joiner)
      : left_(std::move(left)),
        right_(std::move(right)),
        kind_(kind),
        windows_(windows),
        joined_(joined),
        joiner_{std::move(joiner)} {}

  KStream<K, Out> build() {
    const std::string& name = joined_.name;
    if (left_.handle.repartition_required) {
      left_.repartition(name.empty() ? left_.handle.name : name + "-left", joined_.key_serde, joined_.value_serde,
                        !name.empty());
    }
    if (right_.handle.repartition_required) {
      right_.repartition(name.empty() ? right_.handle.name : name + "-right", joined_.key_serde,
                         joined_.other_value_serde, !name.empty());
    }
    Handle result;
    result.graph = left_.handle.graph;
    result.sources = copartition(left_.handle, right_.handle);
    names_ = stream_join_names(graph(), given_names(), kind_);
    make_stores();
    result.name = names_.merge;
    result.node = &add_nodes();
    return StreamParts<K, V>::template make<Out>(std::move(result), first_serde(joined_.key_serde, left_.key_serde));
  }

 private:
  using Joiner = StreamJoiner<F, K, V, V2, Out>;
  static constexpr bool kCanJoinItself = std::is_same_v<V, V2> && std::is_copy_constructible_v<V>;

  Graph& graph() const { return *left_.handle.graph; }
  bool left_outer() const { return kind_ != JoinKind::kInner; }
  bool right_outer() const { return kind_ == JoinKind::kOuter; }

  GivenJoinNames given_names() const {
    return {joined_.name, joined_.store_name, joined_.this_store ? joined_.this_store->name : "",
            joined_.other_store ? joined_.other_store->name : ""};
  }

  void note_unnamed_stores() const {
    graph().note_unnamed_store(names_.this_store, joined_.logging);
    graph().note_unnamed_store(names_.other_store, joined_.logging);
    if (left_outer()) graph().note_unnamed_store(names_.outer_store, joined_.logging);
  }

  StorePlan store_plan_of(const std::string& name, std::optional<StoreType> type) const {
    StorePlan plan;
    plan.name = name;
    plan.type = type;
    plan.caching = false;
    plan.logging = joined_.logging;
    plan.topic_configs = joined_.topic_configs;
    return plan;
  }

  StoreSpec window_spec(const std::optional<StoreSupplier>& own, const std::string& name) const {
    if (own) return own_join_window_store_spec(*own, windows_);
    return join_window_store_spec(graph().config(), store_plan_of(name, joined_.store_type), windows_);
  }

  void make_stores() {
    const auto key = needed_serde<K>(first_serde(joined_.key_serde, left_.key_serde), names_.merge, "key");
    const auto left = needed_serde<V>(first_serde(joined_.value_serde, left_.value_serde), names_.merge, "left value");
    const auto right =
        needed_serde<V2>(first_serde(joined_.other_value_serde, right_.value_serde), names_.merge, "right value");
    this_store_ = join_window_store<K, V>(window_spec(joined_.this_store, names_.this_store), key, left);
    other_store_ = join_window_store<K, V2>(window_spec(joined_.other_store, names_.other_store), key, right);
    if (joined_.store_name.empty()) note_unnamed_stores();
    if (!left_outer()) return;
    std::optional<StoreType> type = joined_.store_type;
    if (!type && joined_.this_store) type = joined_.this_store->type;
    outer_store_ =
        outer_join_store<K, V, V2>(graph().config(), store_plan_of(names_.outer_store, type), key, left, right);
  }

  template <class Value>
  void add_window(GraphNode* parent, const std::string& name, const StoreSpec& store,
                  std::shared_ptr<StreamJoinPlan> join) {
    NodeFactory factory = [store_name = store.name, join]() -> std::unique_ptr<NodeBase> {
      return std::make_unique<JoinWindowNode<K, Value>>(store_name, join != nullptr && join->self_join);
    };
    graph().add({parent}, processor_node({name, std::move(factory), [store] { return std::vector{store}; }, {}}));
  }

  template <bool left_side>
  ProcessorPlan side(const std::string& name, const StoreSpec& other_store, bool outer) const {
    JoinSideSettings settings{
        names_.merge,        other_store.name,   left_outer() ? outer_store_.name : "", outer, windows_.before_ms(),
        windows_.after_ms(), windows_.grace_ms()};
    std::vector<StoreSpec> stores{other_store};
    if (left_outer()) stores.push_back(outer_store_);
    return {name,
            [settings, joiner = joiner_]() -> std::unique_ptr<NodeBase> {
              return std::make_unique<StreamJoinSide<K, V, V2, Out, Joiner, left_side>>(settings, joiner);
            },
            [stores] { return stores; },
            {}};
  }

  ProcessorPlan self_join() const {
    if constexpr (kCanJoinItself) {
      JoinSideSettings settings{names_.merge,        this_store_.name,   "", false, windows_.before_ms(),
                                windows_.after_ms(), windows_.grace_ms()};
      return {names_.merge,
              [settings, joiner = joiner_]() -> std::unique_ptr<NodeBase> {
                return std::make_unique<SelfJoinNode<K, V, Out, Joiner>>(settings, joiner);
              },
              [store = this_store_] { return std::vector{store}; },
              {}};
    } else {
      return {};
    }
  }

  GraphNode& add_nodes() {
    GraphNode node;
    node.name = names_.merge;
    node.null_key_relaxed_join = left_outer();
    if (kCanJoinItself) {  // of any kind: the rewrite makes an inner join of it, as in Kafka Streams
      node.stream_join =
          std::make_shared<StreamJoinPlan>(StreamJoinPlan{names_.this_window, names_.other_window, false});
    }
    add_window<V>(left_.handle.node, names_.this_window, this_store_, node.stream_join);
    add_window<V2>(right_.handle.node, names_.other_window, other_store_, node.stream_join);
    node.write = [names = names_, left = side<true>(names_.this_join, other_store_, left_outer()),
                  right = side<false>(names_.other_join, this_store_, right_outer()),
                  self = self_join()](TopologyPlan& plan, const GraphNode& written) {
      if (written.stream_join && written.stream_join->self_join) return self.write(plan, {names.this_window});
      left.write(plan, {names.this_window});
      right.write(plan, {names.other_window});
      ProcessorPlan{names.merge, step_factory<Record<K, Out>, Record<K, Out>>(PassThroughStep<K, Out>{}), nullptr, {}}
          .write(plan, {names.this_join, names.other_join});
    };
    return graph().add({left_.handle.node, right_.handle.node}, std::move(node));
  }

  StreamParts<K, V> left_;
  StreamParts<K, V2> right_;
  JoinKind kind_;
  JoinWindows windows_;
  StreamJoined<K, V, V2> joined_;
  Joiner joiner_;
  StreamJoinNames names_;
  StoreSpec this_store_, other_store_, outer_store_;
};

}  // namespace streams::detail
