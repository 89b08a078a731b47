// Queries of the second kind: asked of each partition by itself, with how far it has come.
//
// Source: KIP-796, KIP-805, KIP-806, KIP-960, KIP-968, KIP-985, KIP-992; org.apache.kafka.streams.query.
#pragma once

#include <streams/detail/store_views.hpp>
#include <streams/query_position.hpp>
#include <streams/store_query.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace streams {

/// Source: org.apache.kafka.streams.query.FailureReason.
enum class FailureReason {
  kUnknownQueryType,  ///< the store is of another kind, or of other types; or a global store
  kNotActive,         ///< require_active, but the task does not run
  kNotUpToBound,      ///< the store has not come as far as the bound asks for
  kNotPresent,        ///< the partition is not on this instance
  kDoesNotExist,      ///< there is no such partition
  kStoreException,    ///< reading failed
};
/// "NOT_ACTIVE", ... as in Kafka Streams.
std::string_view name_of(FailureReason reason);

/// What one partition answers: a value, or why not. Source: org.apache.kafka.streams.query.QueryResult.
template <class R>
struct QueryResult {
  std::optional<R> value;                ///< set unless there is a failure
  std::optional<FailureReason> failure;  ///< nullopt: the partition answered
  std::string failure_message;           ///< what failed, and what to do; empty without failure
  /// Up to where the task had processed its inputs when it answered.
  Position position;
  std::vector<std::string> execution_info;  ///< only where it is asked for

  /// Whether the partition answered.
  bool ok() const { return !failure; }
  /// Throws InvalidStateStore with the failure if there is one, or if the partition did not answer at all.
  R& result() {
    if (failure) throw InvalidStateStore("The query failed: " + failure_message);
    if (!value) throw InvalidStateStore("The partition did not answer: no task of this instance has it.");
    return *value;
  }
};

/// Source: org.apache.kafka.streams.query.StateQueryResult.
template <class R>
struct StateQueryResult {
  std::map<std::int32_t, QueryResult<R>> partitions;  ///< what each partition answers
  std::optional<QueryResult<R>> global;               ///< of a global store: always a failure, as in Kafka Streams

  /// The one partition that has a value (R is an optional that is not empty, or anything else); null if none has.
  /// Throws InvalidArgument if several have.
  QueryResult<R>* only_result() {
    QueryResult<R>* found = nullptr;
    for (auto& [partition, result] : partitions) {
      if (!result.ok() || !has_value(*result.value)) continue;
      if (found != nullptr)
        throw InvalidArgument("Several partitions have a result; look at each of `partitions` instead.");
      found = &result;
    }
    return found;
  }
  /// Merged over the partitions: as the bound of a later query, it sees nothing older.
  Position position() const {
    Position out;
    for (const auto& [partition, result] : partitions) out.merge(result.position);
    return out;
  }

 private:
  template <class T>
  static bool has_value(const std::optional<T>& value) {
    return value.has_value();
  }
  template <class T>
  static bool has_value(const T&) {
    return true;
  }
};

/// The row of a key. Also of stores with timestamps.
template <class K, class V>
struct KeyQuery {
  using View = ReadOnlyKeyValueStore<K, V>;
  using Result = std::optional<V>;
  K key;
  bool skip_cache = false;  ///< sees what the store holds below its record cache

  /// Called for each partition.
  Result ask(const View& view) const { return view.get(key); }
};

/// Rows with lower <= key <= upper, where set, in the order of serialised keys. Also of stores with timestamps.
template <class K, class V>
struct RangeQuery {
  using View = ReadOnlyKeyValueStore<K, V>;
  using Result = StoreRange<std::pair<K, V>>;
  std::optional<K> lower = std::nullopt;
  std::optional<K> upper = std::nullopt;
  bool descending = false;

  /// Called for each partition.
  Result ask(const View& view) const {
    return descending ? view.reverse_range(lower, upper) : view.range(lower, upper);
  }
};

/// The row of a key with its timestamp.
template <class K, class V>
using TimestampedKeyQuery = KeyQuery<K, ValueAndTimestamp<V>>;
/// Rows with their timestamps.
template <class K, class V>
using TimestampedRangeQuery = RangeQuery<K, ValueAndTimestamp<V>>;

/// Windows of a key that start in [from, to]; V may be ValueAndTimestamp where the store has timestamps.
template <class K, class V>
struct WindowKeyQuery {
  using View = ReadOnlyWindowStore<K, V>;
  using Result = StoreRange<std::pair<Timestamp, V>>;
  K key;
  Timestamp from = 0;
  Timestamp to = 0;

  /// Called for each partition.
  Result ask(const View& view) const { return view.fetch(key, from, to); }
};

/// Windows of all keys that start in [from, to]. Source: WindowRangeQuery.withWindowStartRange.
template <class K, class V>
struct WindowRangeQuery {
  using View = ReadOnlyWindowStore<K, V>;
  using Result = StoreRange<std::pair<Windowed<K>, V>>;
  Timestamp from = 0;
  Timestamp to = 0;

  /// Called for each partition.
  Result ask(const View& view) const { return view.fetch_range(std::nullopt, std::nullopt, from, to); }
};

