// The byte-level face of state stores that the typed stores in the public headers are shells over. Implemented in `state/`.
#pragma once

#include <streams/bytes.hpp>
#include <streams/record.hpp>

#include <functional>
#include <memory>

namespace streams::state {

/// Walks over rows in key order (unsigned bytes), or in reverse. Key and value views live until next().
class ByteIterator {
 public:
  virtual ~ByteIterator() = default;
  virtual bool valid() const = 0;
  virtual void next() = 0;
  virtual BytesView key() const = 0;
  virtual BytesView value() const = 0;
};

/// How the value of a row is laid out, and so what the changelog gets of it.
enum class ValueFormat {
  kPlain,               ///< [value]; changelog: value, the context's timestamp
  kTimestamped,         ///< [i64 ts][value]; changelog: value, its ts
  kTimestampedHeaders,  ///< [varint size][headers][i64 ts][value]; changelog: value, ts, record headers
  kHeaders,             ///< [varint size][headers][value] (sessions); changelog: value, the context's ts, record headers
};

/// Told about each dirty cache entry when it is written through; the old value only
/// if asked for. The context of the entry is current meanwhile.
using FlushListener = std::function<void(BytesView key, OptionalView new_value, OptionalView old_value)>;
using WindowFlushListener =
    std::function<void(BytesView key, Timestamp start, OptionalView new_value, OptionalView old_value)>;

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
  /// False if there is no cache in front of this store (then nobody is told, and updates are to be forwarded at once).
  virtual bool set_flush_listener(FlushListener /*listener*/, bool /*send_old_values*/) { return false; }
};

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
  /// False if there is no cache in front of this store (then nobody is told, and updates are to be forwarded at once).
  virtual bool set_flush_listener(WindowFlushListener /*listener*/, bool /*send_old_values*/) { return false; }
};

}  // namespace streams::state
