// Aggregations over tumbling and hopping windows.
//
// Source: org.apache.kafka.streams.kstream.internals.KStreamWindowAggregate, AbstractKStreamTimeWindowAggregateProcessor.
#pragma once

#include <streams/detail/aggregate_node.hpp>
#include <streams/detail/table.hpp>
#include <streams/windows.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

template <class K, class V>
class WindowStoreGetter final : public ValueGetter<Windowed<K>, V> {
 public:
  explicit WindowStoreGetter(std::string store) : name_(std::move(store)) {}
  void init(TaskContext& context, const NodeBase& node) override {
    store_ = &store_as<TimestampedWindowShell<K, V>>(context, node, name_);
  }
  Row<V> get(const Windowed<K>& key) override { return store_->fetch(key.key, key.start); }
  Row<V> get_as_of(const Windowed<K>& key, Timestamp) override { return get(key); }

 private:
  std::string name_;
  TimestampedWindowShell<K, V>* store_ = nullptr;
};

/// The result of a windowed aggregation while the topology is written.
template <class K, class V>
class WindowedTable final : public Table<Windowed<K>, V> {
 public:
  explicit WindowedTable(std::string store) { settings.store = std::move(store); }
  bool enable_old_values(bool) override { return settings.send_old_values = true; }
  TableView<Windowed<K>, V> view() override {
    return {{settings.store}, [store = settings.store]() -> std::unique_ptr<ValueGetter<Windowed<K>, V>> {
              return std::make_unique<WindowStoreGetter<K, V>>(store);
            }};
  }
  TableSettings settings;
};

/// Windows is TimeWindows or anything with its for_each_window() and grace_ms().
template <class K, class V, class A, class Windows, class Fold>
class WindowAggregateNode final : public Node<Record<K, V>, Record<Windowed<K>, Change<A>>> {
 public:
  WindowAggregateNode(TableSettings settings, Windows windows, Fold fold)
      : settings_(std::move(settings)), windows_(std::move(windows)), fold_(std::move(fold)) {}

  void init(TaskContext& context) override {
    NodeBase::init(context);
    store_ = &store_as<TimestampedWindowShell<K, A>>(context, *this, settings_.store);
    cached_ = store_->on_flush(
        [this](Windowed<K>&& key, Row<A>&& fresh, Row<A>&& old) {
          forward_flushed(std::move(key), std::move(fresh), std::move(old));
        },
        settings_.send_old_values);
  }

 protected:
  void on_record(Record<K, V>&& record) override {
    if (!record.key) return this->context().dropped(*this, "null key");
    const ContextScope scope(this->context(), record.timestamp, record.headers);
    observed_stream_time_ = std::max(observed_stream_time_, record.timestamp);
    const Timestamp close_time = observed_stream_time_ - windows_.grace_ms();
    windows_.for_each_window(record.timestamp, [&](Timestamp start, Timestamp end) {
      if (end > close_time) {
        update(record, start, end);
      } else {
        this->context().dropped(*this, "expired window");
      }
    });
  }

 private:
  void update(const Record<K, V>& record, Timestamp start, Timestamp end) {
    Row<A> row = store_->fetch(*record.key, start);
    Change<A> change;
    Timestamp timestamp = record.timestamp;
    std::optional<A> before;
    if (row) {
      timestamp = std::max(timestamp, row->timestamp);
      before = std::move(row->value);
    } else {
      before = fold_.template initial<A>();
    }
    if (settings_.send_old_values) change.old_value = before;
    std::optional<V> value = record.value;  // one for each window: folds may take it
    change.new_value = fold_.template add<K, V, A>(record.key, value, before);
    Row<A> fresh;
    if (change.new_value) fresh = ValueAndTimestamp<A>{*change.new_value, timestamp, {}};
    store_->put(*record.key, fresh, start);
    if (cached_) return;
    this->forward({Windowed<K>{*record.key, start, end}, std::move(change), timestamp, record.headers});
  }

  void forward_flushed(Windowed<K>&& key, Row<A>&& fresh, Row<A>&& old) {
    const RecordContext& record = this->context().record;
    Change<A> change;
    Timestamp timestamp = record.timestamp;
    if (fresh) {
      timestamp = fresh->timestamp;
      change.new_value = std::move(fresh->value);
    }
    if (old) change.old_value = std::move(old->value);
    this->forward({std::move(key), std::move(change), timestamp, *record.headers});
  }

  TableSettings settings_;
  Windows windows_;
  Fold fold_;
  TimestampedWindowShell<K, A>* store_ = nullptr;
  bool cached_ = false;
  Timestamp observed_stream_time_ = -1;
};

}  // namespace streams::detail
