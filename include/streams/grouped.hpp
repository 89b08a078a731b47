// KGroupedStream and KGroupedTable: what can be aggregated by key.
//
// Source: org.apache.kafka.streams.kstream.KGroupedStream, KGroupedTable.
#pragma once

#include <streams/kstream.hpp>
#include <streams/ktable.hpp>

#include <streams/detail/aggregate_node.hpp>
#include <streams/detail/change_serde.hpp>
#include <streams/detail/grouped_parts.hpp>
#include <streams/detail/materialize.hpp>
#include <streams/detail/results.hpp>
#include <streams/options.hpp>
#include <streams/windows.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams {

template <class K, class V, class Windows = TimeWindows>
class TimeWindowedKStream;
template <class K, class V>
class SessionWindowedKStream;
template <class K, class A>
class CogroupedKStream;

namespace detail {

/// An aggregation without windows.
template <class A, class K, class V, class Fold>
KTable<K, A> aggregate_stream(const GroupedParts<K, V>& grouped, const char* prefix, const Named& named,
                              const Materialized<K, A>& materialized, const SerdePtr<A>& inherited_serde, Fold fold) {
  Graph& graph = *grouped.handle.graph;
  const StorePlan store = store_plan(graph, materialized, prefix);
  const SerdePtr<K> key_serde = materialized.key_serde ? materialized.key_serde : grouped.key_serde;
  const SerdePtr<A> value_serde = materialized.value_serde ? materialized.value_serde : inherited_serde;
  std::string name = graph.name_or_new(named.name, prefix);
  const StoreSpec spec = table_store<K, A>(graph.config(), store, key_serde, value_serde);
  auto table = std::make_shared<StoredTable<K, A>>(store.name);
  NodeFactory factory = [table, fold = std::move(fold)]() -> std::unique_ptr<NodeBase> {
    return std::make_unique<StreamAggregateNode<K, V, A, Fold>>(table->settings, fold);
  };
  Handle handle = grouped.add(store.name, {std::move(name), std::move(factory), own_store(spec), {}});
  handle.node->output_versioned = store.versioned();
  return TableParts<K, A>::make(std::move(handle), key_serde, value_serde, store.named ? store.name : "",
                                std::move(table));
}

}  // namespace detail

/// A handle to a stream grouped by its key. Records without a key or a value do not count.
template <class K, class V>
class KGroupedStream {
 public:
  /// Counts the records of each key. Another number type than Kafka Streams' can be asked for: count<std::int32_t>().
  template <class Count = std::int64_t>
  KTable<K, Count> count(const Named& named = {}) const {
    return detail::aggregate_stream<Count>(parts_, "KSTREAM-AGGREGATE-", named, {}, {}, detail::CountFold{});
  }
  template <class Count = std::int64_t>
  KTable<K, Count> count(const Materialized<K, Count>& materialized, const Named& named = {}) const {
    if (materialized.store_name.empty()) parts_.handle.graph->new_store_name("KSTREAM-AGGREGATE-");  // takes a number
    return detail::aggregate_stream<Count>(parts_, "KSTREAM-AGGREGATE-", named, materialized, {}, detail::CountFold{});
  }

  /// Combines the values of each key: reducer(aggregate, value). The first value is the first aggregate.
  template <class F>
  KTable<K, V> reduce(F reducer, const Named& named = {}) const {
    return reduce(std::move(reducer), Materialized<K, V>{}, named);
  }
  template <class F>
  KTable<K, V> reduce(F reducer, const Materialized<K, V>& materialized, const Named& named = {}) const {
    static_cast<void>(detail::ReducerOf<F, V>{});
    detail::check_function(reducer, "reducer");
    return detail::aggregate_stream<V>(parts_, "KSTREAM-REDUCE-", named, materialized, parts_.value_serde,
                                       detail::ReduceFold<F>{std::move(reducer)});
  }

