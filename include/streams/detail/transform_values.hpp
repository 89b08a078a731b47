// KTable::transform_values(): values computed by transformers that have a life and may have stores.
//
// Source: org.apache.kafka.streams.kstream.internals.KTableTransformValues.
#pragma once

#include <streams/detail/processor_node.hpp>
#include <streams/detail/record_scope.hpp>
#include <streams/detail/table.hpp>
#include <streams/processor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

template <class K, class V, class VOut>
using TransformerFactory = std::function<std::unique_ptr<ValueTransformerWithKey<K, V, VOut>>()>;

template <class K, class V, class VOut>
struct TransformerTypes {
  using KeyIn = K;
  using ValueIn = V;
  using ValueOut = VOut;
};
template <class K, class V, class VOut>
TransformerTypes<K, V, VOut> types_of_transformer(const ValueTransformerWithKey<K, V, VOut>*);
/// The types of the transformers that a supplier makes.
template <class Supplier>
using TransformerOf =
    decltype(types_of_transformer(std::declval<typename Pointee<SuppliedPointer<Supplier>>::type*>()));

/// There is none: only {} is a list of it, and overload resolution likes that better than {} as anything else.
struct Nothing {
  Nothing() = delete;
};

/// Calls the supplier twice to see that it gives fresh transformers, as for processors.
template <class K, class V, class VOut, class Supplier>
TransformerFactory<K, V, VOut> transformer_factory(const std::string& node, Supplier supplier) {
  check_supplier(supplier, node);
  return [supplier = std::move(supplier), node]() mutable -> std::unique_ptr<ValueTransformerWithKey<K, V, VOut>> {
    std::unique_ptr<ValueTransformerWithKey<K, V, VOut>> transformer = supplier();
    if (transformer == nullptr) throw_supplier_gave_null(node);
    return transformer;
  };
}

/// A transformer at work for a node.
template <class K, class V, class VOut>
class RunningTransformer {
 public:
  explicit RunningTransformer(std::unique_ptr<ValueTransformerWithKey<K, V, VOut>> transformer)
      : transformer_(std::move(transformer)) {}

  void init(TaskContext& task, NodeBase& node) {
    try {
      context_.emplace(task, node);
      transformer_->context_ = &*context_;
      transformer_->init(*context_);
    } catch (...) {
      throw_init_failed(node);
    }
    node_ = &node;
  }
  std::optional<VOut> operator()(const K& key, const std::optional<V>& value) {
    return transformer_->transform(key, value);
  }
  void close() {
    const NodeBase* node = std::exchange(node_, nullptr);
    if (node == nullptr) return;
    try {
      transformer_->close();
    } catch (...) {
      throw_close_failed(*node);
    }
  }

 private:
  std::unique_ptr<ValueTransformerWithKey<K, V, VOut>> transformer_;
  std::optional<ValueTransformerContext> context_;
  const NodeBase* node_ = nullptr;  ///< between init() and close()
};

/// Computes rows that are not stored with a transformer of its own, which belongs to the node that asks for them.
template <class K, class V, class VOut>
class TransformGetter final : public ValueGetter<K, VOut> {
 public:
  TransformGetter(std::unique_ptr<ValueGetter<K, V>> parent,
                  std::unique_ptr<ValueTransformerWithKey<K, V, VOut>> transformer)
      : parent_(std::move(parent)), transform_(std::move(transformer)) {}
  void init(TaskContext& context, NodeBase& node) override {
    task_ = &context;
    parent_->init(context, node);
    transform_.init(context, node);
  }
  void close() override {
    parent_->close();
    transform_.close();
  }
  Row<VOut> get(const K& key) override { return transformed(key, parent_->get(key)); }
  Row<VOut> get_as_of(const K& key, Timestamp timestamp) override {
    return transformed(key, parent_->get_as_of(key, timestamp));
  }
  bool versioned() const override { return parent_->versioned(); }

 private:
  Row<VOut> transformed(const K& key, Row<V>&& row) {
    const Timestamp timestamp = row ? row->timestamp : -1;
    std::optional<V> value;
    if (row) value.emplace(std::move(row->value));
    const PunctuationScope scope(*task_, timestamp);  // the row has a time, but nobody knows where it was read
    std::optional<VOut> result = transform_(key, value);
    if (!result) return std::nullopt;
    return ValueAndTimestamp<VOut>{std::move(*result), timestamp, {}};
  }

  std::unique_ptr<ValueGetter<K, V>> parent_;
  RunningTransformer<K, V, VOut> transform_;
  TaskContext* task_ = nullptr;
};

template <class K, class V, class VOut>
class TransformValuesNode final : public TableNode<Record<K, Change<V>>, K, VOut> {
 public:
  TransformValuesNode(TableSettings settings, std::unique_ptr<ValueTransformerWithKey<K, V, VOut>> transformer)
      : settings_(std::move(settings)), transform_(std::move(transformer)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    transform_.init(context, *this);
    this->open_store(settings_.store, settings_.send_old_values);
  }
  void close() override { transform_.close(); }

 protected:
  void on_record(Record<K, Change<V>>&& record) override {
    const ContextScope scope(this->context(), record.timestamp, record.headers);
    Change<VOut> change{transform_(*record.key, record.value->new_value), std::nullopt, record.value->is_latest};
    if (settings_.send_old_values) change.old_value = old_value(record);
    if (this->stored()) {
      return this->put_and_forward(std::move(*record.key), std::move(change), record.timestamp,
                                   std::move(record.headers));
    }
    this->forward({std::move(record.key), std::move(change), record.timestamp, std::move(record.headers)});
  }

 private:
  std::optional<VOut> old_value(const Record<K, Change<V>>& record) {
    if (!this->stored()) return transform_(*record.key, record.value->old_value);
    if (Row<VOut> row = this->store().get_row(*record.key)) return std::move(row->value);
    return std::nullopt;
  }

  TableSettings settings_;
  RunningTransformer<K, V, VOut> transform_;
};

}  // namespace streams::detail
