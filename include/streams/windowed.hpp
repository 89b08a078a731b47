// TimeWindowedKStream and SessionWindowedKStream: grouped streams that are aggregated window by window.
//
// Source: org.apache.kafka.streams.kstream.TimeWindowedKStream, SessionWindowedKStream.
#pragma once

#include <streams/grouped.hpp>

#include <streams/detail/grouped_parts.hpp>
#include <streams/windowed_serdes.hpp>
#include <streams/windows.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace streams {

namespace detail {

void check_emit_strategy(EmitStrategy strategy, bool fixed_size_windows);

}  // namespace detail

/// A handle to a grouped stream with tumbling, hopping, sliding or unlimited windows, or windows of your own. Each
/// aggregation gives a table of Windowed<K>: one row for each key and window. Records that come later than the window's
/// end and grace are dropped and counted.
template <class K, class V, class Windows>
class TimeWindowedKStream {
 public:
  /// Counts the records of each key and window.
  template <class Count = std::int64_t>
  KTable<Windowed<K>, Count> count(const Named& named = {}) const {
    return aggregated<Count>("KSTREAM-AGGREGATE-", named, {}, {}, detail::CountFold{});
  }
  template <class Count = std::int64_t>
  KTable<Windowed<K>, Count> count(const Materialized<K, Count>& materialized, const Named& named = {}) const {
    constexpr bool takes_a_number = !std::is_same_v<Windows, SlidingWindows>;  // as in Kafka Streams
    if (takes_a_number && materialized.store_name.empty()) parts_.handle.graph->new_store_name("KSTREAM-AGGREGATE-");
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
    return aggregated<V>("KSTREAM-REDUCE-", named, materialized, parts_.value_serde,
                         detail::ReduceFold<F>{std::move(reducer)});
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
    static_cast<void>(detail::StoredAs<A, std::invoke_result_t<Init&>>{});
    detail::check_function(initializer, "initializer");
    detail::check_function(aggregator, "aggregator");
    return aggregated<A>("KSTREAM-AGGREGATE-", named, materialized, {},
                         detail::AggregateFold<Init, Add>{std::move(initializer), std::move(aggregator)});
  }

  /// Whether results come with every update or once, when their window closes. The latter needs windows of a fixed
  /// size; throws InvalidArgument for others.
  TimeWindowedKStream emit_strategy(EmitStrategy strategy) const {
    detail::check_emit_strategy(strategy, !std::is_same_v<Windows, UnlimitedWindows>);
    TimeWindowedKStream copy = *this;
    copy.emit_ = strategy;
    return copy;
  }

 private:
  template <class, class>
  friend class KGroupedStream;
  TimeWindowedKStream(detail::GroupedParts<K, V> parts, const Windows& windows)
      : parts_(std::move(parts)), windows_(windows) {}

  template <class A, class Fold>
  KTable<Windowed<K>, A> aggregated(const char* prefix, const Named& named, const Materialized<K, A>& materialized,
                                    const SerdePtr<A>& inherited_serde, Fold fold) const {
    using Kind = detail::WindowKind<Windows>;
    using Node = typename Kind::template Node<K, V, A, Fold>;
    detail::Graph& graph = *parts_.handle.graph;
    const detail::StorePlan store = detail::store_plan(graph, materialized, prefix);
    const SerdePtr<K> key_serde =
        detail::needed_serde<K>(materialized.key_serde ? materialized.key_serde : parts_.key_serde, store.name, "key");
    const SerdePtr<A> value_serde = materialized.value_serde ? materialized.value_serde : inherited_serde;
    std::string name = graph.name_or_new(named.name, prefix);
    const detail::StoreSpec spec = detail::with_shell<detail::TimestampedWindowShell<K, A>>(
        Kind::store(graph.config(), store, windows_, emit_), key_serde, value_serde);
    auto table = std::make_shared<detail::WindowedTable<K, A>>(store.name);
    detail::NodeFactory factory = [table, emit = emit_, windows = windows_,
                                   fold = std::move(fold)]() -> std::unique_ptr<detail::NodeBase> {
      return std::make_unique<Node>(table->settings, emit, windows, fold);
    };
    detail::Handle handle = parts_.add(store.name, {std::move(name), std::move(factory), detail::own_store(spec), {}});
    handle.node->grace_ms = windows_.grace_ms();
    return detail::TableParts<Windowed<K>, A>::make(std::move(handle),
                                                    time_windowed_serde<K>(windows_.size_ms(), key_serde), value_serde,
                                                    store.named ? store.name : "", std::move(table));
  }

  detail::GroupedParts<K, V> parts_;
  Windows windows_;
  EmitStrategy emit_ = EmitStrategy::kOnWindowUpdate;
};

/// A handle to a grouped stream with sessions. Each aggregation gives a table of Windowed<K>. A record that joins
/// sessions deletes them and writes the joined one; it is timestamped with its end.
template <class K, class V>
class SessionWindowedKStream {
 public:
  /// Counts the records of each key and session.
  template <class Count = std::int64_t>
  KTable<Windowed<K>, Count> count(const Named& named = {}) const {
    return aggregated<Count>("KSTREAM-AGGREGATE-", named, {}, {}, detail::CountFold{}, detail::CountMerge{});
  }
  template <class Count = std::int64_t>
  KTable<Windowed<K>, Count> count(const Materialized<K, Count>& materialized, const Named& named = {}) const {
    if (materialized.store_name.empty()) parts_.handle.graph->new_store_name("KSTREAM-AGGREGATE-");  // takes a number
    return aggregated<Count>("KSTREAM-AGGREGATE-", named, materialized, {}, detail::CountFold{}, detail::CountMerge{});
  }

