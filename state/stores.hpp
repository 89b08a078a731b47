// The kinds of state stores, on bytes: interfaces, and the factories that stack cache, change logging and storage.
//
// Source: org.apache.kafka.streams.state.internals. Keys and values have the layouts of docs/formats.md: a timestamped value is
// [i64 timestamp][value]; a window key [key][i64 start][i32 seq]; a session key [key][i64 end][i64 start].
#pragma once

#include <state/byte_store.hpp>
#include <streams/bytes.hpp>
#include <streams/record.hpp>

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

/// How the value of a row is laid out, and so what the changelog gets of it.
enum class ValueFormat {
  kPlain,               ///< [value]; changelog: value, the context's timestamp
  kTimestamped,         ///< [i64 ts][value]; changelog: value, its ts
  kTimestampedHeaders,  ///< [varint size][headers][i64 ts][value]; changelog: value, ts, record headers
  kHeaders,             ///< [varint size][headers][value] (sessions); changelog: value, the context's ts, record headers
};

/// What stores need of the task that owns them. References outlive the stores.
struct StoreContext {
  const RecordContext& record;          ///< of the record being processed: timestamps and headers for changelog and cache
  std::function<void()> dropped;        ///< counts one dropped (expired) record
  Changelog* changelog = nullptr;       ///< null: logging is off
};

class KeyValueBytes {
 public:
  virtual ~KeyValueBytes() = default;
  virtual bool get(BytesView key, Bytes& out) = 0;
  /// Null deletes.
  virtual void put(BytesView key, OptionalView value) = 0;
  /// Rows from <= key <= to (both inclusive, nullopt open), in key order.
  virtual std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse) = 0;
  virtual std::unique_ptr<ByteIterator> prefix(BytesView prefix) = 0;
  virtual std::int64_t approximate_entries() const = 0;
  /// Applies one changelog record without logging or forwarding.
  virtual void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) = 0;
  /// Writes dirty cache entries through, in the order in which they became dirty, telling the flush listener of each.
  virtual void flush() {}
};

/// Told about each dirty cache entry when it is written through; old value only if asked for. The context of the entry is current meanwhile.
using FlushListener = std::function<void(BytesView key, OptionalView new_value, OptionalView old_value)>;

/// A row of a window store: key bytes, window start, value. Views live until next().
class WindowIterator {
 public:
  virtual ~WindowIterator() = default;
  virtual bool valid() const = 0;
  virtual void next() = 0;
  virtual BytesView key() const = 0;
  virtual Timestamp start() const = 0;
  virtual BytesView value() const = 0;
};

class WindowBytes {
 public:
  virtual ~WindowBytes() = default;
  virtual void put(BytesView key, OptionalView value, Timestamp start) = 0;
  virtual bool get(BytesView key, Timestamp start, Bytes& out) = 0;
  /// Windows of one key with from <= start <= to, ordered by start (and sequence number).
  virtual std::unique_ptr<WindowIterator> fetch(BytesView key, Timestamp from, Timestamp to, bool reverse) = 0;
  /// Windows of all keys in [key_from, key_to] (nullopt open) with from <= start <= to.
  virtual std::unique_ptr<WindowIterator> fetch_range(OptionalView key_from, OptionalView key_to, Timestamp from, Timestamp to, bool reverse) = 0;
  virtual std::unique_ptr<WindowIterator> all(bool reverse) = 0;
  virtual void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) = 0;
  virtual void flush() {}
};

using WindowFlushListener =
    std::function<void(BytesView key, Timestamp start, OptionalView new_value, OptionalView old_value)>;

/// The record caches of one stream thread share one of these: an LRU budget in bytes over named caches.
/// Source: ThreadCache, NamedCache (entry sizes and eviction order are theirs).
class RecordCache;
std::shared_ptr<RecordCache> make_record_cache(std::size_t max_bytes);

struct WindowSpec {
  std::int64_t retention_ms = 0;
  std::int64_t window_ms = 0;
  std::int64_t segment_interval_ms = 60000;  ///< max(retention / 2, 60000) by default
  bool retain_duplicates = false;
  bool exact_expiry = false;  ///< in-memory stores expire by the millisecond, persistent ones by segment
};

std::unique_ptr<KeyValueBytes> make_key_value_store(ByteStore& rows, ValueFormat format, const StoreContext& context);
/// `namespace_name` names the cache ("0_0-counts"). The record context is switched to the entry's while its listener runs.
std::unique_ptr<KeyValueBytes> make_caching(std::unique_ptr<KeyValueBytes> inner, std::shared_ptr<RecordCache> cache,
                                            const std::string& namespace_name, RecordContext& record);
void set_flush_listener(KeyValueBytes& caching, FlushListener listener, bool send_old_values);

std::unique_ptr<WindowBytes> make_window_store(ByteStore& rows, const WindowSpec& spec, ValueFormat format, const StoreContext& context);
std::unique_ptr<WindowBytes> make_caching(std::unique_ptr<WindowBytes> inner, const WindowSpec& spec, std::shared_ptr<RecordCache> cache,
                                          const std::string& namespace_name, RecordContext& record);
void set_flush_listener(WindowBytes& caching, WindowFlushListener listener, bool send_old_values);

}  // namespace streams::state
