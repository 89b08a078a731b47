// The kinds of state stores, on bytes: interfaces, and the factories that stack cache, change logging and storage.
//
// Source: org.apache.kafka.streams.state.internals. Keys and values have the layouts of docs/formats.md: a timestamped
// value is [i64 timestamp][value]; a window key [key][i64 start][i32 seq]; a session key [key][i64 end][i64 start].
#pragma once

#include <state/byte_store.hpp>
#include <streams/bytes.hpp>
#include <streams/detail/byte_stores.hpp>
#include <streams/record.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace streams::state {

/// Receives changelog records. `value` null is a tombstone. The runtime implements it over the producer.
class Changelog {
 public:
  virtual ~Changelog() = default;
  virtual void log(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) = 0;
};

/// What stores need of the task that owns them. References outlive the stores.
struct StoreContext {
  const RecordContext& record;     ///< of the record being processed: timestamps and headers for changelog and cache
  std::function<void()> dropped;   ///< counts one dropped (expired) record
  Changelog* changelog = nullptr;  ///< null: logging is off
  std::string store = {};          ///< its name, for messages
};

/// The record caches of one stream thread share one of these: an LRU budget in bytes over named caches;
/// <state/record_cache.hpp> has its members (resize). Source: ThreadCache, NamedCache (entry sizes and eviction order
/// are theirs).
class RecordCache;
std::shared_ptr<RecordCache> make_record_cache(std::size_t max_bytes);

struct WindowSpec {
  std::int64_t retention_ms = 0;
  std::int64_t window_ms = 0;
  std::int64_t segment_interval_ms = 0;  ///< 0: max(retention / 2, 60000)
  bool retain_duplicates = false;
  bool logs_headers = false;  ///< plain values go to the changelog with the headers of the record
  bool exact_expiry = false;  ///< in-memory stores expire by the millisecond, persistent ones by segment
  bool time_ordered =
      false;  ///< scanned by time (emit on window close): all() and ranges over all keys use an index of times
  bool cache_index = false;  ///< of stores scanned by time: what is cached takes place twice, by time and by key

  bool keep_timestamps = true;  ///< as in make_key_value_store()

  std::int64_t segment_interval() const {
    return segment_interval_ms > 0 ? segment_interval_ms : std::max<std::int64_t>(retention_ms / 2, 60000);
  }
};

/// Without `keep_timestamps` rows lose timestamp (it is read as -1) and headers; the changelog has both.
std::unique_ptr<KeyValueBytes> make_key_value_store(ByteStore& rows, ValueFormat format, const StoreContext& context,
                                                    bool keep_timestamps = true);
/// `namespace_name` names the cache ("0_0-counts"). The record context is switched to the entry's while its listener
/// runs. Destroying the store forgets what is cached and not flushed.
std::unique_ptr<KeyValueBytes> make_caching(std::unique_ptr<KeyValueBytes> inner, std::shared_ptr<RecordCache> cache,
                                            const std::string& namespace_name, RecordContext& record);

std::unique_ptr<WindowBytes> make_window_store(ByteStore& rows, const WindowSpec& spec, ValueFormat format,
                                               const StoreContext& context);
std::unique_ptr<WindowBytes> make_caching(std::unique_ptr<WindowBytes> inner, const WindowSpec& spec,
                                          std::shared_ptr<RecordCache> cache, const std::string& namespace_name,
                                          RecordContext& record);

struct SessionSpec {
  std::int64_t retention_ms = 0;
  std::int64_t segment_interval_ms = 0;  ///< 0: max(retention / 2, 60000)
  bool exact_expiry = false;             ///< as in WindowSpec
  bool time_ordered = false;             ///< find_ended() uses an index of times

  std::int64_t segment_interval() const {
    return segment_interval_ms > 0 ? segment_interval_ms : std::max<std::int64_t>(retention_ms / 2, 60000);
  }
};

std::unique_ptr<SessionBytes> make_session_store(ByteStore& rows, const SessionSpec& spec, ValueFormat format,
                                                 const StoreContext& context);
std::unique_ptr<SessionBytes> make_caching(std::unique_ptr<SessionBytes> inner, const SessionSpec& spec,
                                           std::shared_ptr<RecordCache> cache, const std::string& namespace_name,
                                           RecordContext& record);

/// A key-value store of at most `max_entries` rows that forgets the row used longest ago. Not to be put behind a
/// cache's back: the order of use is that of the calls it gets. Source: MemoryNavigableLRUCache.
std::unique_ptr<KeyValueBytes> make_lru_map(ByteStore& rows, ValueFormat format, std::int64_t max_entries,
                                            const StoreContext& context);

struct VersionedSpec {
  std::int64_t retention_ms =
      0;  ///< how long versions are kept after they were superseded; also how late puts may come
  std::int64_t segment_interval_ms = 0;  ///< 0: derived from the retention

  std::int64_t segment_interval() const;
};

std::unique_ptr<VersionedBytes> make_versioned_store(ByteStore& rows, const VersionedSpec& spec,
                                                     const StoreContext& context);

}  // namespace streams::state