  /// Folds the values of each key: aggregator(key, value, aggregate) gives the new aggregate; the first comes from
  /// initializer().
  template <class Init, class Add, class A = typename detail::AggregateOf<Init, Add, K, V>::type>
  KTable<K, A> aggregate(Init initializer, Add aggregator, const Named& named = {}) const {
    detail::check_default_serde<A>();
    return aggregate(std::move(initializer), std::move(aggregator), Materialized<K, A>{}, named);
  }
  template <class Init, class Add, class A = typename detail::AggregateOf<Init, Add, K, V>::type>
  KTable<K, A> aggregate(Init initializer, Add aggregator, const Materialized<K, A>& materialized,
                         const Named& named = {}) const {
    static_cast<void>(detail::StoredAs<A, std::invoke_result_t<Init&>>{});
    detail::check_function(initializer, "initializer");
    detail::check_function(aggregator, "aggregator");
    return detail::aggregate_stream<A>(parts_, "KSTREAM-AGGREGATE-", named, materialized, {},
                                       detail::AggregateFold<Init, Add>{std::move(initializer), std::move(aggregator)});
  }

  /// One aggregation for each window of time: TimeWindows, SlidingWindows, UnlimitedWindows, or windows of your own
  /// (TimeWindowing).
  template <class Windows>
  TimeWindowedKStream<K, V, Windows> windowed_by(const Windows& windows) const;
  /// One aggregation for each session.
  SessionWindowedKStream<K, V> windowed_by(const SessionWindows& windows) const;

  /// Aggregates this stream and others into one table of A: cogroup<A>(aggregator), where aggregator(key, value,
  /// aggregate) gives the new aggregate.
  template <class A, class Add>
  CogroupedKStream<K, A> cogroup(Add aggregator) const;

 private:
  template <class, class>
  friend class KStream;
  template <class, class>
  friend class CogroupedKStream;
  KGroupedStream(detail::Handle handle, std::string name, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : parts_{std::move(handle), std::move(name), std::move(key_serde), std::move(value_serde)} {}
  detail::GroupedParts<K, V> parts_;
};

namespace detail {

/// The repartition step of a grouped table carries updates, not records. Source: GroupedTableOperationRepartitionNode.
template <class K, class V>
struct GroupedTableParts {
  Handle handle;
  std::string name;
  SerdePtr<K> key_serde;
  SerdePtr<V> value_serde;
  std::shared_ptr<GraphNode*> repartitioned = std::make_shared<GraphNode*>(nullptr);

  template <class A, class Fold>
  KTable<K, A> aggregate(const char* prefix, const char* store_prefix, const Named& named,
                         const Materialized<K, A>& materialized, const SerdePtr<A>& inherited_serde, Fold fold) const {
    Graph& graph = *handle.graph;
    const StorePlan store = store_plan(graph, materialized, store_prefix);
    const SerdePtr<K> group_key_serde = materialized.key_serde ? materialized.key_serde : key_serde;
    const SerdePtr<A> value_serde_of_result = materialized.value_serde ? materialized.value_serde : inherited_serde;
    auto step = std::make_shared<RepartitionOf<K, Change<V>>>();
    step->sink_name = graph.suffixed_or_new(named.name, "-sink", "KSTREAM-SINK-");
    step->source_name = graph.suffixed_or_new(named.name, "-source", "KSTREAM-SOURCE-");
    std::string function_name = graph.name_or_new(named.name, prefix);
    step->topic = (name.empty() ? store.name : name) + "-repartition";
    step->key_serde = needed_serde<K>(key_serde, step->topic, "key");
    step->value_serde = std::make_shared<ChangeSerde<V>>(needed_serde<V>(value_serde, step->topic, "value"));
    Handle parent = handle;
    parent.sources = {step->source_name};
    if (*repartitioned == nullptr || name.empty()) {
      *repartitioned = &graph.add({handle.node}, repartition_node(std::move(step), false));
    } else {
      graph.attach(*handle.node, **repartitioned);
    }
    parent.node = *repartitioned;
    const StoreSpec spec = table_store<K, A>(graph.config(), store, group_key_serde, value_serde_of_result);
    auto table = std::make_shared<StoredTable<K, A>>(store.name);
    NodeFactory factory = [table, fold = std::move(fold)]() -> std::unique_ptr<NodeBase> {
      return std::make_unique<TableAggregateNode<K, V, A, Fold>>(table->settings, fold);
    };
    Handle result = add_processor(parent, {std::move(function_name), std::move(factory), own_store(spec), {}});
    result.node->output_versioned = store.versioned();
    return TableParts<K, A>::make(std::move(result), group_key_serde, value_serde_of_result,
                                  store.named ? store.name : "", std::move(table));
  }
};

}  // namespace detail

/// A handle to the rows of a table, grouped by a new key. When a row changes, what it was is subtracted from its group
/// and what it is now is added. Groups go through a repartition topic.
template <class K, class V>
class KGroupedTable {
 public:
  /// Counts the rows of each group.
  template <class Count = std::int64_t>
  KTable<K, Count> count(const Named& named = {}) const {
    return count(Materialized<K, Count>{}, named);
  }
  template <class Count = std::int64_t>
  KTable<K, Count> count(const Materialized<K, Count>& materialized, const Named& named = {}) const {
    return parts_.template aggregate<Count>("KTABLE-AGGREGATE-", "KTABLE-AGGREGATE-", named, materialized, {},
                                            detail::TableCountFold{});
  }

