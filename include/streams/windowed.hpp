// TimeWindowedKStream: a grouped stream that is aggregated window by window.
//
// Source: org.apache.kafka.streams.kstream.TimeWindowedKStream.
#pragma once

#include <streams/grouped.hpp>

#include <streams/detail/window_aggregate_node.hpp>
#include <streams/windowed_serdes.hpp>
#include <streams/windows.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace streams {

/// A handle to a grouped stream with tumbling or hopping windows. Each aggregation gives a table of Windowed<K>: one row for each
/// key and window. Records that come later than the window's end and grace are dropped and counted.
template <class K, class V>
class TimeWindowedKStream {
 public:
  /// Counts the records of each key and window.
  template <class Count = std::int64_t>
  KTable<Windowed<K>, Count> count(const Named& named = {}) const {
    return aggregated<Count>("KSTREAM-AGGREGATE-", named, {}, {}, detail::CountFold{});
  }
  template <class Count = std::int64_t>
  KTable<Windowed<K>, Count> count(const Materialized<K, Count>& materialized, const Named& named = {}) const {
    if (materialized.store_name.empty()) parts_.handle.graph->new_store_name("KSTREAM-AGGREGATE-");  // takes a number
    return aggregated<Count>("KSTREAM-AGGREGATE-", named, materialized, {}, detail::CountFold{});
  }

  /// As KGroupedStream::reduce(), for each window.
  template <class F>
  KTable<Windowed<K>, V> reduce(F reducer, const Named& named = {}) const {
    return reduce(std::move(reducer), Materialized<K, V>{}, named);
  }
  template <class F>
  KTable<Windowed<K>, V> reduce(F reducer, const Materialized<K, V>& materialized, const Named& named = {}) const {
    static_cast<void>(detail::ReducerOf<F, V>{});
    detail::check_function(reducer, "reducer");
    return aggregated<V>("KSTREAM-REDUCE-", named, materialized, parts_.value_serde, detail::ReduceFold<F>{std::move(reducer)});
  }

  /// As KGroupedStream::aggregate(), for each window.
  template <class Init, class Add, class A = typename detail::AggregateOf<Init, Add, K, V>::type>
  KTable<Windowed<K>, A> aggregate(Init initializer, Add aggregator, const Named& named = {}) const {
    detail::check_default_serde<A>();
    return aggregate(std::move(initializer), std::move(aggregator), Materialized<K, A>{}, named);
  }
  template <class Init, class Add, class A = typename detail::AggregateOf<Init, Add, K, V>::type>
  KTable<Windowed<K>, A> aggregate(Init initializer, Add aggregator, const Materialized<K, A>& materialized,
                                   const Named& named = {}) const {
    detail::check_function(initializer, "initializer");
    detail::check_function(aggregator, "aggregator");
    return aggregated<A>("KSTREAM-AGGREGATE-", named, materialized, {},
                         detail::AggregateFold<Init, Add>{std::move(initializer), std::move(aggregator)});
  }

 private:
  friend class KGroupedStream<K, V>;
  TimeWindowedKStream(detail::GroupedParts<K, V> parts, const TimeWindows& windows) : parts_(std::move(parts)), windows_(windows) {}

  template <class A, class Fold>
  KTable<Windowed<K>, A> aggregated(const char* prefix, const Named& named, const Materialized<K, A>& materialized,
                                    const SerdePtr<A>& inherited_serde, Fold fold) const {
    detail::Graph& graph = *parts_.handle.graph;
    const detail::StorePlan store = detail::store_plan(graph, materialized, prefix);
    const SerdePtr<K> key_serde =
        detail::needed_serde<K>(materialized.key_serde ? materialized.key_serde : parts_.key_serde, store.name, "key");
    const SerdePtr<A> value_serde = materialized.value_serde ? materialized.value_serde : inherited_serde;
    std::string name = graph.name_or_new(named.name, prefix);
    const detail::StoreSpec spec = detail::window_table_store<K, A>(graph.config(), store, windows_.size_ms(), windows_.grace_ms(),
                                                                   key_serde, value_serde);
    auto table = std::make_shared<detail::WindowedTable<K, A>>(store.name);
    detail::NodeFactory factory = [table, windows = windows_, fold = std::move(fold)]() -> std::unique_ptr<detail::NodeBase> {
      return std::make_unique<detail::WindowAggregateNode<K, V, A, TimeWindows, Fold>>(table->settings, windows, fold);
    };
    detail::Handle handle = parts_.add(store.name, {std::move(name), std::move(factory), detail::own_store(spec), {}});
    return detail::TableParts<Windowed<K>, A>::make(std::move(handle), time_windowed_serde<K>(windows_.size_ms(), key_serde),
                                                    value_serde, store.named ? store.name : "", std::move(table));
  }

  detail::GroupedParts<K, V> parts_;
  TimeWindows windows_;
};

template <class K, class V>
TimeWindowedKStream<K, V> KGroupedStream<K, V>::windowed_by(const TimeWindows& windows) const {
  return TimeWindowedKStream<K, V>(parts_, windows);
}

}  // namespace streams