  /// Combines the values of each session: reducer(aggregate, value), also for the aggregates of two sessions that join.
  template <class F>
  KTable<Windowed<K>, V> reduce(F reducer, const Named& named = {}) const {
    return reduce(std::move(reducer), Materialized<K, V>{}, named);
  }
  template <class F>
  KTable<Windowed<K>, V> reduce(F reducer, const Materialized<K, V>& materialized, const Named& named = {}) const {
    static_cast<void>(detail::ReducerOf<F, V>{});
    detail::check_function(reducer, "reducer");
    return aggregated<V>("KSTREAM-REDUCE-", named, materialized, parts_.value_serde, detail::ReduceFold<F>{reducer},
                         detail::ReduceMerge<F>{reducer});
  }

  /// Folds the values of each session; merger(key, one aggregate, other aggregate) gives that of two sessions that
  /// join.
  template <class Init, class Add, class Merger, class A = typename detail::AggregateOf<Init, Add, K, V>::type>
  KTable<Windowed<K>, A> aggregate(Init initializer, Add aggregator, Merger merger, const Named& named = {}) const {
    detail::check_default_serde<A>();
    return aggregate(std::move(initializer), std::move(aggregator), std::move(merger), Materialized<K, A>{}, named);
  }
  template <class Init, class Add, class Merger, class A = typename detail::AggregateOf<Init, Add, K, V>::type>
  KTable<Windowed<K>, A> aggregate(Init initializer, Add aggregator, Merger merger,
                                   const Materialized<K, A>& materialized, const Named& named = {}) const {
    static_assert(std::is_constructible_v<std::optional<A>,
                                          detail::PlainResult<Merger, detail::In<K>, detail::In<A>, detail::In<A>>>,
                  "streams: a session merger takes (const K&, const Aggregate&, const Aggregate&) and gives the joined "
                  "aggregate.");
    static_cast<void>(detail::StoredAs<A, std::invoke_result_t<Init&>>{});
    detail::check_function(initializer, "initializer");
    detail::check_function(aggregator, "aggregator");
    detail::check_function(merger, "sessionMerger");
    return aggregated<A>("KSTREAM-AGGREGATE-", named, materialized, {},
                         detail::AggregateFold<Init, Add>{std::move(initializer), std::move(aggregator)},
                         detail::SessionMerge<Merger>{std::move(merger)});
  }

  /// Whether results come with every update or once, when their session closes.
  SessionWindowedKStream emit_strategy(EmitStrategy strategy) const {
    SessionWindowedKStream copy = *this;
    copy.emit_ = strategy;
    return copy;
  }

 private:
  template <class, class>
  friend class KGroupedStream;
  SessionWindowedKStream(detail::GroupedParts<K, V> parts, const SessionWindows& windows)
      : parts_(std::move(parts)), windows_(windows) {}

  template <class A, class Fold, class Merge>
  KTable<Windowed<K>, A> aggregated(const char* prefix, const Named& named, const Materialized<K, A>& materialized,
                                    const SerdePtr<A>& inherited_serde, Fold fold, Merge merge) const {
    using Node = detail::SessionAggregateNode<K, V, A, Fold, Merge>;
    detail::Graph& graph = *parts_.handle.graph;
    const detail::StorePlan store = detail::store_plan(graph, materialized, prefix);
    const SerdePtr<K> key_serde =
        detail::needed_serde<K>(materialized.key_serde ? materialized.key_serde : parts_.key_serde, store.name, "key");
    const SerdePtr<A> value_serde = materialized.value_serde ? materialized.value_serde : inherited_serde;
    std::string name = graph.name_or_new(named.name, prefix);
    const detail::StoreSpec spec = detail::with_shell<detail::SessionShell<K, A>>(
        detail::session_store_spec(graph.config(), store, windows_, emit_), key_serde, value_serde);
    auto table = std::make_shared<detail::SessionTable<K, A>>(store.name);
    detail::NodeFactory factory = [table, emit = emit_, windows = windows_, fold = std::move(fold),
                                   merge = std::move(merge)]() -> std::unique_ptr<detail::NodeBase> {
      return std::make_unique<Node>(table->settings, emit, windows, fold, merge);
    };
    detail::Handle handle = parts_.add(store.name, {std::move(name), std::move(factory), detail::own_store(spec), {}});
    handle.node->grace_ms = windows_.grace_ms() + windows_.gap_ms();
    return detail::TableParts<Windowed<K>, A>::make(std::move(handle), session_windowed_serde<K>(key_serde),
                                                    value_serde, store.named ? store.name : "", std::move(table));
  }

  detail::GroupedParts<K, V> parts_;
  SessionWindows windows_;
  EmitStrategy emit_ = EmitStrategy::kOnWindowUpdate;
};

template <class K, class V>
template <class Windows>
TimeWindowedKStream<K, V, Windows> KGroupedStream<K, V>::windowed_by(const Windows& windows) const {
  detail::check_windows<Windows>();
  return TimeWindowedKStream<K, V, Windows>(parts_, windows);
}

template <class K, class V>
SessionWindowedKStream<K, V> KGroupedStream<K, V>::windowed_by(const SessionWindows& windows) const {
  return SessionWindowedKStream<K, V>(parts_, windows);
}

}  // namespace streams

#include <streams/cogrouped.hpp>
