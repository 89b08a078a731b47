// Reading the local state of a running application: what can be asked for, and how it may fail.
//
// Source: org.apache.kafka.streams.StoreQueryParameters, state.QueryableStoreTypes, errors.InvalidStateStoreException
// and its subclasses.
#pragma once

#include <streams/errors.hpp>
#include <streams/state_store.hpp>

#include <cstdint>
#include <optional>

namespace streams {

/// The topology has no store of that name.
struct UnknownStateStore : InvalidStateStore {
  using InvalidStateStore::InvalidStateStore;
};
/// KafkaStreams::start() was not called yet.
struct StreamsNotStarted : InvalidStateStore {
  using InvalidStateStore::InvalidStateStore;
};
/// KafkaStreams is closing, closed, or failed.
struct StreamsStopped : InvalidStateStore {
  using InvalidStateStore::InvalidStateStore;
};
/// Tasks are on the move or restore their state: try again, or allow stale stores.
struct StreamsRebalancing : InvalidStateStore {
  using InvalidStateStore::InvalidStateStore;
};
/// The store is (now) on another instance.
struct StateStoreMigrated : InvalidStateStore {
  using InvalidStateStore::InvalidStateStore;
};
/// The partition asked for is not on this instance.
struct InvalidStateStorePartition : InvalidStateStore {
  using InvalidStateStore::InvalidStateStore;
};

/// What part of a store is read, and how fresh it has to be. Source: org.apache.kafka.streams.StoreQueryParameters.
struct StoreQueryOptions {
  /// Only this partition; nullopt: all that are on this instance.
  std::optional<std::int32_t> partition = std::nullopt;
  /// Also standby replicas and tasks that are still restoring, which lag behind.
  bool stale_stores = false;
};

/// What a store is read as: see queryable.
template <class View>
struct QueryableStoreType {
  using type = View;
};

/// The kinds of stores, for KafkaStreams::store(). K and V are the types that the store was made with. Stores with
/// timestamps can be read as those without, too. Source: org.apache.kafka.streams.state.QueryableStoreTypes.
namespace queryable {

template <class K, class V>
constexpr QueryableStoreType<ReadOnlyKeyValueStore<K, V>> key_value() {
  return {};
}
template <class K, class V>
constexpr QueryableStoreType<ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>>> timestamped_key_value() {
  return {};
}
template <class K, class V>
constexpr QueryableStoreType<ReadOnlyWindowStore<K, V>> window() {
  return {};
}
template <class K, class V>
constexpr QueryableStoreType<ReadOnlyWindowStore<K, ValueAndTimestamp<V>>> timestamped_window() {
  return {};
}
template <class K, class V>
constexpr QueryableStoreType<ReadOnlySessionStore<K, V>> session() {
  return {};
}
template <class K, class V>
constexpr QueryableStoreType<ReadOnlyVersionedKeyValueStore<K, V>> versioned_key_value() {
  return {};
}

}  // namespace queryable
}  // namespace streams
