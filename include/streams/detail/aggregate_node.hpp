// Aggregations of grouped streams and tables without windows.
//
// Source: org.apache.kafka.streams.kstream.internals.KStreamAggregate, KStreamReduce, KTableAggregate, KTableReduce.
#pragma once

#include <streams/detail/invoke.hpp>
#include <streams/detail/table.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

/// How records become an aggregate: `initial` is what a key without a row starts from.
template <class Init, class Add>
struct AggregateFold {
  Init initializer;
  Add adder;
  template <class A>
  std::optional<A> initial() {
    return std::optional<A>(initializer());
  }
  template <class K, class V, class A>
  std::optional<A> add(const std::optional<K>& key, std::optional<V>& value, std::optional<A>& aggregate) {
    return std::optional<A>(call(adder, In<K>{key}, In<V>{value}, Take<A>{aggregate}));
  }
};

template <class Reducer>
struct ReduceFold {
  Reducer reducer;
  template <class A>
  std::optional<A> initial() {
    return std::nullopt;
  }
  template <class K, class V, class A>
  std::optional<A> add(const std::optional<K>&, std::optional<V>& value, std::optional<A>& aggregate) {
    if (!aggregate) return std::move(value);
    return std::optional<A>(call(reducer, In<A>{aggregate}, In<V>{value}));
  }
};

struct CountFold {
  template <class A>
  std::optional<A> initial() {
    return 0;
  }
  template <class K, class V, class A>
  std::optional<A> add(const std::optional<K>&, std::optional<V>&, std::optional<A>& aggregate) {
    return *aggregate + 1;
  }
};

/// Source: KStreamAggregate, KStreamReduce.
template <class K, class V, class A, class Fold>
class StreamAggregateNode final : public TableNode<Record<K, V>, K, A> {
 public:
  StreamAggregateNode(TableSettings settings, Fold fold) : settings_(std::move(settings)), fold_(std::move(fold)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    this->open_store(settings_.store, settings_.send_old_values);
  }

 protected:
  void on_record(Record<K, V>&& record) override {
    if (!record.key || !record.value) return this->context().dropped(*this, "null key or value");
    const ContextScope scope(this->context(), record.timestamp, record.headers);
    Row<A> row = this->store().get_row(*record.key);
    Change<A> change;
    Timestamp timestamp = record.timestamp;
    std::optional<A> before;
    if (row) {
      timestamp = std::max(timestamp, row->timestamp);
      before = std::move(row->value);
    } else {
      before = fold_.template initial<A>();
    }
    if (settings_.send_old_values) change.old_value = before;  // the initial one too, as in Kafka Streams
    change.new_value = fold_.template add<K, V, A>(record.key, record.value, before);
    this->put_and_forward(std::move(*record.key), std::move(change), timestamp, std::move(record.headers));
  }

 private:
  TableSettings settings_;
  Fold fold_;
};

template <class Init, class Add, class Subtract>
struct TableAggregateFold {
  Init initializer;
  Add adder;
  Subtract subtractor;
  template <class K, class V, class A>
  std::optional<A> subtract(const std::optional<K>& key, const std::optional<V>& old, std::optional<A>& aggregate) {
    return std::optional<A>(call(subtractor, In<K>{key}, In<V>{old}, Take<A>{aggregate}));
  }
  template <class K, class V, class A>
  std::optional<A> add(const std::optional<K>& key, const std::optional<V>& fresh, std::optional<A>& aggregate) {
    if (!aggregate) aggregate = std::optional<A>(initializer());
    return std::optional<A>(call(adder, In<K>{key}, In<V>{fresh}, Take<A>{aggregate}));
  }
  static constexpr bool kAddsToNothing = true;
};

template <class Add, class Subtract>
struct TableReduceFold {
  Add adder;
  Subtract subtractor;
  template <class K, class V, class A>
  std::optional<A> subtract(const std::optional<K>&, const std::optional<V>& old, std::optional<A>& aggregate) {
    return std::optional<A>(call(subtractor, In<A>{aggregate}, In<V>{old}));
  }
  template <class K, class V, class A>
  std::optional<A> add(const std::optional<K>&, const std::optional<V>& fresh, std::optional<A>& aggregate) {
    if (!aggregate) return fresh;
    return std::optional<A>(call(adder, In<A>{aggregate}, In<V>{fresh}));
  }
  static constexpr bool kAddsToNothing = false;
};

struct TableCountFold {
  template <class K, class V, class A>
  std::optional<A> subtract(const std::optional<K>&, const std::optional<V>&, std::optional<A>& aggregate) {
    return *aggregate - 1;
  }
  template <class K, class V, class A>
  std::optional<A> add(const std::optional<K>&, const std::optional<V>&, std::optional<A>& aggregate) {
    return aggregate ? *aggregate + 1 : 1;
  }
  static constexpr bool kAddsToNothing = true;
};

[[noreturn]] void throw_null_group_key(const char* operation, const std::string& store);

/// Source: KTableAggregate, KTableReduce. The two differ in when the old row's timestamp counts.
template <class K, class V, class A, class Fold>
class TableAggregateNode final : public TableNode<Record<K, Change<V>>, K, A> {
 public:
  TableAggregateNode(TableSettings settings, Fold fold) : settings_(std::move(settings)), fold_(std::move(fold)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    this->open_store(settings_.store, settings_.send_old_values);
  }

 protected:
  void on_record(Record<K, Change<V>>&& record) override {
    if (!record.key) throw_null_group_key(Fold::kAddsToNothing ? "aggregate" : "reduce", settings_.store);
    const ContextScope scope(this->context(), record.timestamp, record.headers);
    Row<A> row = this->store().get_row(*record.key);
    const Timestamp latest = row ? std::max(record.timestamp, row->timestamp) : record.timestamp;
    Timestamp timestamp = record.timestamp;
    Change<A> change;
    std::optional<A> aggregate;
    if (row) aggregate = std::move(row->value);
    if (settings_.send_old_values) change.old_value = aggregate;
    const Change<V>& update = *record.value;
    if (update.old_value && aggregate) {
      aggregate = fold_.template subtract<K, V, A>(record.key, update.old_value, aggregate);
      timestamp = latest;
    }
    if (update.new_value) {
      if (Fold::kAddsToNothing || aggregate) timestamp = latest;
      aggregate = fold_.template add<K, V, A>(record.key, update.new_value, aggregate);
    }
    change.new_value = std::move(aggregate);
    this->put_and_forward(std::move(*record.key), std::move(change), timestamp, std::move(record.headers));
  }

 private:
  TableSettings settings_;
  Fold fold_;
};

}  // namespace streams::detail
