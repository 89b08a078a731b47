// State stores for the Processor API: plain functions that say what store to make.
//
// Source: org.apache.kafka.streams.state.Stores, StoreBuilder.
#pragma once

#include <streams/detail/session_store.hpp>
#include <streams/detail/task_context.hpp>
#include <streams/detail/typed_stores.hpp>
#include <streams/detail/versioned_store.hpp>
#include <streams/options.hpp>
#include <streams/serde.hpp>
#include <streams/state_store.hpp>
#include <streams/windows.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams {

/// How to make a store: every task makes its own. Copies of a builder stand for the same store, so that several
/// processors may be given it; two builders of one name are an error.
class StoreBuilder {
 public:
  explicit StoreBuilder(detail::StoreSpec spec);
  const std::string& name() const { return spec_.name; }
  const detail::StoreSpec& spec() const { return spec_; }

 private:
  detail::StoreSpec spec_;
};

/// What every kind of store can be told; the defaults are Kafka Streams': on disk, without cache, with a changelog.
template <class K, class V>
struct StoreOptions {
  SerdePtr<K> key_serde = {};  ///< null: DefaultSerde<K>
  SerdePtr<V> value_serde = {};
  StoreType type = StoreType::kRocksDb;
  bool caching = false;
  bool logging = true;
  std::map<std::string, std::string> topic_configs = {};  ///< of the changelog, over the defaults
  /// Rows keep their records' headers; for stores with timestamps and sessions (Kafka Streams 4.3).
  bool keep_headers = false;
  /// False: a store with timestamps on disk loses them, as in StoreSupplier.
  bool keep_timestamps = true;
};

namespace detail {

/// The parts of StoreOptions that have no type. Throws InvalidArgument if headers are asked for where they cannot be
/// kept.
struct StoreSettings {
  StoreType type;
  bool caching, logging, keep_headers, keep_timestamps;
  std::map<std::string, std::string> topic_configs;
};
StoreSpec key_value_spec(const std::string& name, StoreSettings settings, bool timestamped);
StoreSpec window_spec(const std::string& name, const WindowStoreSizes& sizes, StoreSettings settings, bool timestamped);
StoreSpec session_spec(const std::string& name, Millis retention, StoreSettings settings);
StoreSpec versioned_spec(const std::string& name, Millis history_retention, std::optional<Millis> segment_interval,
                         StoreSettings settings);
/// Throws InvalidArgument for sizes that no store can have.
void check_window_sizes(const std::string& name, const WindowStoreSizes& sizes);
/// Writes the sizes into the spec of a window store.
void set_window_sizes(StoreSpec& spec, const WindowStoreSizes& sizes);
void check_lru_entries(std::int64_t max_entries);

template <class K, class V>
StoreSettings settings_of(const StoreOptions<K, V>& options) {
  return {options.type,         options.caching,         options.logging,
          options.keep_headers, options.keep_timestamps, options.topic_configs};
}

/// Completes the spec with the typed shell.
template <class Shell, class K, class V>
StoreBuilder builder(StoreSpec spec, const StoreOptions<K, V>& options) {
  spec.make = [key = serde_or_default(options.key_serde),
               value = serde_or_default(options.value_serde)](const StoreSpec& of) -> std::unique_ptr<StateStore> {
    return std::make_unique<Shell>(of, key, value);
  };
  return StoreBuilder(std::move(spec));
}

}  // namespace detail

/// A map of keys to values: processors get it as KeyValueStore<K, V>.
template <class K, class V>
StoreBuilder key_value_store(const std::string& name, const StoreOptions<K, V>& options = {}) {
  return detail::builder<detail::PlainKeyValueShell<K, V>>(
      detail::key_value_spec(name, detail::settings_of(options), false), options);
}

/// A map of keys to values with timestamps, the store of tables: processors get it as TimestampedKeyValueStore<K, V>.
template <class K, class V>
StoreBuilder timestamped_key_value_store(const std::string& name, const StoreOptions<K, V>& options = {}) {
  return detail::builder<detail::TimestampedKeyValueShell<K, V>>(
      detail::key_value_spec(name, detail::settings_of(options), true), options);
}

