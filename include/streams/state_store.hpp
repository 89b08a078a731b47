// State stores as processors and queries see them: typed, with C++ ranges for iteration.
#pragma once

#include <streams/bytes.hpp>
#include <streams/record.hpp>
#include <streams/store_range.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streams {

namespace detail {
class StoreHost;
}

/// Base of all stores. A store belongs to one task and its thread. Implement it to bring a store type of your own.
/// Source: org.apache.kafka.streams.processor.StateStore.
class StateStore {
 public:
  virtual ~StateStore() = default;
  /// Called once by the task before anything else; the host hands out storage, the changelog and the record context.
  virtual void open(detail::StoreHost& host) = 0;
  /// Applies one changelog record (value null: deleted) while the task restores.
  virtual void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) = 0;
  /// Writes cached entries through; called by the task before it commits.
  virtual void flush() {}
  /// Called once, after the last use.
  virtual void close() {}
};

/// A `value` with the `timestamp` of the record it comes from, in milliseconds since the epoch, and that record's
/// `headers` in stores that keep them. Source: org.apache.kafka.streams.state.ValueAndTimestamp.
template <class V>
struct ValueAndTimestamp {
  V value;
  Timestamp timestamp = 0;
  Headers headers{};
};

/// A map from keys to values. Ranges are ordered by the serialised key. Bounds are inclusive; std::nullopt is open.
/// Stores throw StateError where the disk fails, SerializationError where a row cannot be decoded. Source:
/// org.apache.kafka.streams.state.ReadOnlyKeyValueStore.
template <class K, class V>
class ReadOnlyKeyValueStore {
 public:
  virtual ~ReadOnlyKeyValueStore() = default;
  /// The value of a key; nullopt if it has none.
  virtual std::optional<V> get(const K& key) const = 0;
  /// Rows whose keys are in [from, to], in order.
  virtual StoreRange<std::pair<K, V>> range(const std::optional<K>& from, const std::optional<K>& to) const = 0;
  /// The same, from the last row to the first.
  virtual StoreRange<std::pair<K, V>> reverse_range(const std::optional<K>& from, const std::optional<K>& to) const = 0;
  /// Rows whose serialised key begins with these bytes.
  virtual StoreRange<std::pair<K, V>> prefix_scan(BytesView prefix) const = 0;
  virtual std::int64_t approximate_entries() const = 0;

  /// All rows in order.
  StoreRange<std::pair<K, V>> all() const { return range(std::nullopt, std::nullopt); }
  /// All rows from the last to the first.
  StoreRange<std::pair<K, V>> reverse_all() const { return reverse_range(std::nullopt, std::nullopt); }
};

/// A map that can be written. Source: org.apache.kafka.streams.state.KeyValueStore.
template <class K, class V>
class KeyValueStore : public ReadOnlyKeyValueStore<K, V> {
 public:
  /// A null value deletes the row.
  virtual void put(const K& key, const std::optional<V>& value) = 0;

  /// Puts unless there is a value already; gives what was there before.
  std::optional<V> put_if_absent(const K& key, const std::optional<V>& value) {
    std::optional<V> before = this->get(key);
    if (!before) put(key, value);
    return before;
  }
  /// Deletes the row; gives what was there.
  std::optional<V> erase(const K& key) {
    std::optional<V> before = this->get(key);
    put(key, std::nullopt);
    return before;
  }
};

/// The store of tables. Source: org.apache.kafka.streams.state.TimestampedKeyValueStore.
template <class K, class V>
using TimestampedKeyValueStore = KeyValueStore<K, ValueAndTimestamp<V>>;

/// A `key` in a window: [`start`, `end`) for time windows, [`start`, `end`] for sessions and sliding windows.
/// Milliseconds since the epoch. Source: org.apache.kafka.streams.kstream.Windowed.
template <class K>
struct Windowed {
  K key;
  Timestamp start = 0;
  Timestamp end = 0;
  friend auto operator<=>(const Windowed&, const Windowed&) = default;
};

namespace detail {
/// The end of a window; unlimited ones end with time.
constexpr Timestamp window_end(Timestamp start, std::int64_t size_ms) {
  return start > INT64_MAX - size_ms ? INT64_MAX : start + size_ms;
}
}  // namespace detail

/// Values by key and start of a window (milliseconds since the epoch). Ranges are ordered by key, then by start. Bounds
/// are inclusive. Source: org.apache.kafka.streams.state.ReadOnlyWindowStore.
template <class K, class V>
class ReadOnlyWindowStore {
 public:
  using Windows = StoreRange<std::pair<Windowed<K>, V>>;

  virtual ~ReadOnlyWindowStore() = default;
  /// The value of one window; nullopt if it has none or is older than the retention.
  virtual std::optional<V> fetch(const K& key, Timestamp start) const = 0;
  /// Windows of one key that start in [from, to], as (start, value).
  virtual StoreRange<std::pair<Timestamp, V>> fetch(const K& key, Timestamp from, Timestamp to) const = 0;
  /// The same, from the latest window to the earliest.
  virtual StoreRange<std::pair<Timestamp, V>> backward_fetch(const K& key, Timestamp from, Timestamp to) const = 0;
  /// Windows of all keys in [key_from, key_to] (nullopt: open) that start in [from, to].
  virtual Windows fetch_range(const std::optional<K>& key_from, const std::optional<K>& key_to, Timestamp from,
                              Timestamp to) const = 0;
  /// The same, from the last to the first.
  virtual Windows backward_fetch_range(const std::optional<K>& key_from, const std::optional<K>& key_to, Timestamp from,
                                       Timestamp to) const = 0;
  /// All windows of all keys.
  virtual Windows all() const = 0;
  /// The same, from the last to the first.
  virtual Windows backward_all() const = 0;