/// All sessions of a key. Source: WindowRangeQuery.withKey.
template <class K, class V>
struct SessionKeyQuery {
  using View = ReadOnlySessionStore<K, V>;
  using Result = StoreRange<std::pair<Windowed<K>, V>>;
  K key;

  /// Called for each partition.
  Result ask(const View& view) const { return view.fetch(key); }
};

/// The newest version of a key, or the one that was valid at a time.
template <class K, class V>
struct VersionedKeyQuery {
  using View = ReadOnlyVersionedKeyValueStore<K, V>;
  using Result = std::optional<VersionedRecord<V>>;
  K key;
  std::optional<Timestamp> as_of = std::nullopt;

  /// Called for each partition.
  Result ask(const View& view) const { return as_of ? view.get(key, *as_of) : view.get(key); }
};

/// The versions of a key that were valid some time in [from, to].
template <class K, class V>
struct MultiVersionedKeyQuery {
  using View = ReadOnlyVersionedKeyValueStore<K, V>;
  using Result = std::vector<VersionedRecord<V>>;
  K key;
  std::optional<Timestamp> from = std::nullopt;
  std::optional<Timestamp> to = std::nullopt;
  bool ascending = false;  ///< oldest first

  /// Called for each partition.
  Result ask(const View& view) const { return view.history(key, from.value_or(0), to.value_or(INT64_MAX), !ascending); }
};

/// What is asked of whom. Source: org.apache.kafka.streams.query.StateQueryRequest.
template <class Query>
struct StateQueryRequest {
  std::string store;  ///< its name
  Query query;        ///< KeyQuery, RangeQuery, ..., or one of your own with View, Result and ask()
  /// nullopt: all that are on this instance.
  std::optional<std::set<std::int32_t>> partitions = std::nullopt;
  /// Of tasks that may lag behind, only those that have come so far answer. Ignored with require_active.
  PositionBound bound = {};
  bool require_active = false;
  bool execution_info = false;
};

namespace detail {

/// One partition to ask, or why it cannot be.
struct QueryTarget {
  std::int32_t partition = 0;
  std::optional<FailureReason> failure;
  std::string failure_message;
  std::shared_ptr<const StoreReader> reader;
};
struct QueryTargets {
  ReadableStore store;
  bool global = false;
  std::vector<QueryTarget> targets;
};

/// What a reader found beside the rows.
struct QueryNotes {
  Position position;
  bool refused = false;  ///< not up to the bound
};
/// Notes where each store was when it was looked at, and reads only those that the bound permits.
std::shared_ptr<const StoreReader> noting_reader(std::shared_ptr<const StoreReader> reader, PositionBound bound,
                                                 std::shared_ptr<QueryNotes> notes);
/// Of an exception that a reader threw; call it in a catch block. Gives the message.
std::string query_failure(FailureReason& reason);
std::string not_up_to_bound(const QueryTarget& target, const Position& position);

template <class Query>
constexpr bool skips_cache(const Query& query) {
  if constexpr (requires { query.skip_cache; }) {
    return query.skip_cache;
  } else {
    return false;
  }
}

template <class Query>
QueryResult<typename Query::Result> ask_partition(const StateQueryRequest<Query>& request, const ReadableStore& store,
                                                  const QueryTarget& target) {
  QueryResult<typename Query::Result> out{{}, target.failure, target.failure_message, {}, {}};
  if (out.failure) return out;
  const auto began = std::chrono::steady_clock::now();
  const auto notes = std::make_shared<QueryNotes>();
  ReadableStore readable{store.spec, store.topic, nullptr};
  readable.reader = noting_reader(target.reader, request.require_active ? PositionBound() : request.bound, notes);
  std::shared_ptr<const typename Query::View> view;
  try {
    view = MakeView<typename Query::View>::from(readable);
  } catch (const InvalidStateStore& error) {
    out.failure = FailureReason::kUnknownQueryType;
    out.failure_message = error.what();
    return out;
  }
  try {
    out.value.emplace(request.query.ask(*view));
  } catch (...) {
    out.failure_message = query_failure(out.failure.emplace());
  }
  out.position = notes->position;
  if (notes->refused) {
    out.value.reset();
    out.failure = FailureReason::kNotUpToBound;
    out.failure_message = not_up_to_bound(target, notes->position);
  }
  if (request.execution_info) {
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - began;
    out.execution_info.push_back("Handled by partition " + std::to_string(target.partition) + " of store " +
                                 store.spec.name + " in " + std::to_string(took.count()) + " ns");
  }
  return out;
}

template <class Query>
StateQueryResult<typename Query::Result> ask(const StateQueryRequest<Query>& request, const QueryTargets& targets) {
  StateQueryResult<typename Query::Result> out;
  if (targets.global) {
    out.global.emplace();
    out.global->failure = FailureReason::kUnknownQueryType;
    out.global->failure_message = "Global stores cannot be asked by query(): read them with KafkaStreams::store().";
  }
  for (const QueryTarget& target : targets.targets)
    out.partitions.emplace(target.partition, ask_partition(request, targets.store, target));
  return out;
}

}  // namespace detail
}  // namespace streams
