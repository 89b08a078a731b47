// Typed shells over byte stores: serialise, call, deserialise.
#pragma once

#include <streams/detail/store_cursors.hpp>
#include <streams/detail/task_context.hpp>
#include <streams/detail/value_codec.hpp>
#include <streams/errors.hpp>
#include <streams/serde.hpp>
#include <streams/state_store.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

/// What put() of a table's store says: whether the row was taken, and whether it is the newest version of its key.
enum class PutResult { kLatest, kNotLatest, kNotPut };

/// A table's store as table operators see it, whatever its kind (timestamped or versioned).
/// Source: org.apache.kafka.streams.state.internals.KeyValueStoreWrapper.
template <class K, class V>
class TableStore {
 public:
  using Row = std::optional<ValueAndTimestamp<V>>;
  /// Key, new row, old row (only if asked for). The context is that of the cached record.
  using FlushFn = std::function<void(K&&, Row&&, Row&&)>;

  virtual ~TableStore() = default;
  virtual Row get_row(const K& key) const = 0;
  virtual Row get_row_as_of(const K& key, Timestamp timestamp) const = 0;
  virtual bool versioned() const = 0;
  virtual PutResult put_row(const K& key, const std::optional<V>& value, Timestamp timestamp,
                            const Headers& headers) = 0;
  /// False if the store has no cache.
  virtual bool on_flush(FlushFn listener, bool send_old_values) = 0;
};

/// Serialises keys and values of one store; buffers are taken out while in use, so that nested calls are safe.
template <class K, class V>
class StoreCodec {
 public:
  StoreCodec(SerdePtr<K> key_serde, SerdePtr<V> value_serde, state::ValueFormat format)
      : key_serde_(std::move(key_serde)), value_serde_(std::move(value_serde)), format_(format) {}

  void open(std::string topic) { topic_ = std::move(topic); }
  void key(const K& key, Bytes& out) const {
    out.clear();
    key_serde_->serialize(topic_, key, out);
  }
  K key(BytesView bytes) const { return key_serde_->deserialize(topic_, bytes); }
  void value(const V& value, Timestamp timestamp, const Headers& headers, Bytes& out) const {
    out.clear();
    append_value_prefix(out, format_, timestamp, headers);
    value_serde_->serialize(topic_, value, out);
  }
  V plain_value(BytesView bytes) const { return value_serde_->deserialize(topic_, split_value(bytes, format_).value); }
  ValueAndTimestamp<V> value(BytesView bytes) const {
    const StoredValue stored = split_value(bytes, format_);
    return {value_serde_->deserialize(topic_, stored.value), stored.timestamp, parse_headers(stored.headers)};
  }

 private:
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
  state::ValueFormat format_;
  std::string topic_;
};

/// Key-value stores; Row is V, or ValueAndTimestamp<V> for the timestamped kinds.
template <class K, class V, class Row>
class KeyValueShell : public StateStore, public KeyValueStore<K, Row> {
 public:
  KeyValueShell(const StoreSpec& spec, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : spec_(spec), codec_(std::move(key_serde), std::move(value_serde), spec.format), cursors_(spec.name) {}

  void open(StoreHost& host) override {
    codec_.open(host.changelog_topic(spec_.name));
    record_ = &host.record();
    rows_ = host.key_value(spec_);
  }
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    rows_->restore(key, value, timestamp, headers);
  }
  void flush() override { rows_->flush(); }
  void close() override {
    cursors_.close();
    rows_.reset();
  }

  std::optional<Row> get(const K& key) const override {
    Bytes key_bytes = std::exchange(key_buffer_, {});
    Bytes value_bytes = std::exchange(value_buffer_, {});
    codec_.key(key, key_bytes);
    std::optional<Row> row;
    if (rows_->get(key_bytes, value_bytes)) row.emplace(decode(value_bytes));
    key_buffer_ = std::move(key_bytes);
    value_buffer_ = std::move(value_bytes);
    return row;
  }
  void put(const K& key, const std::optional<Row>& row) override {
    if (!row) return put_bytes(key, nullptr, 0, RecordContext::kNoHeaders);
    if constexpr (std::is_same_v<Row, V>) {
      put_bytes(key, &*row, 0, RecordContext::kNoHeaders);
    } else {
      put_bytes(key, &row->value, row->timestamp, row->headers);
    }
  }
  StoreRange<std::pair<K, Row>> range(const std::optional<K>& from, const std::optional<K>& to) const override {
    return scan(from, to, false);
  }
  StoreRange<std::pair<K, Row>> reverse_range(const std::optional<K>& from, const std::optional<K>& to) const override {
    return scan(from, to, true);
  }
  StoreRange<std::pair<K, Row>> prefix_scan(BytesView prefix) const override { return typed(rows_->prefix(prefix)); }
  std::int64_t approximate_entries() const override { return rows_->approximate_entries(); }
  const StoreCodec<K, V>& codec() const { return codec_; }

