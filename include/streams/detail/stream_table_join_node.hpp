// Joins of a stream with a table or a global table: every record looks up one row.
//
// Source: org.apache.kafka.streams.kstream.internals.KStreamKTableJoinProcessor.
#pragma once

#include <streams/detail/graph.hpp>
#include <streams/detail/invoke.hpp>
#include <streams/detail/join_buffer.hpp>
#include <streams/detail/record_scope.hpp>
#include <streams/detail/table.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
class StreamTableJoinNode : public Node<Record<K, V>, Record<K, Out>> {
 public:
  StreamTableJoinNode(bool left, std::unique_ptr<ValueGetter<TableKey, T>> table, KeyOf key_of, Joiner joiner)
      : left_(left), table_(std::move(table)), key_of_(std::move(key_of)), joiner_(std::move(joiner)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    table_->init(context, *this);
  }
  void close() override { table_->close(); }

 protected:
  void on_record(Record<K, V>&& record) override {
    const std::optional<TableKey> key = key_of_(record.key, record.value);
    if (!record.value || (!key && !left_)) return this->context().dropped(*this, "null join key or value");
    join(key, std::move(record));
  }

  void join(const std::optional<TableKey>& key, Record<K, V>&& record) {
    std::optional<T> other;
    if (key) {
      Row<T> row = table_->versioned() ? table_->get_as_of(*key, record.timestamp) : table_->get(*key);
      if (row) other = std::move(row->value);
    }
    if (!other && !left_) return;
    std::optional<Out> result(call_with_key(joiner_, record.key, In<V>{record.value}, In<T>{other}));
    this->forward({std::move(record.key), std::move(result), record.timestamp, std::move(record.headers)});
  }
  const ValueGetter<TableKey, T>& table() const { return *table_; }

 private:
  bool left_;
  std::unique_ptr<ValueGetter<TableKey, T>> table_;
  KeyOf key_of_;
  Joiner joiner_;
};

/// Throw InvalidArgument for a table that has no history, or less than the grace; the latter once the join is written.
void check_join_grace(const GraphNode& table);
void check_history(GraphNode& join, std::vector<std::string> stores, std::int64_t grace_ms);
[[noreturn]] void throw_not_versioned();

/// Joins records when the grace of their time is over (KIP-923).
template <class K, class V, class T, class Out, class Joiner>
class GraceJoinNode final : public StreamTableJoinNode<K, V, K, T, Out, SameKey, Joiner> {
  using Base = StreamTableJoinNode<K, V, K, T, Out, SameKey, Joiner>;

 public:
  GraceJoinNode(bool left, std::unique_ptr<ValueGetter<K, T>> table, Joiner joiner, std::string buffer)
      : Base(left, std::move(table), SameKey{}, std::move(joiner)), left_(left), buffer_name_(std::move(buffer)) {}
  void init(TaskContext& context) override {
    Base::init(context);
    if (!this->table().versioned()) throw_not_versioned();
    buffer_ = &store_as<JoinBuffer<K, V>>(context, *this, buffer_name_);
  }

 protected:
  void on_record(Record<K, V>&& record) override {
    if (!record.value || (!record.key && !left_)) return this->context().dropped(*this, "null join key or value");
    if (!record.key) throw NullArgument("A record without a key cannot wait in the buffer of a join with grace");
    if (!buffer_->put(record, this->context().record)) return join(std::move(record));
    buffer_->take_due([this](Record<K, V>&& due, const BufferedContext& context) {
      const BufferedScope scope(this->context(), context);
      join(std::move(due));
    });
  }

 private:
  void join(Record<K, V>&& record) {
    const std::optional<K> key = record.key;
    Base::join(key, std::move(record));
  }

  bool left_;
  std::string buffer_name_;
  JoinBuffer<K, V>* buffer_ = nullptr;
};

}  // namespace streams::detail
