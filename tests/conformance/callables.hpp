// Expressions of a case as the functions that operators take.
//
// A parameter that is absent gives an empty function: what the library says to that is part of the behaviour.
#pragma once

#include "dyn_serde.hpp"
#include "op.hpp"

#include <streams/partitioner.hpp>
#include <streams/timestamp.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams::conformance {

using MaybeDyn = std::optional<Dyn>;

template <class K>
using Predicate = std::function<bool(const std::optional<K>& key, const MaybeDyn& value)>;
/// From key and value to something.
template <class K, class Out>
using PairFunction = std::function<Out(const std::optional<K>& key, const MaybeDyn& value)>;
using ValueFunction = std::function<MaybeDyn(const MaybeDyn& value)>;
using Reducer = std::function<MaybeDyn(const MaybeDyn& aggregate, const MaybeDyn& value)>;
using Initializer = std::function<MaybeDyn()>;
using Aggregator = std::function<MaybeDyn(const MaybeDyn& key, const MaybeDyn& value, const MaybeDyn& aggregate)>;
using Joiner = std::function<MaybeDyn(const MaybeDyn& left, const MaybeDyn& right)>;
using JoinerWithKey = std::function<MaybeDyn(const MaybeDyn& key, const MaybeDyn& left, const MaybeDyn& right)>;
using Merger = std::function<MaybeDyn(const MaybeDyn& key, const MaybeDyn& left, const MaybeDyn& right)>;

/// A key as expressions see it.
inline const Dyn& boxed(const Dyn& key) { return key; }
inline Dyn boxed(const WindowedDyn& key) { return Dyn(key); }

/// A key as operators see it, from what an expression gave.
template <class K>
std::optional<K> unboxed(MaybeDyn key) {
  if constexpr (std::is_same_v<K, Dyn>) {
    return key;
  } else {
    if (!key) return std::nullopt;
    if (key->window() == nullptr) throw CaseError("not a windowed key");
    return *key->window();
  }
}

/// $key and $value while a function is called.
template <class K>
class PairScope {
 public:
  PairScope(const K* key, const Dyn* value) {
    if constexpr (std::is_same_v<K, Dyn>) {
      scope_.bind(Variable::kKey, key);
    } else {
      if (key != nullptr) key_ = Dyn(*key);
      scope_.bind(Variable::kKey, key_);
    }
    scope_.bind(Variable::kValue, value);
  }
  PairScope(const std::optional<K>& key, const MaybeDyn& value)
      : PairScope(key ? &*key : nullptr, value ? &*value : nullptr) {}
  PairScope(const PairScope&) = delete;
  PairScope& operator=(const PairScope&) = delete;
  Scope& get() { return scope_; }

 private:
  MaybeDyn key_;
  Scope scope_;
};

template <class K>
Predicate<K> predicate(const Op& op, const char* name = "if") {
  const auto expression = op.maybe_expression(name);
  if (!expression) return nullptr;
  return [expression = *expression](const std::optional<K>& key, const MaybeDyn& value) {
    return expression.holds(PairScope<K>(key, value).get());
  };
}

template <class K, class Out = Dyn>
PairFunction<K, std::optional<Out>> pair_function(const Op& op, const char* name) {
  const auto expression = op.maybe_expression(name);
  if (!expression) return nullptr;
  return [expression = *expression](const std::optional<K>& key, const MaybeDyn& value) {
    return unboxed<Out>(expression.get(PairScope<K>(key, value).get()));
  };
}

/// Two expressions, `key` and `value`, that give a new pair.
template <class K, class KOut>
PairFunction<K, std::pair<std::optional<KOut>, MaybeDyn>> pair_mapper(const Op& op) {
  const auto key = op.maybe_expression("key");
  const auto value = op.maybe_expression("value");
  if (!key || !value) return nullptr;
  return [new_key = *key, new_value = *value](const std::optional<K>& old_key, const MaybeDyn& old_value) {
    PairScope<K> scope(old_key, old_value);
    return std::pair(unboxed<KOut>(new_key.get(scope.get())), new_value.get(scope.get()));
  };
}

ValueFunction value_function(const Op& op, const char* name);
Reducer reducer(const Op& op, const char* name);
Initializer initializer(const Op& op);
Aggregator aggregator(const Op& op, const char* name);
Merger merger(const Op& op);
Joiner joiner(const Op& op);
JoinerWithKey joiner_with_key(const Op& op);

/// The items that `each` gives; throws CaseError if that is no list.
std::vector<MaybeDyn> items_of(const Dyn& list);

/// The `timestamp` of a source; empty if it has none.
TimestampExtractor<Dyn, Dyn> timestamp_extractor(const Op& op);

template <class K>
StreamPartitioner<K, Dyn> partitioner(const Op& op) {
  const auto expression = op.maybe_expression("partitioner");
  if (!expression) return nullptr;
  return [expression = *expression](std::string_view topic, const K* key, const Dyn* value,
                                    std::int32_t partitions) -> std::optional<std::vector<std::int32_t>> {
    const Dyn topic_name{std::string(topic)}, partition_count{std::int64_t{partitions}};
    PairScope<K> scope(key, value);
    scope.get().bind(Variable::kTopic, topic_name).bind(Variable::kPartitions, partition_count);
    const Dyn chosen = expression.eval(scope.get());
    if (chosen.is_null()) return std::nullopt;
    return std::vector<std::int32_t>{static_cast<std::int32_t>(*chosen.number())};
  };
}

template <class K>
TopicNameExtractor<K, Dyn> topic_extractor(const Op& op) {
  return [expression = op.expression("topic_expr")](const K* key, const Dyn* value, const RecordContext& context) {
    const Dyn ts(context.timestamp), topic{std::string(context.topic)};
    PairScope<K> scope(key, value);
    scope.get().bind(Variable::kTs, ts).bind(Variable::kTopic, topic);
    return show(expression.eval(scope.get()));
  };
}

}  // namespace streams::conformance
