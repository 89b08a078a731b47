// Joins of a stream with a table or a global table: every record looks up one row.
//
// Source: org.apache.kafka.streams.kstream.internals.KStreamKTableJoinProcessor.
#pragma once

#include <streams/detail/invoke.hpp>
#include <streams/detail/table.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace streams::detail {

/// The row's key is the record's key.
struct SameKey {
  template <class K, class V>
  std::optional<K> operator()(const std::optional<K>& key, const std::optional<V>&) const {
    return key;
  }
};

/// The row's key is computed from the record.
template <class F, class TableKey>
struct SelectedKey {
  F selector;
  template <class K, class V>
  std::optional<TableKey> operator()(const std::optional<K>& key, const std::optional<V>& value) {
    return std::optional<TableKey>(call_with_key(selector, key, In<V>{value}));
  }
};

template <class K, class V, class TableKey, class T, class Out, class KeyOf, class Joiner>
class StreamTableJoinNode final : public Node<Record<K, V>, Record<K, Out>> {
 public:
  StreamTableJoinNode(bool left, std::unique_ptr<ValueGetter<TableKey, T>> table, KeyOf key_of, Joiner joiner)
      : left_(left), table_(std::move(table)), key_of_(std::move(key_of)), joiner_(std::move(joiner)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    table_->init(context, *this);
  }

 protected:
  void on_record(Record<K, V>&& record) override {
    const std::optional<TableKey> key = key_of_(record.key, record.value);
    if (!record.value || (!key && !left_)) return this->context().dropped(*this, "null join key or value");
    std::optional<T> other;
    if (key) {
      Row<T> row = table_->versioned() ? table_->get_as_of(*key, record.timestamp) : table_->get(*key);
      if (row) other = std::move(row->value);
    }
    if (!other && !left_) return;
    std::optional<Out> result(call_with_key(joiner_, record.key, In<V>{record.value}, In<T>{other}));
    this->forward({std::move(record.key), std::move(result), record.timestamp, std::move(record.headers)});
  }

 private:
  bool left_;
  std::unique_ptr<ValueGetter<TableKey, T>> table_;
  KeyOf key_of_;
  Joiner joiner_;
};

}  // namespace streams::detail
