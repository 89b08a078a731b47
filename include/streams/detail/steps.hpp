// The stateless operators as steps: callables that take a record and emit zero or more.
//
// Source: org.apache.kafka.streams.kstream.internals.KStreamFilter, KStreamMap, KStreamMapValues, KStreamFlatMap,
// KStreamPeek, ...
#pragma once

#include <streams/detail/invoke.hpp>
#include <streams/detail/node.hpp>
#include <streams/detail/topology_plan.hpp>
#include <streams/record.hpp>

#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace streams::detail {

template <class T>
std::optional<Unwrapped<T>> to_optional(T&& value) {
  return std::optional<Unwrapped<T>>(std::forward<T>(value));
}

template <class F, class K, class V>
struct FilterStep {
  F predicate;
  bool negate;
  void operator()(Record<K, V>&& record, const Output<Record<K, V>>& out) {
    if (static_cast<bool>(call_with_key(predicate, record.key, In<V>{record.value})) != negate)
      out.emit(std::move(record));
  }
};

template <class F, class K, class V, class V2>
struct MapValuesStep {
  F mapper;
  void operator()(Record<K, V>&& record, const Output<Record<K, V2>>& out) {
    std::optional<V2> value = to_optional(call_with_key(mapper, record.key, Take<V>{record.value}));
    out.emit({std::move(record.key), std::move(value), record.timestamp, std::move(record.headers)});
  }
};

template <class F, class K, class V, class K2>
struct SelectKeyStep {
  F mapper;
  void operator()(Record<K, V>&& record, const Output<Record<K2, V>>& out) {
    std::optional<K2> key = to_optional(call_with_key(mapper, record.key, In<V>{record.value}));
    out.emit({std::move(key), std::move(record.value), record.timestamp, std::move(record.headers)});
  }
};

template <class F, class K, class V, class K2, class V2>
struct MapStep {
  F mapper;
  void operator()(Record<K, V>&& record, const Output<Record<K2, V2>>& out) {
    auto pair = call_with_key(mapper, record.key, Take<V>{record.value});
    out.emit({to_optional(std::move(pair.first)), to_optional(std::move(pair.second)), record.timestamp,
              std::move(record.headers)});
  }
};

namespace range_access {
using std::begin;
template <class Range>
using Element = std::remove_cvref_t<decltype(*begin(std::declval<Range&>()))>;
}  // namespace range_access

/// The element type of anything that a range-based for loop takes.
template <class Range>
using ElementOf = range_access::Element<Range>;

template <class F, class K, class V, class K2, class V2>
struct FlatMapStep {
  F mapper;
  void operator()(Record<K, V>&& record, const Output<Record<K2, V2>>& out) {
    auto pairs = call_with_key(mapper, record.key, In<V>{record.value});
    for (auto&& pair : pairs) {
      out.emit({to_optional(pair.first), to_optional(pair.second), record.timestamp, record.headers});
    }
  }
};

template <class F, class K, class V, class V2>
struct FlatMapValuesStep {
  F mapper;
  void operator()(Record<K, V>&& record, const Output<Record<K, V2>>& out) {
    auto values = call_with_key(mapper, record.key, In<V>{record.value});
    for (auto&& value : values) {
      out.emit({record.key, to_optional(std::forward<decltype(value)>(value)), record.timestamp, record.headers});
    }
  }
};

template <class F, class K, class V>
struct PeekStep {
  F action;
  void operator()(Record<K, V>&& record, const Output<Record<K, V>>& out) {
    call_with_key(action, record.key, In<V>{record.value});
    out.emit(std::move(record));
  }
};

template <class F, class K, class V>
struct ForEachStep {
  F action;
  void operator()(Record<K, V>&& record, const Output<Record<K, V>>&) {
    call_with_key(action, record.key, In<V>{record.value});
  }
};

template <class K, class V>
struct PassThroughStep {
  void operator()(Record<K, V>&& record, const Output<Record<K, V>>& out) { out.emit(std::move(record)); }
};

template <class K, class V>
struct ToStreamStep {
  void operator()(Record<K, Change<V>>&& record, const Output<Record<K, V>>& out) {
    out.emit({std::move(record.key), std::move(record.value->new_value), record.timestamp, std::move(record.headers)});
  }
};

template <class In, class Out, class Step>
NodeFactory step_factory(Step step) {
  static_assert(std::is_copy_constructible_v<Step>,
                "streams: a function given to an operator must be copyable, because every task has its own: "
                "hold what cannot be copied by std::shared_ptr.");
  return [step]() -> std::unique_ptr<NodeBase> { return std::make_unique<StepNode<In, Out, Step>>(step); };
}

/// The branches of a split, filled while the user adds them.
template <class K, class V>
struct Branches {
  using Predicate = std::function<bool(const std::optional<K>&, const std::optional<V>&)>;
  std::vector<Predicate> predicates;
  std::vector<std::string> children;  ///< one for each predicate, then the default branch if there is one
};

/// Sends a record to the first branch whose predicate takes it. Source: KStreamBranch.
template <class K, class V>
class BranchNode final : public Node<Record<K, V>, Record<K, V>> {
 public:
  explicit BranchNode(std::shared_ptr<const Branches<K, V>> branches) : branches_(*branches) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    for (const std::string& child : branches_.children) targets_.push_back(this->out().index_of(*this, child));
  }

 protected:
  void on_record(Record<K, V>&& record) override {
    std::size_t i = 0;
    while (i < branches_.predicates.size() && !branches_.predicates[i](record.key, record.value)) ++i;
    if (i < targets_.size()) this->out().emit_at(targets_[i], std::move(record));
  }

 private:
  Branches<K, V> branches_;
  std::vector<std::size_t> targets_;
};

}  // namespace streams::detail
