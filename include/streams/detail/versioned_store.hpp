// The typed shell of versioned stores, which serve tables too.
#pragma once

#include <streams/detail/typed_stores.hpp>
#include <streams/state_store.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams::detail {

template <class K, class V>
class VersionedShell final : public StateStore, public VersionedKeyValueStore<K, V>, public TableStore<K, V> {
  using VersionRecord = VersionedRecord<V>;

 public:
  VersionedShell(const StoreSpec& spec, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : spec_(spec), codec_(std::move(key_serde), std::move(value_serde), state::ValueFormat::kPlain) {}

  void open(StoreHost& host) override {
    codec_.open(host.changelog_topic(spec_.name));
    rows_ = host.versioned(spec_);
  }
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    rows_->restore(key, value, timestamp, headers);
  }
  void flush() override { rows_->flush(); }
  void close() override { rows_.reset(); }
  const StoreCodec<K, V>& codec() const { return codec_; }

  std::optional<Timestamp> put(const K& key, const std::optional<V>& value, Timestamp timestamp) override {
    const Timestamp until = put_bytes(key, value, timestamp);
    if (until == state::VersionedBytes::kNotPut) return std::nullopt;
    return until;
  }
  std::optional<VersionRecord> erase(const K& key, Timestamp timestamp) override {
    state::VersionedRow row;
    if (!rows_->remove(bytes_of(key), timestamp, row)) return std::nullopt;
    return typed(row);
  }
  std::optional<VersionRecord> get(const K& key) const override {
    state::VersionedRow row;
    if (!rows_->get(bytes_of(key), row)) return std::nullopt;
    return typed(row);
  }
  std::optional<VersionRecord> get(const K& key, Timestamp as_of) const override {
    state::VersionedRow row;
    if (!rows_->get(bytes_of(key), as_of, row)) return std::nullopt;
    return typed(row);
  }
  std::vector<VersionRecord> history(const K& key, Timestamp from, Timestamp to, bool newest_first) const override {
    std::vector<VersionRecord> versions;
    for (const state::VersionedRow& row : rows_->history(bytes_of(key), from, to, newest_first))
      versions.push_back(typed(row));
    return versions;
  }

  // As the store of a table.
  typename TableStore<K, V>::Row get_row(const K& key) const override { return table_row(get(key)); }
  typename TableStore<K, V>::Row get_row_as_of(const K& key, Timestamp timestamp) const override {
    return table_row(get(key, timestamp));
  }
  bool versioned() const override { return true; }
  PutResult put_row(const K& key, const std::optional<V>& value, Timestamp timestamp, const Headers&) override {
    const Timestamp until = put_bytes(key, value, timestamp);
    if (until == state::VersionedBytes::kNotPut) return PutResult::kNotPut;
    return until == state::VersionedBytes::kValidToUndefined ? PutResult::kLatest : PutResult::kNotLatest;
  }
  bool on_flush(typename TableStore<K, V>::FlushFn, bool) override { return false; }

 private:
  Bytes bytes_of(const K& key) const {
    Bytes bytes;
    codec_.key(key, bytes);
    return bytes;
  }
  Timestamp put_bytes(const K& key, const std::optional<V>& value, Timestamp timestamp) {
    Bytes value_bytes;
    if (value) codec_.value(*value, timestamp, RecordContext::kNoHeaders, value_bytes);
    return rows_->put(bytes_of(key), value ? OptionalView(value_bytes) : std::nullopt, timestamp);
  }
  VersionRecord typed(const state::VersionedRow& row) const {
    VersionRecord record{codec_.plain_value(row.value), row.timestamp, std::nullopt};
    if (row.valid_to != state::VersionedBytes::kValidToUndefined) record.valid_to = row.valid_to;
    return record;
  }
  static typename TableStore<K, V>::Row table_row(std::optional<VersionRecord>&& record) {
    if (!record) return std::nullopt;
    return ValueAndTimestamp<V>{std::move(record->value), record->timestamp, {}};
  }

  StoreSpec spec_;
  StoreCodec<K, V> codec_;
  std::unique_ptr<state::VersionedBytes> rows_;
};

}  // namespace streams::detail
