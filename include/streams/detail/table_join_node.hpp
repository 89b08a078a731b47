// Joins of two tables by their keys.
//
// Source: org.apache.kafka.streams.kstream.internals.KTableKTableInnerJoin, KTableKTableLeftJoin,
// KTableKTableRightJoin, KTableKTableOuterJoin, KTableKTableJoinMerger.
#pragma once

#include <streams/detail/invoke.hpp>
#include <streams/detail/table.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams::detail {

/// Which rows give a result: those with a value on both sides, on the left at least, or on either.
enum class JoinKind { kInner, kLeft, kOuter };

/// Calls the joiner with (left, right), with the key in front if it takes one.
template <class F, class K, class L, class R, class Out>
struct TableJoiner {
  F function;
  std::optional<Out> operator()(const std::optional<K>& key, const std::optional<L>& left,
                                const std::optional<R>& right) {
    return std::optional<Out>(call_with_key(function, key, In<L>{left}, In<R>{right}));
  }
};

/// The result of a join while the topology is written.
template <class K, class L, class R, class Out>
class JoinedTable final : public Table<K, Out> {
 public:
  using MakeGetter = std::function<std::unique_ptr<ValueGetter<K, Out>>()>;
  JoinedTable(std::shared_ptr<Table<K, L>> left, std::shared_ptr<Table<K, R>> right, std::string store)
      : left_(std::move(left)), right_(std::move(right)) {
    settings.store = std::move(store);
  }
  bool enable_old_values(bool) override {
    left_->enable_old_values(true);
    right_->enable_old_values(true);
    return settings.send_old_values = true;
  }
  TableView<K, Out> view() override {
    if (!settings.store.empty()) return store_view<K, Out>(settings.store);
    std::vector<std::string> stores = left_->view().stores;
    for (std::string& store : right_->view().stores) {
      if (std::find(stores.begin(), stores.end(), store) == stores.end()) stores.push_back(std::move(store));
    }
    return {std::move(stores), make_getter};
  }
  TableSettings settings;  ///< `send_old_values` counts for the sides and the merger
  MakeGetter make_getter;

 private:
  std::shared_ptr<Table<K, L>> left_;
  std::shared_ptr<Table<K, R>> right_;
};

/// Computes the joined row from the rows of both sides.
template <class K, class L, class R, class Out, class Joiner>
class JoinGetter final : public ValueGetter<K, Out> {
 public:
  JoinGetter(JoinKind kind, std::unique_ptr<ValueGetter<K, L>> left, std::unique_ptr<ValueGetter<K, R>> right,
             Joiner joiner)
      : kind_(kind), left_(std::move(left)), right_(std::move(right)), joiner_(std::move(joiner)) {}
  void init(TaskContext& context, NodeBase& node) override {
    left_->init(context, node);
    right_->init(context, node);
  }
  void close() override {
    left_->close();
    right_->close();
  }
  Row<Out> get(const K& key) override {
    Row<L> left = left_->get(key);
    if (!left && kind_ != JoinKind::kOuter) return std::nullopt;
    Row<R> right = right_->get(key);
    if (!right && (kind_ == JoinKind::kInner || !left)) return std::nullopt;
    Timestamp timestamp = left ? left->timestamp : right->timestamp;
    if (right) timestamp = std::max(timestamp, right->timestamp);
    std::optional<Out> value = joiner_(std::optional<K>(key), value_of(left), value_of(right));
    if (!value) return std::nullopt;
    return ValueAndTimestamp<Out>{std::move(*value), timestamp, {}};
  }
  Row<Out> get_as_of(const K& key, Timestamp) override { return get(key); }

 private:
  template <class T>
  static std::optional<T> value_of(Row<T>& row) {
    return row ? std::optional<T>(std::move(row->value)) : std::nullopt;
  }
  JoinKind kind_;
  std::unique_ptr<ValueGetter<K, L>> left_;
  std::unique_ptr<ValueGetter<K, R>> right_;
  Joiner joiner_;
};

/// One side of a join: joins its updates with the row of the other side.
/// `this_is_left` says which side it is; `this_alone` and `other_alone`, whether a value of one side only gives a
/// result.
template <class K, class This, class Other, class Out, class Joiner, bool this_is_left>
class TableJoinSide final : public Node<Record<K, Change<This>>, Record<K, Change<Out>>> {
 public:
  TableJoinSide(JoinKind kind, TableSettings settings, std::unique_ptr<ValueGetter<K, Other>> other, Joiner joiner)
      : kind_(kind), settings_(std::move(settings)), other_(std::move(other)), joiner_(std::move(joiner)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    other_->init(context, *this);
  }
  void close() override { other_->close(); }

 protected:
  void on_record(Record<K, Change<This>>&& record) override {
    if (!record.key) return this->context().dropped(*this, "null key");
    Change<This>& update = *record.value;
    if (settings_.versioned_semantics && !update.is_latest)
      return this->context().dropped(*this, "out-of-order update");
    Row<Other> row = other_->get(*record.key);
    if (!row && !this_alone()) return;
    if (!row && !update.new_value && !update.old_value) return;
    std::optional<Other> other;
    Timestamp timestamp = record.timestamp;
    if (row) {
      timestamp = std::max(timestamp, row->timestamp);
      other = std::move(row->value);
    }
    Change<Out> change;
    change.is_latest = update.is_latest;
    change.new_value = join(record.key, update.new_value, other);
    if (settings_.send_old_values) change.old_value = join(record.key, update.old_value, other);
    this->forward({std::move(record.key), std::move(change), timestamp, std::move(record.headers)});
  }

 private:
  bool this_alone() const { return kind_ == JoinKind::kOuter || (kind_ == JoinKind::kLeft && this_is_left); }
  bool other_alone() const { return kind_ == JoinKind::kOuter || (kind_ == JoinKind::kLeft && !this_is_left); }

  std::optional<Out> join(const std::optional<K>& key, const std::optional<This>& mine,
                          const std::optional<Other>& other) {
    if (!mine && !(other_alone() && other)) return std::nullopt;
    if constexpr (this_is_left) {
      return joiner_(key, mine, other);
    } else {
      return joiner_(key, other, mine);
    }
  }
  JoinKind kind_;
  TableSettings settings_;
  std::unique_ptr<ValueGetter<K, Other>> other_;
  Joiner joiner_;
};

/// Takes the results of both sides. Source: KTableKTableJoinMerger.
template <class K, class Out>
class TableJoinMerger final : public TableNode<Record<K, Change<Out>>, K, Out> {
 public:
  explicit TableJoinMerger(TableSettings settings) : settings_(std::move(settings)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    this->open_store(settings_.store, settings_.send_old_values);
  }

 protected:
  void on_record(Record<K, Change<Out>>&& record) override {
    if (this->stored()) {
      const ContextScope scope(this->context(), record.timestamp, record.headers);
      return this->put_and_forward(std::move(*record.key), std::move(*record.value), record.timestamp,
                                   std::move(record.headers));
    }
    if (!settings_.send_old_values) record.value->old_value.reset();
    this->forward(std::move(record));
  }

 private:
  TableSettings settings_;
};

}  // namespace streams::detail
