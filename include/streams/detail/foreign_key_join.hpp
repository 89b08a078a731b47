// Writes foreign-key joins into the graph.
//
// Source: org.apache.kafka.streams.kstream.internals.KTableImpl.doJoinOnForeignKey, SubscriptionStoreFactory.
#pragma once

#include <streams/detail/foreign_key_nodes.hpp>
#include <streams/detail/graph.hpp>
#include <streams/detail/materialize.hpp>
#include <streams/detail/results.hpp>
#include <streams/detail/sink_node.hpp>
#include <streams/detail/source_node.hpp>
#include <streams/detail/table_join_node.hpp>
#include <streams/detail/table_nodes.hpp>
#include <streams/ktable.hpp>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace streams::detail {

struct ForeignKeyNames {
  std::string subscription_topic, send, subscription_sink, subscription_source;
  std::string store, receive, subscription_join, foreign_join;
  std::string response_topic, response_sink, response_source, resolver, result;
};
/// Takes thirteen numbers.
ForeignKeyNames foreign_key_names(Graph& graph, const std::string& name);
/// Never cached, and always with headers: those of the left rows, which its changelog gets too.
StoreSpec subscription_store(const TopologyConfig& config, const std::string& name);
GraphNode internal_sink_node(const std::string& name, const std::string& topic, NodeFactory factory);
/// The sources of the handle and this one must have equally many partitions; gives their union.
std::set<std::string> copartition(const Handle& handle, const std::string& internal_source);
/// Throws InvalidArgument for none or several: a row is in one place.
std::optional<std::vector<std::int32_t>> single_partition(std::optional<std::vector<std::int32_t>> chosen);

/// Internal topics of joins have the timestamp extractor of the application, as others that are read without one.
template <class K, class V>
SourcePlan join_source(const std::string& name, const std::string& topic, const SerdePtr<K>& key_serde,
                       SerdePtr<V> value_serde) {
  SourceFactory factory = [key_serde, value_serde = std::move(value_serde)]() -> std::unique_ptr<SourceNodeBase> {
    return std::make_unique<SourceNode<K, V>>(key_serde, value_serde);
  };
  return {name, {topic}, "", std::nullopt, std::move(factory)};
}

/// The parts of one foreign-key join; write() puts them into the graph.
template <class K, class V, class KO, class VO, class Out, class F, class Joiner>
class ForeignKeyJoin {
 public:
  using Settings = ForeignKeySettings<K, V, KO, VO>;

  ForeignKeyJoin(const KTable<K, V>& left, const KTable<KO, VO>& right, JoinKind kind, TableJoined<K, KO> options)
      : left_(left), right_(right), graph_(*left_.handle.graph), options_(std::move(options)) {
    check_same_graph(left_.handle, right_.handle);
    settings_->left_join = kind == JoinKind::kLeft;
  }

  KTable<K, Out> write(F foreign_key, Joiner joiner, const Materialized<K, Out>& materialized) {
    right_.table->enable_old_values(true);
    left_.table->enable_old_values(true);
    names_ = foreign_key_names(graph_, options_.name);
    const StorePlan store = store_plan(graph_, materialized, "KTABLE-FK-JOIN-OUTPUT-");
    take_serdes();
    for (const std::string& topic : {names_.subscription_topic, names_.response_topic}) {
      graph_.plan().add_internal_topic({topic, std::nullopt, false, {}});
    }
    GraphNode& subscriptions = write_left_half(std::move(foreign_key));
    Handle resolver = left_.handle;
    resolver.node = &write_right_half(subscriptions);
    resolver.sources = copartition(left_.handle, names_.response_source);
    resolver = write_resolver(resolver, std::move(joiner));
    return write_result(resolver, store, materialized);
  }

 private:
  template <class Node, class... Args>
  NodeFactory node(Args... args) const {
    return [settings = settings_, args...]() -> std::unique_ptr<NodeBase> {
      return std::make_unique<Node>(settings, args...);
    };
  }

  void take_serdes() {
    settings_->subscription_topic = names_.subscription_topic;
    settings_->response_topic = names_.response_topic;
    settings_->store = names_.store;
    settings_->key_serde = needed_serde<K>(left_.key_serde, names_.result, "key of the left table");
    settings_->value_serde = needed_serde<V>(left_.value_serde, names_.result, "value of the left table");
    settings_->foreign_key_serde = needed_serde<KO>(right_.key_serde, names_.result, "key of the right table");
    settings_->foreign_value_serde = needed_serde<VO>(right_.value_serde, names_.result, "value of the right table");
  }

  /// From the left table to the topic of subscriptions and out of it.
  GraphNode& write_left_half(F foreign_key) {
    GraphNode send =
        processor_node({names_.send, node<SubscriptionSendNode<K, V, KO, VO, F>>(std::move(foreign_key)), nullptr, {}});
    send.use_versioned_semantics = [settings = settings_](const std::string&) { settings->versioned_left = true; };
    GraphNode& sender = graph_.add({left_.handle.node}, std::move(send));

    SinkSettings<KO, Subscription> sink;
    sink.topic = names_.subscription_topic;
    sink.key_serde = settings_->foreign_key_serde;
    sink.value_serde = std::make_shared<SubscriptionSerde>();
    sink.by_inner_key = true;
    if (options_.other_partitioner) {
      sink.partitioner = [choose = options_.other_partitioner](std::string_view topic, const KO* key,
                                                               const Subscription*, std::int32_t partitions) {
        return single_partition(choose(topic, key, partitions));
      };
    }
    GraphNode& sent =
        graph_.add({&sender}, internal_sink_node(names_.subscription_sink, sink.topic, sink_factory(sink)));
    return graph_.add({&sent}, stream_source_node(join_source<KO, Subscription>(names_.subscription_source, sink.topic,
                                                                                sink.key_serde, sink.value_serde)));
  }