  /// Windows of all keys that start in [from, to].
  Windows fetch_all(Timestamp from, Timestamp to) const { return fetch_range(std::nullopt, std::nullopt, from, to); }
  /// The same, from the last to the first.
  Windows backward_fetch_all(Timestamp from, Timestamp to) const {
    return backward_fetch_range(std::nullopt, std::nullopt, from, to);
  }
};

/// Windows that can be written. Source: org.apache.kafka.streams.state.WindowStore.
template <class K, class V>
class WindowStore : public ReadOnlyWindowStore<K, V> {
 public:
  /// A null value deletes the window. Windows older than the retention are dropped (and counted).
  virtual void put(const K& key, const std::optional<V>& value, Timestamp start) = 0;
};

/// Values by key and session, both of whose ends belong to it (milliseconds since the epoch).
/// Source: org.apache.kafka.streams.state.ReadOnlySessionStore.
template <class K, class V>
class ReadOnlySessionStore {
 public:
  using Sessions = StoreRange<std::pair<Windowed<K>, V>>;

  virtual ~ReadOnlySessionStore() = default;
  /// The value of exactly that session; nullopt if there is none.
  virtual std::optional<V> fetch_session(const K& key, Timestamp start, Timestamp end) const = 0;
  /// Sessions of one key that end at `earliest_end` or later and start at `latest_start` or earlier, ordered by end.
  virtual Sessions find_sessions(const K& key, Timestamp earliest_end, Timestamp latest_start) const = 0;
  /// The same, from the latest to the earliest.
  virtual Sessions backward_find_sessions(const K& key, Timestamp earliest_end, Timestamp latest_start) const = 0;
  /// The same for all keys in [from, to] (nullopt: open).
  virtual Sessions find_sessions(const std::optional<K>& from, const std::optional<K>& to, Timestamp earliest_end,
                                 Timestamp latest_start) const = 0;
  /// The same, from the last to the first.
  virtual Sessions backward_find_sessions(const std::optional<K>& from, const std::optional<K>& to,
                                          Timestamp earliest_end, Timestamp latest_start) const = 0;
  /// Sessions of all keys that end in [from, to], ordered by end.
  virtual Sessions find_ended(Timestamp from, Timestamp to) const = 0;

  /// All sessions of a key.
  Sessions fetch(const K& key) const { return find_sessions(key, 0, INT64_MAX); }
  /// The same, from the latest to the earliest.
  Sessions backward_fetch(const K& key) const { return backward_find_sessions(key, 0, INT64_MAX); }
  /// All sessions of all keys in [from, to] (nullopt: open).
  Sessions fetch(const std::optional<K>& from, const std::optional<K>& to) const {
    return find_sessions(from, to, 0, INT64_MAX);
  }
  /// The same, from the last to the first.
  Sessions backward_fetch(const std::optional<K>& from, const std::optional<K>& to) const {
    return backward_find_sessions(from, to, 0, INT64_MAX);
  }
};

/// Sessions that can be written. Source: org.apache.kafka.streams.state.SessionStore.
template <class K, class V>
class SessionStore : public ReadOnlySessionStore<K, V> {
 public:
  /// The headers kept with a session; none if the store keeps none or does not have the session.
  virtual Headers headers_of(const Windowed<K>& session) const = 0;
  /// A null value deletes the session. Sessions older than the retention are dropped (and counted).
  virtual void put(const Windowed<K>& session, const std::optional<V>& value) = 0;
  /// Deletes exactly that session.
  virtual void remove(const Windowed<K>& session) = 0;
};

/// A version of a `value`: valid from `timestamp` until `valid_to`, which is not set for the newest.
template <class V>
struct VersionedRecord {
  V value;
  Timestamp timestamp = 0;
  std::optional<Timestamp> valid_to{};
};

/// What queries see of a VersionedKeyValueStore.
template <class K, class V>
class ReadOnlyVersionedKeyValueStore {
 public:
  virtual ~ReadOnlyVersionedKeyValueStore() = default;
  /// The newest version.
  virtual std::optional<VersionedRecord<V>> get(const K& key) const = 0;
  /// The version that was valid at that time.
  virtual std::optional<VersionedRecord<V>> get(const K& key, Timestamp as_of) const = 0;
  /// The versions that were valid some time in [from, to], oldest first unless `newest_first`.
  virtual std::vector<VersionedRecord<V>> history(const K& key, Timestamp from, Timestamp to,
                                                  bool newest_first = false) const = 0;
};

/// All values that keys had, by time. Source: org.apache.kafka.streams.state.VersionedKeyValueStore (KIP-889, KIP-968).
template <class K, class V>
class VersionedKeyValueStore : public ReadOnlyVersionedKeyValueStore<K, V> {
 public:
  /// A null value deletes the key from that time on. Gives until when the version is valid, -1 if it is the newest,
  /// nullopt if it came later than the history goes back and was not taken.
  virtual std::optional<Timestamp> put(const K& key, const std::optional<V>& value, Timestamp timestamp) = 0;
  /// Deletes from that time on; gives the version that was valid then.
  virtual std::optional<VersionedRecord<V>> erase(const K& key, Timestamp timestamp) = 0;
};

/// The store of windowed aggregations. Source: org.apache.kafka.streams.state.TimestampedWindowStore.
template <class K, class V>
using TimestampedWindowStore = WindowStore<K, ValueAndTimestamp<V>>;

}  // namespace streams