  /// adder(aggregate, new value) and subtractor(aggregate, old value).
  template <class Add, class Subtract>
  KTable<K, V> reduce(Add adder, Subtract subtractor, const Named& named = {}) const {
    return reduce(std::move(adder), std::move(subtractor), Materialized<K, V>{}, named);
  }
  template <class Add, class Subtract>
  KTable<K, V> reduce(Add adder, Subtract subtractor, const Materialized<K, V>& materialized,
                      const Named& named = {}) const {
    static_cast<void>(detail::ReducerOf<Add, V>{});
    static_cast<void>(detail::ReducerOf<Subtract, V>{});
    detail::check_function(adder, "adder");
    detail::check_function(subtractor, "subtractor");
    return parts_.template aggregate<V>(
        "KTABLE-REDUCE-", "KTABLE-AGGREGATE-", named, materialized, parts_.value_serde,
        detail::TableReduceFold<Add, Subtract>{std::move(adder), std::move(subtractor)});
  }

  /// adder(key, new value, aggregate) and subtractor(key, old value, aggregate) give the new aggregate.
  template <class Init, class Add, class Subtract, class A = typename detail::AggregateOf<Init, Add, K, V>::type>
  KTable<K, A> aggregate(Init initializer, Add adder, Subtract subtractor, const Named& named = {}) const {
    detail::check_default_serde<A>();
    return aggregate(std::move(initializer), std::move(adder), std::move(subtractor), Materialized<K, A>{}, named);
  }
  template <class Init, class Add, class Subtract, class A = typename detail::AggregateOf<Init, Add, K, V>::type>
  KTable<K, A> aggregate(Init initializer, Add adder, Subtract subtractor, const Materialized<K, A>& materialized,
                         const Named& named = {}) const {
    static_cast<void>(detail::AggregateOf<Init, Subtract, K, V>{});
    static_cast<void>(detail::StoredAs<A, std::invoke_result_t<Init&>>{});
    detail::check_function(initializer, "initializer");
    detail::check_function(adder, "adder");
    detail::check_function(subtractor, "subtractor");
    using Fold = detail::TableAggregateFold<Init, Add, Subtract>;
    return parts_.template aggregate<A>("KTABLE-AGGREGATE-", "KTABLE-AGGREGATE-", named, materialized, {},
                                        Fold{std::move(initializer), std::move(adder), std::move(subtractor)});
  }

 private:
  template <class, class>
  friend class KTable;
  KGroupedTable(detail::Handle handle, std::string name, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : parts_{std::move(handle), std::move(name), std::move(key_serde), std::move(value_serde)} {}
  detail::GroupedTableParts<K, V> parts_;
};

}  // namespace streams

#include <streams/windowed.hpp>
