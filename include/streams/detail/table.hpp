// What operators ask of a table: its current rows, and old values in its updates.
//
// Source: org.apache.kafka.streams.kstream.internals.KTableValueGetter, KTableValueGetterSupplier,
// KTableProcessorSupplier, TimestampedTupleForwarder, TimestampedCacheFlushListener.
#pragma once

#include <streams/detail/node.hpp>
#include <streams/detail/typed_stores.hpp>
#include <streams/record.hpp>
#include <streams/state_store.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

namespace streams::detail {

template <class V>
using Row = std::optional<ValueAndTimestamp<V>>;

/// The update that a cache sends on when it writes a row: with the row's time, or the current record's if the row is
/// gone.
template <class K, class V>
Record<K, Change<V>> flushed_update(const RecordContext& current, K&& key, Row<V>&& fresh, Row<V>&& old) {
  Change<V> change;
  Timestamp timestamp = current.timestamp;
  if (fresh) {
    timestamp = fresh->timestamp;
    change.new_value = std::move(fresh->value);
  }
  if (old) change.old_value = std::move(old->value);
  return {std::move(key), std::move(change), timestamp, *current.headers};
}

[[noreturn]] void throw_wrong_store_type(const NodeBase& node, const std::string& store, const std::type_info& actual,
                                         const std::type_info& wanted);

/// A store of the task as the type that a node expects.
template <class Store>
Store& store_as(TaskContext& context, const NodeBase& node, const std::string& name) {
  StateStore& store = context.store(node, name);
  if (auto* typed = dynamic_cast<Store*>(&store)) return *typed;
  throw_wrong_store_type(node, name, typeid(store), typeid(Store));
}

/// Reads the rows of a table that may not be stored itself but computed from one that is.
template <class K, class V>
class ValueGetter {
 public:
  virtual ~ValueGetter() = default;
  virtual void init(TaskContext& context, NodeBase& node) = 0;
  virtual void close() {}
  virtual Row<V> get(const K& key) = 0;
  virtual Row<V> get_as_of(const K& key, Timestamp timestamp) = 0;
  virtual bool versioned() const { return false; }
};

template <class K, class V>
struct TableView {
  std::vector<std::string> stores;  ///< to connect to whoever uses the getter
  std::function<std::unique_ptr<ValueGetter<K, V>>()> make;
};

/// A table while the topology is written. Shared by its handle, its node's factory and the tables made from it.
template <class K, class V>
class Table {
 public:
  virtual ~Table() = default;
  /// Makes updates carry old values. False if that would need a store, there is none, and `force` does not ask for one.
  virtual bool enable_old_values(bool force) = 0;
  /// May give the table a store.
  virtual TableView<K, V> view() = 0;
};

template <class K, class V>
class StoreGetter final : public ValueGetter<K, V> {
 public:
  explicit StoreGetter(std::string store) : name_(std::move(store)) {}
  void init(TaskContext& context, NodeBase& node) override {
    store_ = &store_as<TableStore<K, V>>(context, node, name_);
  }
  Row<V> get(const K& key) override { return store_->get_row(key); }
  Row<V> get_as_of(const K& key, Timestamp timestamp) override { return store_->get_row_as_of(key, timestamp); }
  bool versioned() const override { return store_->versioned(); }

 private:
  std::string name_;
  TableStore<K, V>* store_ = nullptr;
};

template <class K, class V>
TableView<K, V> store_view(const std::string& store) {
  return {{store},
          [store]() -> std::unique_ptr<ValueGetter<K, V>> { return std::make_unique<StoreGetter<K, V>>(store); }};
}

/// Settings of a table node; written while the topology is built, read when a task is made.
struct TableSettings {
  std::string store;  ///< empty: none
  bool send_old_values = false;
  bool versioned_semantics = false;
};

/// A table that always has a store of its own.
template <class K, class V>
class StoredTable final : public Table<K, V> {
 public:
  explicit StoredTable(std::string store) { settings.store = std::move(store); }
  bool enable_old_values(bool) override { return settings.send_old_values = true; }
  TableView<K, V> view() override { return store_view<K, V>(settings.store); }
  TableSettings settings;
};

/// A node that emits updates of a table, through the cache of its store if it has a store with a cache.
template <class InRecord, class K, class V>
class TableNode : public Node<InRecord, Record<K, Change<V>>> {
 protected:
  /// Opens the store; does nothing if there is none.
  void open_store(const std::string& name, bool send_old_values) {
    send_old_values_ = send_old_values;
    if (name.empty()) return;
    store_ = &store_as<TableStore<K, V>>(this->context(), *this, name);
    cached_ = store_->on_flush(
        [this](K&& key, Row<V>&& fresh, Row<V>&& old) {
          this->forward(flushed_update<K, V>(this->context().record, std::move(key), std::move(fresh), std::move(old)));
        },
        send_old_values);
  }
  bool stored() const { return store_ != nullptr; }
  bool cached() const { return cached_; }
  bool send_old_values() const { return send_old_values_; }
  TableStore<K, V>& store() const { return *store_; }

  /// Puts the new value of the change and forwards it, unless the cache will do that later.
  void put_and_forward(K&& key, Change<V>&& change, Timestamp timestamp, Headers&& headers) {
    const PutResult result = store_->put_row(key, change.new_value, timestamp, headers);
    if (cached_ || result == PutResult::kNotPut) return;
    if (!send_old_values_) change.old_value.reset();
    change.is_latest = result == PutResult::kLatest;
    this->forward({std::move(key), std::move(change), timestamp, std::move(headers)});
  }

 private:
  TableStore<K, V>* store_ = nullptr;
  bool cached_ = false;
  bool send_old_values_ = false;
};

}  // namespace streams::detail
