// Aggregations over tumbling and hopping windows.
//
// Source: org.apache.kafka.streams.kstream.internals.KStreamWindowAggregate,
// AbstractKStreamTimeWindowAggregateProcessor.
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
  void init(TaskContext& context, NodeBase& node) override {
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

/// Emits final results when windows close. Source: AbstractKStreamTimeWindowAggregateProcessor,
/// KStreamSessionWindowAggregate.
class WindowCloseEmitter {
 public:
  void init(TaskContext& context, const NodeBase& node, const std::string& store) {
    context_ = &context;
    store_ = store;
    last_ = context.metadata(store).value_or(-1);
    interval_ms_ = emit_interval(context, "__emit.interval.ms.kstreams.windowed.aggregation__");
    count_ = context.sensor(node, NodeMetric::kFinalEmit);
    latency_ = context.sensor(node, NodeMetric::kFinalEmitLatency);
  }
  /// Whether windows that close before `close_time` are to be looked for now.
  bool due(Timestamp close_time) {
    const Timestamp now = context_->now_ms();
    if (now < next_) return false;
    next_ = now + interval_ms_;
    if (latency_ != nullptr) begun_ms_ = context_->clock_ms();
    return last_ == -1 || last_ < close_time;
  }
  void emitted(Timestamp close_time, std::size_t count) {
    last_ = close_time;
    context_->set_metadata(store_, close_time);
    if (count_ != nullptr) count_->record(static_cast<double>(count));
    if (latency_ != nullptr) latency_->record(static_cast<double>(context_->clock_ms() - begun_ms_));
  }
  /// Close time of the last emission; -1 if there was none.
  Timestamp last() const { return last_; }

 private:
  TaskContext* context_ = nullptr;
  std::string store_;
  NodeSensor* count_ = nullptr;
  NodeSensor* latency_ = nullptr;
  Timestamp last_ = -1;
  Timestamp next_ = 0;
  std::int64_t interval_ms_ = 0;
  Timestamp begun_ms_ = 0;
};

/// What aggregations over tumbling, hopping and sliding windows have in common.
template <class K, class V, class A>
class WindowAggregateBase : public Node<Record<K, V>, Record<Windowed<K>, Change<A>>> {
 public:
  WindowAggregateBase(TableSettings settings, EmitStrategy emit) : settings_(std::move(settings)), emit_(emit) {}

  void init(TaskContext& context) override {
    NodeBase::init(context);
    store_ = &store_as<TimestampedWindowShell<K, A>>(context, *this, settings_.store);
    if (emit_ == EmitStrategy::kOnWindowClose) return emitter_.init(context, *this, settings_.store);
    cached_ = store_->on_flush(
        [this](Windowed<K>&& key, Row<A>&& fresh, Row<A>&& old) {
          this->forward(
              flushed_update<Windowed<K>, A>(this->context().record, std::move(key), std::move(fresh), std::move(old)));
        },
        settings_.send_old_values);
  }

 protected:
  using InputRecord = Record<K, V>;

  TimestampedWindowShell<K, A>& store() const { return *store_; }
  bool on_close() const { return emit_ == EmitStrategy::kOnWindowClose; }
  WindowCloseEmitter& emitter() { return emitter_; }
  void observe(Timestamp timestamp) { observed_stream_time_ = std::max(observed_stream_time_, timestamp); }
  Timestamp observed_stream_time() const { return observed_stream_time_; }

  /// Puts the new aggregate of a window and forwards the update, unless the cache or the end of the window will do
  /// that. Rows never hold headers, even where their format has a place for them (Kafka Streams 4.3).
  void put_and_forward(const InputRecord& record, Timestamp start, Timestamp end, std::optional<A> before,
                       std::optional<A> after, Timestamp timestamp) {
    Row<A> row;
    if (after) row = ValueAndTimestamp<A>{*after, timestamp, {}};
    store_->put(*record.key, row, start);
    if (cached_ || on_close()) return;
    if (!settings_.send_old_values) before.reset();
    this->forward({Windowed<K>{*record.key, start, end}, Change<A>{std::move(after), std::move(before)}, timestamp,
                   record.headers});
  }

  /// Forwards all windows that start in [from, to] as final results.
  void emit_final(const InputRecord& record, Timestamp close_time, Timestamp from, Timestamp to) {
    std::size_t count = 0;
    for (auto&& [key, row] : store_->fetch_range(std::nullopt, std::nullopt, from, to)) {
      ++count;
      this->forward({std::move(key), Change<A>{std::move(row.value), std::nullopt}, row.timestamp, record.headers});
    }
    emitter_.emitted(close_time, count);
  }

 private:
  TableSettings settings_;
  EmitStrategy emit_;
  TimestampedWindowShell<K, A>* store_ = nullptr;
  WindowCloseEmitter emitter_;
  bool cached_ = false;
  Timestamp observed_stream_time_ = -1;
};

/// Windows is TimeWindows, UnlimitedWindows, or anything with their for_each_window(), size_ms() and grace_ms().
template <class K, class V, class A, class Windows, class Fold>
class WindowAggregateNode final : public WindowAggregateBase<K, V, A> {
 public:
  WindowAggregateNode(TableSettings settings, EmitStrategy emit, Windows windows, Fold fold)
      : WindowAggregateBase<K, V, A>(std::move(settings), emit), windows_(std::move(windows)), fold_(std::move(fold)) {}

 protected:
  void on_record(Record<K, V>&& record) override {
    if (!record.key) return this->context().dropped(*this, "null key");
    const ContextScope scope(this->context(), record.timestamp, record.headers);
    this->observe(record.timestamp);
    const Timestamp close_time = this->observed_stream_time() - windows_.grace_ms();
    windows_.for_each_window(record.timestamp, [&](Timestamp start, Timestamp end) {
      if (end > close_time) {
        update(record, start, end);
      } else {
        this->context().dropped(*this, "expired window");
      }
    });
    if (this->on_close()) maybe_emit(record, close_time);
  }

 private:
  void update(const Record<K, V>& record, Timestamp start, Timestamp end) {
    Row<A> row = this->store().fetch(*record.key, start);
    Timestamp timestamp = record.timestamp;
    std::optional<A> before;
    if (row) {
      timestamp = std::max(timestamp, row->timestamp);
      before = std::move(row->value);
    } else {
      before = fold_.template initial<A>();
    }
    std::optional<A> old = before;
    std::optional<V> value = record.value;  // one for each window: folds may take it
    std::optional<A> after = fold_.template add<K, V, A>(record.key, value, before);
    this->put_and_forward(record, start, end, std::move(old), std::move(after), timestamp);
  }

  void maybe_emit(const Record<K, V>& record, Timestamp close_time) {
    if (!this->emitter().due(close_time)) return;
    const Timestamp to = close_time - windows_.size_ms();
    if (to < 0) return;
    const Timestamp last = this->emitter().last();
    const Timestamp from = last == -1 ? 0 : std::max<Timestamp>(0, last - windows_.size_ms()) + 1;
    if (last != -1 && first_window(to) == first_window(from - 1) && last_window(to) == last_window(from - 1)) return;
    this->emit_final(record, close_time, from, to);
  }
  Timestamp first_window(Timestamp time) const {
    Timestamp first = -1;
    windows_.for_each_window(time, [&first](Timestamp start, Timestamp) { first = first == -1 ? start : first; });
    return first;
  }
  Timestamp last_window(Timestamp time) const {
    Timestamp last = -1;
    windows_.for_each_window(time, [&last](Timestamp start, Timestamp) { last = start; });
    return last;
  }

  Windows windows_;
  Fold fold_;
};

}  // namespace streams::detail
