// Nodes that run processors of the user, and the factories that make them from suppliers.
//
// Source: org.apache.kafka.streams.processor.internals.ProcessorNode, org.apache.kafka.streams.internals.ApiUtils.
#pragma once

#include <streams/detail/invoke.hpp>
#include <streams/detail/node.hpp>
#include <streams/detail/record_scope.hpp>
#include <streams/processor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace streams::detail {

[[noreturn]] void throw_supplier_gave_null(const std::string& node);
[[noreturn]] void throw_supplier_gave_same(const std::string& node);
/// Both: call them in a catch block.
[[noreturn]] void throw_init_failed(const NodeBase& node);
[[noreturn]] void throw_close_failed(const NodeBase& node);

/// What a node emits that emits nothing: no node takes it.
struct NoRecord {};

template <class KOut, class VOut>
struct ProcessorOut {
  static_assert(!std::is_void_v<KOut> && !std::is_void_v<VOut>,
                "streams: a processor that forwards nothing has void for both KOut and VOut");
  using type = Record<KOut, VOut>;
};
template <>
struct ProcessorOut<void, void> {
  using type = NoRecord;
};

template <class KIn, class VIn, class KOut, class VOut>
class ProcessorNode final : public Node<Record<KIn, VIn>, typename ProcessorOut<KOut, VOut>::type> {
  using Base = Node<Record<KIn, VIn>, typename ProcessorOut<KOut, VOut>::type>;
  using Context = ProcessorContext<KOut, VOut>;

 public:
  explicit ProcessorNode(std::unique_ptr<Processor<KIn, VIn, KOut, VOut>> processor)
      : processor_(std::move(processor)) {}

  void init(TaskContext& task) override {
    Base::init(task);
    try {
      if constexpr (std::is_void_v<KOut>) {
        context_.emplace(task, *this);
      } else {
        context_.emplace(task, *this, this->out());
      }
      processor_->context_ = &*context_;
      processor_->init(*context_);
    } catch (...) {
      throw_init_failed(*this);
    }
    context_->ready_ = true;
  }
  void close() override {
    if (!context_ || !std::exchange(context_->ready_, false)) return;
    try {
      processor_->close();
    } catch (...) {
      throw_close_failed(*this);
    }
  }

 protected:
  void on_record(Record<KIn, VIn>&& record) override {
    const RecordScope scope(this->context(), record.timestamp, record.headers);
    processor_->process(std::move(record));
  }

 private:
  std::unique_ptr<Processor<KIn, VIn, KOut, VOut>> processor_;
  std::optional<Context> context_;
};

template <class K, class VIn, class VOut>
class FixedKeyProcessorNode final : public Node<Record<K, VIn>, Record<K, VOut>> {
  using Base = Node<Record<K, VIn>, Record<K, VOut>>;
  using Context = FixedKeyProcessorContext<K, VOut>;

 public:
  explicit FixedKeyProcessorNode(std::unique_ptr<FixedKeyProcessor<K, VIn, VOut>> processor)
      : processor_(std::move(processor)) {}

  void init(TaskContext& task) override {
    Base::init(task);
    try {
      context_.emplace(task, *this, this->out());
      processor_->context_ = &*context_;
      processor_->init(*context_);
    } catch (...) {
      throw_init_failed(*this);
    }
    context_->ready_ = true;
  }
  void close() override {
    if (!context_ || !std::exchange(context_->ready_, false)) return;
    try {
      processor_->close();
    } catch (...) {
      throw_close_failed(*this);
    }
  }

 protected:
  void on_record(Record<K, VIn>&& record) override {
    const RecordScope scope(this->context(), record.timestamp, record.headers);
    processor_->process(FixedKeyRecord<K, VIn>(std::move(record.key), std::move(record.value), record.timestamp,
                                               std::move(record.headers)));
  }

 private:
  std::unique_ptr<FixedKeyProcessor<K, VIn, VOut>> processor_;
  std::optional<Context> context_;
};

/// The types of a processor and the node that runs it.
template <class KI, class VI, class KO, class VO, class NodeT, bool fixed>
struct ProcessorTypes {
  using KeyIn = KI;
  using ValueIn = VI;
  using KeyOut = KO;
  using ValueOut = VO;
  using Node = NodeT;
  static constexpr bool kFixedKey = fixed;
};
template <class KI, class VI, class KO, class VO>
ProcessorTypes<KI, VI, KO, VO, ProcessorNode<KI, VI, KO, VO>, false> types_of(const Processor<KI, VI, KO, VO>*);
template <class K, class VI, class VO>
ProcessorTypes<K, VI, K, VO, FixedKeyProcessorNode<K, VI, VO>, true> types_of(const FixedKeyProcessor<K, VI, VO>*);

template <class T>
struct Pointee;
template <class T>
struct Pointee<std::unique_ptr<T>> {
  using type = T;
};
template <class Supplier>
using SuppliedPointer = std::remove_cvref_t<std::invoke_result_t<Supplier&>>;
/// The types of what a supplier makes.
template <class Supplier>
using SuppliedTypes = decltype(types_of(std::declval<typename Pointee<SuppliedPointer<Supplier>>::type*>()));

}  // namespace streams::detail

namespace streams {

/// Anything that can be called without arguments and gives a std::unique_ptr to a fresh Processor or FixedKeyProcessor.
/// With a member `stores()` that returns a std::vector<StoreBuilder> it brings its stores along: they are added to the
/// topology and connected to the processor.
/// Source: org.apache.kafka.streams.processor.api.ProcessorSupplier,
/// org.apache.kafka.streams.processor.ConnectedStoreProvider.
template <class S>
concept ProcessorSupplier = requires {
  typename detail::SuppliedTypes<S>;
};

}  // namespace streams

namespace streams::detail {

/// Calls the supplier twice, as Kafka Streams does: throws NullArgument or InvalidArgument if it gives nothing, or the
/// same object again.
template <class Supplier>
void check_supplier(Supplier& supplier, const std::string& node) {
  check_function(supplier, "supplier");
  auto first = supplier();
  auto second = supplier();
  if (first == nullptr || second == nullptr) throw_supplier_gave_null(node);
  if (first.get() == second.get()) {
    static_cast<void>(first.release());  // one object with two owners: better leaked than freed twice
    static_cast<void>(second.release());
    throw_supplier_gave_same(node);
  }
}

/// A factory of nodes that run what the supplier gives.
template <ProcessorSupplier Supplier>
std::function<std::unique_ptr<NodeBase>()> processor_factory(const std::string& node, Supplier supplier) {
  check_supplier(supplier, node);
  return [supplier = std::move(supplier), node]() mutable -> std::unique_ptr<NodeBase> {
    auto processor = supplier();
    if (processor == nullptr) throw_supplier_gave_null(node);
    return std::make_unique<typename SuppliedTypes<Supplier>::Node>(std::move(processor));
  };
}

template <class Supplier>
concept BringsStores = requires(const Supplier& supplier) {
  supplier.stores();
};

}  // namespace streams::detail
