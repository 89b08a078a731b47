// Tables from topics and streams, filtered and mapped tables, and the first half of grouping a table.
//
// Source: org.apache.kafka.streams.kstream.internals.KTableSource, KTableFilter, KTableMapValues, KTableRepartitionMap.
#pragma once

#include <streams/detail/invoke.hpp>
#include <streams/detail/table.hpp>
#include <streams/detail/topology_plan.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

/// A table read from a topic or a stream. It gets its store only if somebody needs it.
template <class K, class V>
class SourceTable final : public Table<K, V> {
 public:
  SourceTable(std::string store, bool materialized) : store_name_(std::move(store)) {
    if (materialized) settings.store = store_name_;
  }
  bool enable_old_values(bool force) override {
    if (settings.send_old_values) return true;
    if (!force && settings.store.empty()) return false;
    settings.store = store_name_;
    return settings.send_old_values = true;
  }
  TableView<K, V> view() override {
    settings.store = store_name_;
    return store_view<K, V>(store_name_);
  }
  TableSettings settings;

 private:
  std::string store_name_;
};

template <class K, class V>
class TableSourceNode final : public TableNode<Record<K, V>, K, V> {
 public:
  explicit TableSourceNode(TableSettings settings) : settings_(std::move(settings)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    this->open_store(settings_.store, settings_.send_old_values);
  }

 protected:
  void on_record(Record<K, V>&& record) override {
    if (!record.key) return this->context().dropped(*this, "null key");
    Change<V> change;
    if (!this->stored()) {
      change.new_value = std::move(record.value);
      return this->forward({std::move(record.key), std::move(change), record.timestamp, std::move(record.headers)});
    }
    const ContextScope scope(this->context(), record.timestamp, record.headers);
    // A cache is read even if nobody asks for the old value: what it evicts, and when, depends on it.
    if (settings_.send_old_values || this->cached()) {
      if (Row<V> old = this->store().get_row(*record.key)) change.old_value = std::move(old->value);
    }
    change.new_value = std::move(record.value);
    this->put_and_forward(std::move(*record.key), std::move(change), record.timestamp, std::move(record.headers));
  }

 private:
  TableSettings settings_;
};

/// A table computed row by row from another: filter() and map_values(). Old and new values are mapped alike.
template <class K, class V, class V2>
class DerivedTable final : public Table<K, V2> {
 public:
  using MakeGetter = std::function<std::unique_ptr<ValueGetter<K, V2>>(std::unique_ptr<ValueGetter<K, V>>)>;
  DerivedTable(std::shared_ptr<Table<K, V>> parent, std::string store, MakeGetter make_getter)
      : parent_(std::move(parent)), make_getter_(std::move(make_getter)) {
    settings.store = std::move(store);
  }
  bool enable_old_values(bool force) override {
    if (settings.send_old_values) return true;
    if (!settings.store.empty() || parent_->enable_old_values(force)) settings.send_old_values = true;
    return settings.send_old_values;
  }
  TableView<K, V2> view() override {
    if (!settings.store.empty()) return store_view<K, V2>(settings.store);
    TableView<K, V> parent = parent_->view();
    return {parent.stores, [make = parent.make, make_getter = make_getter_] { return make_getter(make()); }};
  }
  TableSettings settings;

 private:
  std::shared_ptr<Table<K, V>> parent_;
  MakeGetter make_getter_;
};

/// Computes rows with `map(key, value) -> std::optional<V2>`.
template <class K, class V, class V2, class Map>
class DerivedGetter final : public ValueGetter<K, V2> {
 public:
  DerivedGetter(std::unique_ptr<ValueGetter<K, V>> parent, Map map)
      : parent_(std::move(parent)), map_(std::move(map)) {}
  void init(TaskContext& context, NodeBase& node) override { parent_->init(context, node); }
  void close() override { parent_->close(); }
  Row<V2> get(const K& key) override { return derive(key, parent_->get(key)); }
  Row<V2> get_as_of(const K& key, Timestamp timestamp) override {
    return derive(key, parent_->get_as_of(key, timestamp));
  }
  bool versioned() const override { return parent_->versioned(); }

 private:
  Row<V2> derive(const K& key, Row<V>&& row) {
    if (!row) return std::nullopt;
    const std::optional<K> nullable_key(key);
    std::optional<V> value(std::move(row->value));
    std::optional<V2> mapped = map_(nullable_key, value);
    if (!mapped) return std::nullopt;
    return ValueAndTimestamp<V2>{std::move(*mapped), row->timestamp, std::move(row->headers)};
  }
  std::unique_ptr<ValueGetter<K, V>> parent_;
  Map map_;
};