  /// From subscriptions and the right table to the topic of responses and out of it.
  GraphNode& write_right_half(GraphNode& subscriptions) {
    copartition(right_.handle, names_.subscription_source);
    const auto store = [spec = subscription_store(graph_.config(), names_.store)] { return std::vector{spec}; };
    GraphNode& receiver = graph_.add(
        {&subscriptions}, processor_node({names_.receive, node<SubscriptionReceiveNode<K, V, KO, VO>>(), store, {}}));
    const TableView<KO, VO> right = right_.table->view();
    GraphNode& join = graph_.add(
        {&receiver}, processor_node({names_.subscription_join,
                                     [settings = settings_, make = right.make]() -> std::unique_ptr<NodeBase> {
                                       return std::make_unique<SubscriptionJoinNode<K, V, KO, VO>>(settings, make());
                                     },
                                     nullptr, right.stores}));
    GraphNode foreign = processor_node({names_.foreign_join, node<ForeignTableJoinNode<K, V, KO, VO>>(), store, {}});
    foreign.use_versioned_semantics = [settings = settings_](const std::string&) { settings->versioned_right = true; };
    GraphNode& foreign_join = graph_.add({right_.handle.node}, std::move(foreign));

    SinkSettings<K, SubscriptionResponse> sink;
    sink.topic = names_.response_topic;
    sink.key_serde = settings_->key_serde;
    sink.value_serde = std::make_shared<SubscriptionResponseSerde>();
    sink.partitioner = response_partitioner();
    GraphNode& sent =
        graph_.add({&join, &foreign_join}, internal_sink_node(names_.response_sink, sink.topic, sink_factory(sink)));
    return graph_.add({&sent}, stream_source_node(join_source<K, SubscriptionResponse>(
                                   names_.response_source, sink.topic, sink.key_serde, sink.value_serde)));
  }

  template <class K1, class V1>
  static NodeFactory sink_factory(const SinkSettings<K1, V1>& settings) {
    return [settings]() -> std::unique_ptr<NodeBase> { return std::make_unique<SinkNode<K1, V1>>(settings); };
  }

  /// Back to where the left row is.
  StreamPartitioner<K, SubscriptionResponse> response_partitioner() const {
    using Partitions = std::optional<std::vector<std::int32_t>>;
    if (options_.partitioner) {
      return [choose = options_.partitioner](std::string_view topic, const K* key, const SubscriptionResponse*,
                                             std::int32_t partitions) {
        return single_partition(choose(topic, key, partitions));
      };
    }
    return [](std::string_view, const K*, const SubscriptionResponse* response, std::int32_t) -> Partitions {
      if (!response->primary_partition) return std::nullopt;
      return std::vector<std::int32_t>{*response->primary_partition};
    };
  }

  Handle write_resolver(const Handle& responses, Joiner joiner) {
    const TableView<K, V> left = left_.table->view();
    using Resolver = ResponseJoinNode<K, V, KO, VO, Out, Joiner>;
    NodeFactory factory = [settings = settings_, make = left.make,
                           joiner = std::move(joiner)]() -> std::unique_ptr<NodeBase> {
      return std::make_unique<Resolver>(settings, make(), joiner);
    };
    return add_processor(responses, {names_.resolver, std::move(factory), nullptr, left.stores});
  }

  KTable<K, Out> write_result(const Handle& resolver, const StorePlan& store,
                              const Materialized<K, Out>& materialized) {
    auto table = std::make_shared<SourceTable<K, Out>>(store.name, store.named);
    const SerdePtr<K> key_serde = materialized.key_serde ? materialized.key_serde : left_.key_serde;
    ProcessorPlan plan;
    plan.name = names_.result;
    plan.factory = [table]() -> std::unique_ptr<NodeBase> {
      return std::make_unique<TableSourceNode<K, Out>>(table->settings);
    };
    // Only a result that is stored needs serdes.
    plan.stores = [table, config = graph_.config(), store, key_serde, value_serde = materialized.value_serde] {
      if (table->settings.store.empty()) return std::vector<StoreSpec>{};
      return std::vector{table_store<K, Out>(config, store, key_serde, value_serde)};
    };
    Handle handle = add_processor(resolver, std::move(plan));
    handle.node->output_versioned = store.versioned();
    return TableParts<K, Out>::make(std::move(handle), left_.key_serde, materialized.value_serde,
                                    store.named ? store.name : "", std::move(table));
  }

  TableParts<K, V> left_;
  TableParts<KO, VO> right_;
  Graph& graph_;
  TableJoined<K, KO> options_;
  ForeignKeyNames names_;
  std::shared_ptr<Settings> settings_ = std::make_shared<Settings>();
};

template <class Out, class K, class V, class KO, class VO, class F, class J>
KTable<K, Out> foreign_key_join(const KTable<K, V>& left, const KTable<KO, VO>& right, F foreign_key, J joiner,
                                JoinKind kind, const TableJoined<K, KO>& options,
                                const Materialized<K, Out>& materialized) {
  static_cast<void>(ForeignKeyOf<F, K, V, KO>{});
  static_cast<void>(StoredAs<Out, typename JoinedValueOf<J, K, V, VO>::Result>{});
  check_function(foreign_key, "foreignKeyExtractor");
  check_function(joiner, "joiner");
  using Joiner = TableJoiner<J, K, V, VO, Out>;
  ForeignKeyJoin<K, V, KO, VO, Out, F, Joiner> join(left, right, kind, options);
  return join.write(std::move(foreign_key), Joiner{std::move(joiner)}, materialized);
}

}  // namespace streams::detail