/// A map in memory that keeps the `max_entries` rows used last; rows that fall out get a tombstone in the changelog.
/// Processors get it as KeyValueStore<K, V>.
template <class K, class V>
StoreBuilder lru_map(const std::string& name, std::int64_t max_entries, StoreOptions<K, V> options = {}) {
  detail::check_lru_entries(max_entries);
  options.type = StoreType::kInMemory;
  detail::StoreSpec spec = detail::key_value_spec(name, detail::settings_of(options), false);
  spec.max_entries = max_entries;
  return detail::builder<detail::PlainKeyValueShell<K, V>>(std::move(spec), options);
}

/// Values by key and window start: processors get it as WindowStore<K, V>.
/// Throws InvalidArgument for negative sizes and for a retention below the window size.
template <class K, class V>
StoreBuilder window_store(const std::string& name, const WindowStoreSizes& sizes,
                          const StoreOptions<K, V>& options = {}) {
  return detail::builder<detail::PlainWindowShell<K, V>>(
      detail::window_spec(name, sizes, detail::settings_of(options), false), options);
}

/// Values with timestamps by key and window start: processors get it as TimestampedWindowStore<K, V>.
template <class K, class V>
StoreBuilder timestamped_window_store(const std::string& name, const WindowStoreSizes& sizes,
                                      const StoreOptions<K, V>& options = {}) {
  return detail::builder<detail::TimestampedWindowShell<K, V>>(
      detail::window_spec(name, sizes, detail::settings_of(options), true), options);
}

/// Values by key and session: processors get it as SessionStore<K, V>. A session is dropped when stream time is
/// `retention` past its end. Throws InvalidArgument for a negative retention.
template <class K, class V>
StoreBuilder session_store(const std::string& name, Millis retention, const StoreOptions<K, V>& options = {}) {
  return detail::builder<detail::SessionShell<K, V>>(
      detail::session_spec(name, retention, detail::settings_of(options)), options);
}

/// All values that a key had within the history, by the time they were put for: processors get it as
/// VersionedKeyValueStore<K, V>. There is no cache in front of it. Throws InvalidArgument for a negative history.
template <class K, class V>
StoreBuilder versioned_key_value_store(const std::string& name, Millis history_retention,
                                       const StoreOptions<K, V>& options = {}) {
  return detail::builder<detail::VersionedShell<K, V>>(
      detail::versioned_spec(name, history_retention, std::nullopt, detail::settings_of(options)), options);
}
/// The same; versions are kept and dropped by segments of so much time. Smaller ones hold the history more exactly,
/// larger ones are read faster. Throws InvalidArgument for an interval below a millisecond.
template <class K, class V>
StoreBuilder versioned_key_value_store(const std::string& name, Millis history_retention, Millis segment_interval,
                                       const StoreOptions<K, V>& options = {}) {
  return detail::builder<detail::VersionedShell<K, V>>(
      detail::versioned_spec(name, history_retention, segment_interval, detail::settings_of(options)), options);
}

/// Base for store types of your own that keep their contents in the object. They are lost with the task and come back
/// from the changelog: restore() is called for what log() sent, with the newest value of each key at least.
/// Source: org.apache.kafka.streams.processor.StateStore, StateStoreContext.
class CustomStore : public StateStore {
 public:
  /// Called by the task; calls init().
  void open(detail::StoreHost& host) final;
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override = 0;
  /// The name that custom_store() was given.
  const std::string& name() const { return spec_.name; }

 protected:
  /// Once, before anything else but the constructor.
  virtual void init() {}
  /// Sends a change to the changelog, if the store has one; null deletes the key there. Call it whenever something
  /// changes, or in flush() for all changes since the last commit. The record has the timestamp of the one that is
  /// being processed.
  void log(BytesView key, OptionalView value);
  /// The topic that serdes are to be called with.
  const std::string& changelog_topic() const { return topic_; }

 private:
  friend StoreBuilder custom_store(const std::string&, std::function<std::unique_ptr<StateStore>()>, bool,
                                   std::map<std::string, std::string>);
  detail::StoreSpec spec_;
  detail::StoreHost* host_ = nullptr;
  std::string topic_;
};

/// A store of your own: `make` gives a fresh object per task, most simply a CustomStore. Processors get it as that
/// class: context().get_state_store<MyStore>(name). Its changelog is compacted by key.
StoreBuilder custom_store(const std::string& name, std::function<std::unique_ptr<StateStore>()> make,
                          bool logging = true, std::map<std::string, std::string> topic_configs = {});

}  // namespace streams