template <class F, class K, class V>
struct TableFilterMap {
  F predicate;
  bool negate;
  static constexpr bool kFilters = true;
  std::optional<V> operator()(const std::optional<K>& key, const std::optional<V>& value) {
    if (value && static_cast<bool>(call_with_key(predicate, key, In<V>{value})) != negate) return value;
    return std::nullopt;
  }
};

template <class F, class K, class V, class V2>
struct TableValueMap {
  F mapper;
  static constexpr bool kFilters = false;
  std::optional<V2> operator()(const std::optional<K>& key, const std::optional<V>& value) {
    if (!value) return std::nullopt;
    return std::optional<V2>(call_with_key(mapper, key, In<V>{value}));
  }
};

template <class K, class V, class V2, class Map>
class DerivedTableNode final : public TableNode<Record<K, Change<V>>, K, V2> {
 public:
  DerivedTableNode(TableSettings settings, Map map) : settings_(std::move(settings)), map_(std::move(map)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    this->open_store(settings_.store, settings_.send_old_values);
  }

 protected:
  void on_record(Record<K, Change<V>>&& record) override {
    const ContextScope scope(this->context(), record.timestamp, record.headers);
    Change<V2> change{map_(record.key, record.value->new_value), std::nullopt, record.value->is_latest};
    if (settings_.send_old_values) change.old_value = old_value(record);
    if constexpr (Map::kFilters) {
      const bool nothing = !change.old_value && !change.new_value;
      if (nothing && settings_.send_old_values && !settings_.versioned_semantics) return;
    }
    if (this->stored()) {
      return this->put_and_forward(std::move(*record.key), std::move(change), record.timestamp,
                                   std::move(record.headers));
    }
    this->forward({std::move(record.key), std::move(change), record.timestamp, std::move(record.headers)});
  }

 private:
  std::optional<V2> old_value(const Record<K, Change<V>>& record) {
    if (!this->stored()) return map_(record.key, record.value->old_value);
    if (Row<V2> row = this->store().get_row(*record.key)) return std::move(row->value);
    return std::nullopt;
  }
  TableSettings settings_;
  Map map_;
};

[[noreturn]] void throw_null_grouping_key();

/// Re-keys updates of a table for grouping: the old row is taken out of its group, the new one put into its own.
/// Source: KTableRepartitionMap.
template <class K, class V, class K2, class V2, class F>
class TableRepartitionMapNode final : public Node<Record<K, Change<V>>, Record<K2, Change<V2>>> {
 public:
  TableRepartitionMapNode(TableSettings settings, F selector)
      : settings_(std::move(settings)), selector_(std::move(selector)) {}

 protected:
  struct Pair {
    std::optional<K2> key;
    std::optional<V2> value;
    explicit operator bool() const { return key && value; }
  };

  void on_record(Record<K, Change<V>>&& record) override {
    if (!record.key) throw_null_grouping_key();
    const bool latest = record.value->is_latest;
    if (settings_.versioned_semantics && !latest) return;
    Pair fresh = select(record.key, record.value->new_value);
    Pair old = select(record.key, record.value->old_value);
    if (fresh && old && same_key(*fresh.key, *old.key)) {
      return this->forward({std::move(old.key), Change<V2>{std::move(fresh.value), std::move(old.value), latest},
                            record.timestamp, std::move(record.headers)});
    }
    if (old) {
      this->forward({std::move(old.key), Change<V2>{std::nullopt, std::move(old.value), latest}, record.timestamp,
                     record.headers});
    }
    if (fresh) {
      this->forward({std::move(fresh.key), Change<V2>{std::move(fresh.value), std::nullopt, latest}, record.timestamp,
                     std::move(record.headers)});
    }
  }

 private:
  static bool same_key(const K2& a, const K2& b) {
    if constexpr (requires {
                    { a == b } -> std::convertible_to<bool>;
                  }) {
      return a == b;
    } else {
      return false;
    }
  }
  Pair select(const std::optional<K>& key, const std::optional<V>& value) {
    if (!value) return {};
    auto pair = call_with_key(selector_, key, In<V>{value});
    return {std::optional<K2>(std::move(pair.first)), std::optional<V2>(std::move(pair.second))};
  }
  TableSettings settings_;
  F selector_;
};

}  // namespace streams::detail
