// KTable::suppress(): holds updates back until their time has come or the buffer is full.
//
// Source: org.apache.kafka.streams.kstream.internals.suppress.KTableSuppressProcessorSupplier,
// org.apache.kafka.streams.kstream.internals.KTableImpl.suppress.
#pragma once

#include <streams/detail/record_scope.hpp>
#include <streams/detail/suppress_buffer.hpp>
#include <streams/detail/table.hpp>
#include <streams/ktable.hpp>
#include <streams/suppressed.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace streams::detail {

template <class K>
inline constexpr bool kIsWindowed = false;
template <class K>
inline constexpr bool kIsWindowed<Windowed<K>> = true;

/// What the node must know, without types.
struct SuppressPlan {
  std::string name, store;
  std::int64_t wait_ms = 0;
  std::int64_t max_records = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_bytes = std::numeric_limits<std::int64_t>::max();
  BufferFull when_full = BufferFull::kEmitEarly;
  bool final_results = false;  ///< waits for the ends of windows, and leaves out rows that are gone by then

  bool over(const SuppressRows& rows) const { return rows.records() > max_records || rows.bytes() > max_bytes; }
};
/// Takes a number for each name that is not given. Throws TopologyError for versioned tables, and for tables without
/// windows where their ends are waited for.
SuppressPlan suppress_plan(const Handle& parent, const Suppressed& suppressed, bool windowed_keys);
StoreSpec suppress_store_spec(const SuppressPlan& plan, const SuppressBufferConfig& buffer);
/// Puts the node below the table's.
Handle add_suppress_node(const Handle& parent, ProcessorPlan plan);
[[noreturn]] void throw_buffer_full(const SuppressPlan& plan, const SuppressRows& rows);

/// The table as far as it has been let through.
template <class K, class V>
class SuppressGetter final : public ValueGetter<K, V> {
 public:
  SuppressGetter(std::string store, std::unique_ptr<ValueGetter<K, V>> parent)
      : name_(std::move(store)), parent_(std::move(parent)) {}
  void init(TaskContext& context, NodeBase& node) override {
    parent_->init(context, node);
    buffer_ = &store_as<SuppressBuffer<K, V>>(context, node, name_);
  }
  void close() override { parent_->close(); }
  Row<V> get(const K& key) override {
    std::optional<std::optional<V>> prior = buffer_->prior(key);
    if (!prior) return parent_->get(key);
    if (!*prior) return std::nullopt;
    return ValueAndTimestamp<V>{std::move(**prior), -1, {}};
  }
  Row<V> get_as_of(const K& key, Timestamp) override { return get(key); }

 private:
  std::string name_;
  std::unique_ptr<ValueGetter<K, V>> parent_;
  SuppressBuffer<K, V>* buffer_ = nullptr;
};

template <class K, class V>
class SuppressedTable final : public Table<K, V> {
 public:
  SuppressedTable(std::string store, std::shared_ptr<Table<K, V>> parent)
      : store_(std::move(store)), parent_(std::move(parent)) {
    parent_->enable_old_values(true);  // the buffer keeps what a row was before
  }
  bool enable_old_values(bool force) override { return parent_->enable_old_values(force); }
  TableView<K, V> view() override {
    TableView<K, V> view = parent_->view();
    view.stores.insert(view.stores.begin(), store_);
    view.make = [store = store_, make = view.make]() -> std::unique_ptr<ValueGetter<K, V>> {
      return std::make_unique<SuppressGetter<K, V>>(store, make());
    };
    return view;
  }

 private:
  std::string store_;
  std::shared_ptr<Table<K, V>> parent_;
};

template <class K, class V>
class SuppressNode final : public Node<Record<K, Change<V>>, Record<K, Change<V>>> {
 public:
  explicit SuppressNode(SuppressPlan plan) : plan_(std::move(plan)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    buffer_ = &store_as<SuppressBuffer<K, V>>(context, *this, plan_.store);
    emitted_ = context.sensor(*this, NodeMetric::kSuppressionEmit);
  }

 protected:
  void on_record(Record<K, Change<V>>&& record) override {
    if (!record.key) throw NullArgument("suppress() cannot hold back a row without a key");
    stream_time_ = std::max(stream_time_, record.timestamp);
    RecordContext context = this->context().record;
    context.timestamp = record.timestamp;
    buffer_->put(time_of(record), record, context);
    const Timestamp due = stream_time_ - plan_.wait_ms;
    while (!buffer_->rows().empty() && buffer_->rows().first().first.time <= due) emit_first();
    if (!plan_.over(buffer_->rows())) return;
    if (plan_.when_full == BufferFull::kShutDown) throw_buffer_full(plan_, buffer_->rows());
    while (!buffer_->rows().empty() && plan_.over(buffer_->rows())) emit_first();
  }

 private:
  Timestamp time_of(const Record<K, Change<V>>& record) const {
    if constexpr (kIsWindowed<K>) {
      if (plan_.final_results) return record.key->end;
    }
    return record.timestamp;
  }
  /// The row stays in the buffer until everybody below has seen it: they may ask for its prior value.
  void emit_first() {
    const BufferedUpdate& row = buffer_->rows().first().second;
    if (row.new_value || !plan_.final_results) {
      const BufferedScope scope(this->context(), row.context);
      this->forward(buffer_->first());
      if (emitted_ != nullptr) emitted_->record(1);
    }
    buffer_->remove_first();
  }

  SuppressPlan plan_;
  SuppressBuffer<K, V>* buffer_ = nullptr;
  NodeSensor* emitted_ = nullptr;
  Timestamp stream_time_ = -1;
};

}  // namespace streams::detail

namespace streams {

template <class K, class V>
KTable<K, V> KTable<K, V>::suppress(const Suppressed& suppressed) const {
  const detail::SuppressPlan plan = detail::suppress_plan(handle_, suppressed, detail::kIsWindowed<K>);
  detail::StoreSpec spec = detail::suppress_store_spec(plan, suppressed.buffer);
  spec.make = [key_serde = detail::needed_serde<K>(key_serde_, plan.store, "key"),
               value_serde = detail::needed_serde<V>(value_serde_, plan.store, "value")](
                  const detail::StoreSpec& of) -> std::unique_ptr<StateStore> {
    return std::make_unique<detail::SuppressBuffer<K, V>>(of, key_serde, value_serde);
  };
  auto table = std::make_shared<detail::SuppressedTable<K, V>>(plan.store, table_);
  detail::NodeFactory factory = [plan]() -> std::unique_ptr<detail::NodeBase> {
    return std::make_unique<detail::SuppressNode<K, V>>(plan);
  };
  detail::Handle handle =
      detail::add_suppress_node(handle_, {plan.name, std::move(factory), detail::own_store(spec), {}});
  return KTable(std::move(handle), key_serde_, value_serde_, "", std::move(table));
}

}  // namespace streams
