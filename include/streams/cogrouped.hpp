// CogroupedKStream: several grouped streams that are aggregated into one table.
//
// Source: org.apache.kafka.streams.kstream.CogroupedKStream, TimeWindowedCogroupedKStream,
// SessionWindowedCogroupedKStream.
#pragma once

#include <streams/detail/cogroup_source.hpp>
#include <streams/grouped.hpp>
#include <streams/windowed.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace streams {

template <class K, class A, class Windows>
class TimeWindowedCogroupedKStream;
template <class K, class A>
class SessionWindowedCogroupedKStream;

namespace detail {

/// An initializer in the form that all sources share.
template <class A, class Init>
CogroupInitializer<A> cogroup_initializer(Init initializer) {
  STREAMS_CHECK_FUNCTION((std::is_constructible_v<std::optional<A>, std::invoke_result_t<Init&>>),
                         "an initializer takes nothing and gives the first aggregate.");
  check_function(initializer, "initializer");
  return [initializer = std::move(initializer)]() mutable { return std::optional<A>(initializer()); };
}

}  // namespace detail

/// A handle to grouped streams, each with its own aggregator, that share their aggregates. Copies mean the same:
/// cogroup() adds a stream to all of them. Aggregations have the streams that were there when they were made.
template <class K, class A>
class CogroupedKStream {
 public:
  /// Adds a stream: aggregator(key, value, aggregate) gives the new aggregate. For a stream that is there already it
  /// replaces the aggregator.
  template <class V, class Add>
  CogroupedKStream cogroup(const KGroupedStream<K, V>& grouped, Add aggregator) const {
    STREAMS_CHECK_FUNCTION(
        (std::is_constructible_v<std::optional<A>,
                                 detail::PlainResult<Add, detail::In<K>, detail::In<V>, detail::Take<A>>>),
        "an aggregator takes (const K&, const V&, Aggregate) and gives the new aggregate.");
    detail::check_function(aggregator, "aggregator");
    parts_->add(std::make_shared<detail::CogroupSourceOf<K, V, A, Add>>(grouped.parts_, std::move(aggregator)));
    return *this;
  }

  /// The table of all keys. Aggregates start from initializer().
  template <class Init>
  KTable<K, A> aggregate(Init initializer, const Named& named = {}) const {
    detail::check_default_serde<A>();
    return aggregate(std::move(initializer), Materialized<K, A>{}, named);
  }
  template <class Init>
  KTable<K, A> aggregate(Init initializer, const Materialized<K, A>& materialized, const Named& named = {}) const {
    using Table = detail::StoredTable<K, A>;
    const auto initial = detail::cogroup_initializer<A>(std::move(initializer));
    auto result = detail::add_cogroup<Table, K>(
        *parts_, named, materialized, std::nullopt,
        [&](const detail::StorePlan& store, const SerdePtr<K>& key_serde) {
          return detail::table_store<K, A>(parts_->graph().config(), store, key_serde, materialized.value_serde);
        },
        [&](const auto& source, const std::shared_ptr<Table>& table) { return source.plain(table, initial); });
    return detail::TableParts<K, A>::make(std::move(result.handle), result.key_serde, materialized.value_serde,
                                          std::move(result.store_name), std::move(result.table));
  }

  /// One aggregation for each window: TimeWindows, SlidingWindows, UnlimitedWindows or your own (TimeWindowing).
  template <class Windows>
  TimeWindowedCogroupedKStream<K, A, Windows> windowed_by(const Windows& windows) const {
    detail::check_windows<Windows>();
    return TimeWindowedCogroupedKStream<K, A, Windows>(parts_, windows);
  }
  /// One aggregation for each session.
  SessionWindowedCogroupedKStream<K, A> windowed_by(const SessionWindows& windows) const {
    return SessionWindowedCogroupedKStream<K, A>(parts_, windows);
  }

 private:
  template <class, class>
  friend class KGroupedStream;
  CogroupedKStream() : parts_(std::make_shared<detail::CogroupParts<K, A>>()) {}
  std::shared_ptr<detail::CogroupParts<K, A>> parts_;
};

