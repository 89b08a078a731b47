// The store of a left or outer stream-stream join in which records wait for a partner, ordered by time.
//
// Source: org.apache.kafka.streams.state.internals.ListValueStore, TimestampedKeyAndJoinSideSerializer,
// LeftOrRightValueSerializer.
#pragma once

#include <streams/detail/list_value.hpp>
#include <streams/detail/task_context.hpp>
#include <streams/errors.hpp>
#include <streams/serde.hpp>
#include <streams/state_store.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

template <class K>
struct JoinSideKey {
  K key;
  Timestamp timestamp;
  bool left;
};

template <class L, class R>
struct EitherValue {
  std::optional<L> left;
  std::optional<R> right;
};

[[noreturn]] void throw_short_join_key(std::size_t size);

/// [i64 timestamp][1: left, 0: right][key] -> list of [1: left, 0: right][value].
template <class K, class L, class R>
class OuterJoinStore final : public StateStore {
 public:
  OuterJoinStore(const StoreSpec& spec, SerdePtr<K> key_serde, SerdePtr<L> left_serde, SerdePtr<R> right_serde)
      : spec_(spec),
        key_serde_(std::move(key_serde)),
        left_serde_(std::move(left_serde)),
        right_serde_(std::move(right_serde)) {}

  void open(StoreHost& host) override {
    topic_ = host.changelog_topic(spec_.name);
    rows_ = host.key_value(spec_);
  }
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    rows_->restore(key, value, timestamp, headers);
  }
  void flush() override { rows_->flush(); }
  void close() override { rows_.reset(); }

  void append(const JoinSideKey<K>& key, const EitherValue<L, R>& value) {
    const Bytes key_bytes = serialize(key);
    Bytes item(1, value.left ? '\1' : '\0');
    if (value.left) {
      left_serde_->serialize(topic_, *value.left, item);
    } else {
      right_serde_->serialize(topic_, *value.right, item);
    }
    Bytes list;
    if (!rows_->get(key_bytes, list)) list.clear();
    append_list_item(list, item);
    rows_->put(key_bytes, list);
  }
  /// Erases all values of the key.
  void erase(const Bytes& key) { rows_->put(key, std::nullopt); }
  void erase_if_present(const JoinSideKey<K>& key) {
    const Bytes bytes = serialize(key);
    if (rows_->get(bytes, scratch_)) erase(bytes);
  }

  /// Calls fn(key bytes, key, value) for every value, by time, right sides first, until it gives false.
  template <class Fn>
  void for_each(Fn&& fn) const {
    for (auto rows = rows_->range(std::nullopt, std::nullopt, false); rows->valid(); rows->next()) {
      const Bytes bytes(rows->key());
      const Bytes list(rows->value());
      const JoinSideKey<K> key = deserialize(bytes);
      for (const BytesView item : parse_list(list)) {
        if (!fn(bytes, key, value_of(item))) return;
      }
    }
  }

 private:
  static constexpr std::size_t kPrefix = 9;

  Bytes serialize(const JoinSideKey<K>& key) const {
    Bytes bytes;
    append_big_endian(bytes, key.timestamp);
    bytes += key.left ? '\1' : '\0';
    key_serde_->serialize(topic_, key.key, bytes);
    return bytes;
  }
  JoinSideKey<K> deserialize(BytesView bytes) const {
    if (bytes.size() < kPrefix) throw_short_join_key(bytes.size());
    return {key_serde_->deserialize(topic_, bytes.substr(kPrefix)), read_big_endian<Timestamp>(bytes),
            bytes[8] == '\1'};
  }
  EitherValue<L, R> value_of(BytesView item) const {
    EitherValue<L, R> value;
    if (item.empty()) throw_short_join_key(0);
    if (item[0] == '\1') {
      value.left.emplace(left_serde_->deserialize(topic_, item.substr(1)));
    } else {
      value.right.emplace(right_serde_->deserialize(topic_, item.substr(1)));
    }
    return value;
  }

  StoreSpec spec_;
  SerdePtr<K> key_serde_;
  SerdePtr<L> left_serde_;
  SerdePtr<R> right_serde_;
  std::string topic_;
  std::unique_ptr<state::KeyValueBytes> rows_;
  Bytes scratch_;
};

}  // namespace streams::detail
