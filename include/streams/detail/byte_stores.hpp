// The byte-level face of state stores that the typed stores in the public headers are shells over. Implemented in
// `state/`.
#pragma once

#include <streams/bytes.hpp>
#include <streams/record.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace streams::state {

class WatchedIterator;

/// Told when an iterator is gone.
class IteratorWatch {
 public:
  virtual void closed(WatchedIterator& iterator) = 0;

 protected:
  ~IteratorWatch() = default;
};

/// What iterators over rows have in common: somebody may count those that are open.
class WatchedIterator {
 public:
  /// Since when it is open, and which others are.
  struct Place {
    Timestamp since_ms = 0;
    std::int64_t since_ns = 0;
    WatchedIterator* before = nullptr;
    WatchedIterator* after = nullptr;
  };
  WatchedIterator() = default;
  WatchedIterator(const WatchedIterator&) = delete;
  WatchedIterator& operator=(const WatchedIterator&) = delete;

  /// `by` outlives the iterator.
  void watch(IteratorWatch& by, const Place& place) {
    watch_ = &by;
    place_ = place;
  }
  Place& place() { return place_; }

 protected:
  ~WatchedIterator() {
    if (watch_ != nullptr) watch_->closed(*this);
  }

 private:
  IteratorWatch* watch_ = nullptr;
  Place place_;
};

/// Walks over rows in key order (unsigned bytes), or in reverse. Key and value views live until next().
class ByteIterator : public WatchedIterator {
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
  kHeaders,  ///< [varint size][headers][value] (sessions); changelog: value, the context's ts, record headers
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
class WindowIterator : public WatchedIterator {
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
  virtual std::unique_ptr<WindowIterator> fetch_range(OptionalView key_from, OptionalView key_to, Timestamp from,
                                                      Timestamp to, bool reverse) = 0;
  virtual std::unique_ptr<WindowIterator> all(bool reverse) = 0;
  virtual void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) = 0;
  virtual void flush() {}
  /// False if there is no cache in front of this store (then nobody is told, and updates are to be forwarded at once).
  virtual bool set_flush_listener(WindowFlushListener /*listener*/, bool /*send_old_values*/) { return false; }
};

/// A row of a session store: key bytes, the session [start, end], value. Views live until next().
class SessionIterator : public WatchedIterator {
 public:
  virtual ~SessionIterator() = default;
  virtual bool valid() const = 0;
  virtual void next() = 0;
  virtual BytesView key() const = 0;
  virtual Timestamp start() const = 0;
  virtual Timestamp end() const = 0;
  virtual BytesView value() const = 0;
};

using SessionFlushListener =
    std::function<void(BytesView key, Timestamp start, Timestamp end, OptionalView new_value, OptionalView old_value)>;

/// Source: org.apache.kafka.streams.state.SessionStore.
class SessionBytes {
 public:
  virtual ~SessionBytes() = default;
  /// Null removes, and counts a dropped record if the session is expired.
  virtual void put(BytesView key, Timestamp start, Timestamp end, OptionalView value) = 0;
  virtual void remove(BytesView key, Timestamp start, Timestamp end) = 0;
  virtual bool get(BytesView key, Timestamp start, Timestamp end, Bytes& out) = 0;
  /// Sessions of one key with end >= earliest_end and start <= latest_start, ordered by end.
  virtual std::unique_ptr<SessionIterator> find(BytesView key, Timestamp earliest_end, Timestamp latest_start,
                                                bool reverse) = 0;
  /// The same for all keys in [key_from, key_to] (nullopt open).
  virtual std::unique_ptr<SessionIterator> find_range(OptionalView key_from, OptionalView key_to,
                                                      Timestamp earliest_end, Timestamp latest_start, bool reverse) = 0;
  /// Sessions of all keys with earliest_end <= end <= latest_end, ordered by end (emit on window close).
  virtual std::unique_ptr<SessionIterator> find_ended(Timestamp earliest_end, Timestamp latest_end) = 0;
  virtual void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) = 0;
  virtual void flush() {}
  /// False if there is no cache in front of this store (then nobody is told, and updates are to be forwarded at once).
  virtual bool set_flush_listener(SessionFlushListener /*listener*/, bool /*send_old_values*/) { return false; }
};

/// A version of a row; `valid_to` is exclusive, and -1 where no newer version is known.
struct VersionedRow {
  Bytes value;
  Timestamp timestamp = 0;
  Timestamp valid_to = -1;
};

/// Source: org.apache.kafka.streams.state.VersionedKeyValueStore.
class VersionedBytes {
 public:
  virtual ~VersionedBytes() = default;
  static constexpr Timestamp kValidToUndefined = -1;
  static constexpr Timestamp kNotPut = INT64_MIN;

  /// Null marks the key as deleted from that time on. Gives the time until which the version is valid,
  /// kValidToUndefined if it is the newest, kNotPut if it came later than the history is kept (it is then counted as
  /// dropped).
  virtual Timestamp put(BytesView key, OptionalView value, Timestamp timestamp) = 0;
  /// Puts null; the version that was valid at that time until now is in `out` if true is given.
  virtual bool remove(BytesView key, Timestamp timestamp, VersionedRow& out) = 0;
  /// The newest version; false if there is none, or it is deleted.
  virtual bool get(BytesView key, VersionedRow& out) = 0;
  /// The version that was valid at that time; false too if that is before the history.
  virtual bool get(BytesView key, Timestamp as_of, VersionedRow& out) = 0;
  /// Versions that were valid some time in [from, to], by timestamp.
  virtual std::vector<VersionedRow> history(BytesView key, Timestamp from, Timestamp to, bool descending) = 0;
  virtual void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) = 0;
  virtual void flush() {}
};

}  // namespace streams::state