/// A handle to cogrouped streams with windows of time. Each aggregation gives a table of Windowed<K>.
template <class K, class A, class Windows>
class TimeWindowedCogroupedKStream {
 public:
  /// The table of all keys and windows. Aggregates start from initializer(); records later than their windows' ends and
  /// grace are dropped and counted.
  template <class Init>
  KTable<Windowed<K>, A> aggregate(Init initializer, const Named& named = {}) const {
    detail::check_default_serde<A>();
    return aggregate(std::move(initializer), Materialized<K, A>{}, named);
  }
  template <class Init>
  KTable<Windowed<K>, A> aggregate(Init initializer, const Materialized<K, A>& materialized,
                                   const Named& named = {}) const {
    using Table = detail::WindowedTable<K, A>;
    using Kind = detail::WindowKind<Windows>;
    const auto initial = detail::cogroup_initializer<A>(std::move(initializer));
    auto result = detail::add_cogroup<Table, Windowed<K>>(
        *parts_, named, materialized, windows_.grace_ms(),
        [&](const detail::StorePlan& store, const SerdePtr<K>& key_serde) {
          return detail::with_shell<detail::TimestampedWindowShell<K, A>>(
              Kind::store(parts_->graph().config(), store, windows_, EmitStrategy::kOnWindowUpdate), key_serde,
              materialized.value_serde);
        },
        [&](const auto& source, const std::shared_ptr<Table>& table) {
          return source.windowed(table, windows_, initial);
        });
    return detail::TableParts<Windowed<K>, A>::make(
        std::move(result.handle), time_windowed_serde<K>(windows_.size_ms(), result.key_serde),
        materialized.value_serde, std::move(result.store_name), std::move(result.table));
  }

 private:
  friend class CogroupedKStream<K, A>;
  TimeWindowedCogroupedKStream(std::shared_ptr<detail::CogroupParts<K, A>> parts, const Windows& windows)
      : parts_(std::move(parts)), windows_(windows) {}
  std::shared_ptr<detail::CogroupParts<K, A>> parts_;
  Windows windows_;
};

/// A handle to cogrouped streams with sessions. merger(key, one aggregate, other aggregate) gives that of two sessions
/// that join.
template <class K, class A>
class SessionWindowedCogroupedKStream {
 public:
  /// The table of all keys and sessions. Aggregates start from initializer().
  template <class Init, class Merger>
  KTable<Windowed<K>, A> aggregate(Init initializer, Merger merger, const Named& named = {}) const {
    detail::check_default_serde<A>();
    return aggregate(std::move(initializer), std::move(merger), Materialized<K, A>{}, named);
  }
  template <class Init, class Merger>
  KTable<Windowed<K>, A> aggregate(Init initializer, Merger merger, const Materialized<K, A>& materialized,
                                   const Named& named = {}) const {
    STREAMS_CHECK_FUNCTION(
        (std::is_constructible_v<std::optional<A>,
                                 detail::PlainResult<Merger, detail::In<K>, detail::In<A>, detail::In<A>>>),
        "a session merger takes (const K&, const Aggregate&, const Aggregate&) and gives the joined aggregate.");
    using Table = detail::SessionTable<K, A>;
    const auto initial = detail::cogroup_initializer<A>(std::move(initializer));
    detail::check_function(merger, "sessionMerger");
    const detail::CogroupMerger<K, A> merge = [merge = detail::SessionMerge<Merger>{std::move(merger)}](
                                                  const std::optional<K>& key, const std::optional<A>& one,
                                                  const std::optional<A>& other) mutable {
      return merge(key, one, other);
    };
    auto result = detail::add_cogroup<Table, Windowed<K>>(
        *parts_, named, materialized, windows_.grace_ms() + windows_.gap_ms(),
        [&](const detail::StorePlan& store, const SerdePtr<K>& key_serde) {
          return detail::with_shell<detail::SessionShell<K, A>>(
              detail::session_store_spec(parts_->graph().config(), store, windows_, EmitStrategy::kOnWindowUpdate),
              key_serde, materialized.value_serde);
        },
        [&](const auto& source, const std::shared_ptr<Table>& table) {
          return source.sessions(table, windows_, initial, merge);
        });
    return detail::TableParts<Windowed<K>, A>::make(
        std::move(result.handle), session_windowed_serde<K>(result.key_serde), materialized.value_serde,
        std::move(result.store_name), std::move(result.table));
  }

 private:
  friend class CogroupedKStream<K, A>;
  SessionWindowedCogroupedKStream(std::shared_ptr<detail::CogroupParts<K, A>> parts, const SessionWindows& windows)
      : parts_(std::move(parts)), windows_(windows) {}
  std::shared_ptr<detail::CogroupParts<K, A>> parts_;
  SessionWindows windows_;
};

template <class K, class V>
template <class A, class Add>
CogroupedKStream<K, A> KGroupedStream<K, V>::cogroup(Add aggregator) const {
  return CogroupedKStream<K, A>().cogroup(*this, std::move(aggregator));
}

}  // namespace streams
