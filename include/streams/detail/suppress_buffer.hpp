// The buffer of a suppression: rows that are held back, by time and key, in memory and in a changelog.
//
// Source: org.apache.kafka.streams.state.internals.InMemoryTimeOrderedKeyValueChangeBuffer.
#pragma once

#include <streams/detail/suppress_format.hpp>
#include <streams/detail/task_context.hpp>
#include <streams/serde.hpp>
#include <streams/state_store.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace streams::detail {

/// The keys that changed since the last flush, in the order of the java.util.HashSet that they are in there.
class DirtyKeys {
 public:
  void add(const Bytes& key);
  /// In order; forgets them. The capacity of the set stays what it was, and the order depends on it.
  void drain(const std::function<void(const Bytes&)>& use);

 private:
  std::unordered_set<Bytes> keys_;
  std::vector<const Bytes*> added_;
  std::size_t capacity_ = 16;
};

/// The rows as bytes.
class SuppressRows {
 public:
  struct Place {
    Timestamp time;
    Bytes key;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  using Rows = std::map<Place, BufferedUpdate>;

  explicit SuppressRows(bool logging) : logging_(logging) {}
  /// A row that is there already keeps its place and its prior value.
  void put(Timestamp time, Bytes&& key, OptionalBytes&& old_value, OptionalBytes&& new_value,
           const RecordContext& context, const Headers& headers);
  /// Null if the key is not held back.
  const BufferedUpdate* find(BytesView key) const;
  bool empty() const { return rows_.empty(); }
  std::int64_t records() const { return static_cast<std::int64_t>(rows_.size()); }
  std::int64_t bytes() const { return bytes_; }
  /// The row with the lowest time.
  const Rows::value_type& first() const { return *rows_.begin(); }
  void remove_first();

  void restore(BytesView key, OptionalView value, const Headers& headers);
  void flush(StoreHost& host, const StoreSpec& spec);

 private:
  void put(Timestamp time, Bytes&& key, BufferedUpdate&& update);
  void remove(Rows::iterator row);

  bool logging_;
  Rows rows_;
  std::unordered_map<BytesView, Rows::iterator> index_;  ///< by the keys in the rows' places
  std::int64_t bytes_ = 0;
  DirtyKeys dirty_;
  KeptTopics topics_;
};

template <class K, class V>
class SuppressBuffer final : public StateStore {
 public:
  SuppressBuffer(StoreSpec spec, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : spec_(std::move(spec)),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)),
        rows_(spec_.logging) {}

  void open(StoreHost& host) override {
    host_ = &host;
    topic_ = host.changelog_topic(spec_.name);
  }
  void restore(BytesView key, OptionalView value, Timestamp, const Headers& headers) override {
    rows_.restore(key, value, headers);
  }
  void flush() override { rows_.flush(*host_, spec_); }

  const SuppressRows& rows() const { return rows_; }
  void put(Timestamp time, const Record<K, Change<V>>& record, const RecordContext& context) {
    Bytes key;
    key_serde_->serialize(topic_, *record.key, key);
    rows_.put(time, std::move(key), serialized(record.value->old_value), serialized(record.value->new_value), context,
              record.headers);
  }
  /// The value before the updates that are held back; nullopt if none are.
  std::optional<std::optional<V>> prior(const K& key) const {
    Bytes bytes;
    key_serde_->serialize(topic_, key, bytes);
    const BufferedUpdate* row = rows_.find(bytes);
    if (row == nullptr) return std::nullopt;
    return deserialized(row->prior);
  }
  Record<K, Change<V>> first() const {
    const auto& [place, row] = rows_.first();
    return {key_serde_->deserialize(topic_, place.key),
            Change<V>{deserialized(row.new_value), deserialized(row.old_value)}, row.context.timestamp,
            row.context.headers};
  }
  void remove_first() { rows_.remove_first(); }

 private:
  OptionalBytes serialized(const std::optional<V>& value) const {
    if (!value) return std::nullopt;
    Bytes bytes;
    value_serde_->serialize(topic_, *value, bytes);
    return bytes;
  }
  std::optional<V> deserialized(const OptionalBytes& bytes) const {
    if (!bytes) return std::nullopt;
    return std::optional<V>(value_serde_->deserialize(topic_, *bytes));
  }

  StoreSpec spec_;
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
  SuppressRows rows_;
  StoreHost* host_ = nullptr;
  std::string topic_;
};

}  // namespace streams::detail