 protected:
  void put_bytes(const K& key, const V* value, Timestamp timestamp, const Headers& headers) {
    Bytes key_bytes = std::exchange(key_buffer_, {});
    Bytes value_bytes = std::exchange(value_buffer_, {});
    codec_.key(key, key_bytes);
    OptionalView view;
    if (value != nullptr) {
      codec_.value(*value, timestamp, headers, value_bytes);
      view = value_bytes;
    }
    rows_->put(key_bytes, view);
    key_buffer_ = std::move(key_bytes);
    value_buffer_ = std::move(value_bytes);
  }
  Row decode(BytesView bytes) const {
    if constexpr (std::is_same_v<Row, V>) {
      return codec_.plain_value(bytes);
    } else {
      return codec_.value(bytes);
    }
  }
  state::KeyValueBytes& rows() const { return *rows_; }

 private:
  StoreRange<std::pair<K, Row>> typed(std::unique_ptr<state::ByteIterator> rows) const {
    return mapped_range<std::pair<K, Row>>(cursors_, std::move(rows), [this](const state::ByteIterator& it) {
      return std::pair<K, Row>(codec_.key(it.key()), decode(it.value()));
    });
  }
  StoreRange<std::pair<K, Row>> scan(const std::optional<K>& from, const std::optional<K>& to, bool reverse) const {
    Bytes from_bytes, to_bytes;
    if (from) codec_.key(*from, from_bytes);
    if (to) codec_.key(*to, to_bytes);
    return typed(rows_->range(from ? OptionalView(from_bytes) : std::nullopt,
                              to ? OptionalView(to_bytes) : std::nullopt, reverse));
  }

  StoreSpec spec_;
  StoreCodec<K, V> codec_;
  RecordContext* record_ = nullptr;
  std::unique_ptr<state::KeyValueBytes> rows_;
  mutable OpenCursors cursors_;
  mutable Bytes key_buffer_, value_buffer_;
};

template <class K, class V>
using PlainKeyValueShell = KeyValueShell<K, V, V>;

/// The default store of tables. Source: org.apache.kafka.streams.state.TimestampedKeyValueStore.
template <class K, class V>
class TimestampedKeyValueShell final : public KeyValueShell<K, V, ValueAndTimestamp<V>>, public TableStore<K, V> {
  using Base = KeyValueShell<K, V, ValueAndTimestamp<V>>;

 public:
  using Base::Base;
  using Row = typename TableStore<K, V>::Row;

  Row get_row(const K& key) const override { return this->get(key); }
  Row get_row_as_of(const K&, Timestamp) const override {
    throw InvalidStateStore("Only versioned stores know former values: materialize the table in a versioned store.");
  }
  bool versioned() const override { return false; }
  /// The rows of tables never hold headers, even where their format has a place for them (Kafka Streams 4.3).
  PutResult put_row(const K& key, const std::optional<V>& value, Timestamp timestamp, const Headers&) override {
    this->put_bytes(key, value ? &*value : nullptr, timestamp, RecordContext::kNoHeaders);
    return PutResult::kLatest;
  }
  bool on_flush(typename TableStore<K, V>::FlushFn listener, bool send_old_values) override {
    auto decode = [this](OptionalView bytes) {
      Row row;
      if (bytes) row.emplace(this->decode(*bytes));
      return row;
    };
    return this->rows().set_flush_listener(
        [this, decode, listener = std::move(listener)](BytesView key, OptionalView fresh, OptionalView old) {
          listener(this->codec().key(key), decode(fresh), decode(old));
        },
        send_old_values);
  }
};

/// Window stores; Row as in KeyValueShell.
template <class K, class V, class Row>
class WindowShell : public StateStore, public WindowStore<K, Row> {
 public:
  using Flushed = std::optional<Row>;
  using FlushFn = std::function<void(Windowed<K>&&, Flushed&&, Flushed&&)>;
  using Windows = typename ReadOnlyWindowStore<K, Row>::Windows;

  WindowShell(const StoreSpec& spec, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : spec_(spec), codec_(std::move(key_serde), std::move(value_serde), spec.format), cursors_(spec.name) {}

  void open(StoreHost& host) override {
    codec_.open(host.changelog_topic(spec_.name));
    rows_ = host.window(spec_);
  }
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    rows_->restore(key, value, timestamp, headers);
  }
  void flush() override { rows_->flush(); }
  void close() override {
    cursors_.close();
    rows_.reset();
  }
  const StoreCodec<K, V>& codec() const { return codec_; }

