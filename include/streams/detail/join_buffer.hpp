// The buffer of a stream-table join with grace: records of the stream that wait, by time, in a store with a changelog.
//
// Row and changelog key: [0][i64 timestamp][key][i32 sequence]; value: [buffered update without prior and old
// value][i64 0]; the changelog's records have no timestamp. Stored in topics: do not change.
// Source: org.apache.kafka.streams.state.internals.RocksDBTimeOrderedKeyValueBuffer.
// Differs from Kafka Streams: what is restored from the changelog is what was written, and the time up to which
// records are let through is known again after a restart; a record whose join fails does not stay to fail for ever.
#pragma once

#include <streams/detail/suppress_format.hpp>
#include <streams/detail/task_context.hpp>
#include <streams/serde.hpp>
#include <streams/state_store.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

/// The waiting records as bytes.
class WaitingRows {
 public:
  explicit WaitingRows(std::int64_t grace_ms) : grace_ms_(grace_ms) {}

  void open(StoreHost& host, const StoreSpec& spec);
  void restore(BytesView key, OptionalView value);
  void flush() { rows_->flush(); }
  void close() { rows_.reset(); }

  /// False if a record of that time comes too late to wait.
  bool takes(Timestamp timestamp);
  void put(BytesView key, BytesView value, const BufferedContext& context);
  /// Takes out all records whose time has come, in order of time, key and arrival.
  void take_due(const std::function<void(BytesView key, const BufferedUpdate& update)>& use);

 private:
  void load();
  Timestamp due() const { return stream_time_ - grace_ms_; }
  void write(BytesView key, OptionalView value);

  const std::int64_t grace_ms_;
  RecordContext* record_ = nullptr;
  std::unique_ptr<state::KeyValueBytes> rows_;
  bool loaded_ = false;
  Timestamp stream_time_ = -1;
  std::optional<Timestamp> first_;  ///< no record that waits is older; nullopt: none waits
  std::int32_t sequence_ = 0;
  KeptTopics topics_;
  Bytes row_key_, row_value_;
};

StoreSpec join_buffer_spec(const std::string& join);

template <class K, class V>
class JoinBuffer final : public StateStore {
 public:
  JoinBuffer(StoreSpec spec, std::string join, std::int64_t grace_ms, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : spec_(std::move(spec)),
        join_(std::move(join)),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)),
        rows_(grace_ms) {}

  void open(StoreHost& host) override { rows_.open(host, spec_); }
  void restore(BytesView key, OptionalView value, Timestamp, const Headers&) override { rows_.restore(key, value); }
  void flush() override { rows_.flush(); }
  void close() override { rows_.close(); }

  /// False if the record, whose key and value are not null, comes too late to wait.
  bool put(const Record<K, V>& record, const RecordContext& context) {
    if (!rows_.takes(record.timestamp)) return false;
    Bytes key = std::exchange(key_buffer_, {});
    Bytes value = std::exchange(value_buffer_, {});
    key.clear();
    value.clear();
    key_serde_->serialize(join_, *record.key, key);
    value_serde_->serialize(join_, *record.value, value);
    rows_.put(key, value, {record.timestamp, context.offset, context.topic, context.partition, record.headers});
    key_buffer_ = std::move(key);
    value_buffer_ = std::move(value);
    return true;
  }
  /// Takes out all records whose time has come and calls use(record, context) for each.
  template <class Use>
  void take_due(Use&& use) {
    rows_.take_due([&](BytesView key, const BufferedUpdate& update) {
      use(Record<K, V>{key_serde_->deserialize(join_, key), value_serde_->deserialize(join_, *update.new_value),
                       update.context.timestamp, update.context.headers},
          update.context);
    });
  }

 private:
  StoreSpec spec_;
  std::string join_;  ///< the topic that the serdes are called with
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
  WaitingRows rows_;
  Bytes key_buffer_, value_buffer_;
};

/// The buffer of the join of that name.
template <class K, class V>
StoreSpec join_buffer(const std::string& join, std::int64_t grace_ms, SerdePtr<K> key_serde, SerdePtr<V> value_serde) {
  StoreSpec spec = join_buffer_spec(join);
  spec.make = [join, grace_ms, key = needed_serde<K>(std::move(key_serde), spec.name, "key"),
               value = needed_serde<V>(std::move(value_serde), spec.name, "value")](
                  const StoreSpec& of) -> std::unique_ptr<StateStore> {
    return std::make_unique<JoinBuffer<K, V>>(of, join, grace_ms, key, value);
  };
  return spec;
}

}  // namespace streams::detail