  void put(const K& key, const std::optional<Row>& row, Timestamp start) override {
    Bytes key_bytes = std::exchange(key_buffer_, {});
    Bytes value_bytes = std::exchange(value_buffer_, {});
    codec_.key(key, key_bytes);
    OptionalView view;
    if (row) {
      encode(*row, value_bytes);
      view = value_bytes;
    }
    rows_->put(key_bytes, view, start);
    key_buffer_ = std::move(key_bytes);
    value_buffer_ = std::move(value_bytes);
  }
  std::optional<Row> fetch(const K& key, Timestamp start) const override {
    Bytes key_bytes = std::exchange(key_buffer_, {});
    Bytes value_bytes = std::exchange(value_buffer_, {});
    codec_.key(key, key_bytes);
    std::optional<Row> row;
    if (rows_->get(key_bytes, start, value_bytes)) row.emplace(decode(value_bytes));
    key_buffer_ = std::move(key_bytes);
    value_buffer_ = std::move(value_bytes);
    return row;
  }
  StoreRange<std::pair<Timestamp, Row>> fetch(const K& key, Timestamp from, Timestamp to) const override {
    return of_key(key, from, to, false);
  }
  StoreRange<std::pair<Timestamp, Row>> backward_fetch(const K& key, Timestamp from, Timestamp to) const override {
    return of_key(key, from, to, true);
  }
  Windows fetch_range(const std::optional<K>& key_from, const std::optional<K>& key_to, Timestamp from,
                      Timestamp to) const override {
    return range(key_from, key_to, from, to, false);
  }
  Windows backward_fetch_range(const std::optional<K>& key_from, const std::optional<K>& key_to, Timestamp from,
                               Timestamp to) const override {
    return range(key_from, key_to, from, to, true);
  }
  Windows all() const override { return typed(rows_->all(false)); }
  Windows backward_all() const override { return typed(rows_->all(true)); }

  /// False if the store has no cache.
  bool on_flush(FlushFn listener, bool send_old_values) {
    auto to_row = [this](OptionalView bytes) {
      Flushed row;
      if (bytes) row.emplace(decode(*bytes));
      return row;
    };
    return rows_->set_flush_listener(
        [this, to_row, listener = std::move(listener)](BytesView key, Timestamp start, OptionalView fresh,
                                                       OptionalView old) {
          listener(windowed(key, start), to_row(fresh), to_row(old));
        },
        send_old_values);
  }

 private:
  Windowed<K> windowed(BytesView key, Timestamp start) const {
    return {codec_.key(key), start, window_end(start, spec_.window_ms)};
  }
  void encode(const Row& row, Bytes& out) const {
    if constexpr (std::is_same_v<Row, V>) {
      codec_.value(row, 0, RecordContext::kNoHeaders, out);
    } else {
      codec_.value(row.value, row.timestamp, row.headers, out);
    }
  }
  Row decode(BytesView bytes) const {
    if constexpr (std::is_same_v<Row, V>) {
      return codec_.plain_value(bytes);
    } else {
      return codec_.value(bytes);
    }
  }
  StoreRange<std::pair<Timestamp, Row>> of_key(const K& key, Timestamp from, Timestamp to, bool reverse) const {
    Bytes key_bytes = std::exchange(key_buffer_, {});
    codec_.key(key, key_bytes);
    auto rows = rows_->fetch(key_bytes, from, to, reverse);
    key_buffer_ = std::move(key_bytes);
    return mapped_range<std::pair<Timestamp, Row>>(cursors_, std::move(rows), [this](const state::WindowIterator& it) {
      return std::pair<Timestamp, Row>(it.start(), decode(it.value()));
    });
  }
  Windows range(const std::optional<K>& key_from, const std::optional<K>& key_to, Timestamp from, Timestamp to,
                bool reverse) const {
    Bytes from_bytes, to_bytes;
    if (key_from) codec_.key(*key_from, from_bytes);
    if (key_to) codec_.key(*key_to, to_bytes);
    return typed(rows_->fetch_range(key_from ? OptionalView(from_bytes) : std::nullopt,
                                    key_to ? OptionalView(to_bytes) : std::nullopt, from, to, reverse));
  }
  Windows typed(std::unique_ptr<state::WindowIterator> rows) const {
    return mapped_range<std::pair<Windowed<K>, Row>>(
        cursors_, std::move(rows), [this](const state::WindowIterator& it) {
          return std::pair<Windowed<K>, Row>(windowed(it.key(), it.start()), decode(it.value()));
        });
  }

  StoreSpec spec_;
  StoreCodec<K, V> codec_;
  std::unique_ptr<state::WindowBytes> rows_;
  mutable OpenCursors cursors_;
  mutable Bytes key_buffer_, value_buffer_;
};

template <class K, class V>
using PlainWindowShell = WindowShell<K, V, V>;
template <class K, class V>
using TimestampedWindowShell = WindowShell<K, V, ValueAndTimestamp<V>>;

}  // namespace streams::detail
