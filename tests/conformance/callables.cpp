#include "callables.hpp"

#include <streams/detail/node.hpp>

namespace streams::conformance {

namespace {

/// A function of some variables; the expression of the operation's parameter `name`.
template <class... Arguments>
std::function<MaybeDyn(const Arguments&...)> function_of(const Op& op, const char* name,
                                                         std::array<Variable, sizeof...(Arguments)> variables) {
  const auto expression = op.maybe_expression(name);
  if (!expression) return nullptr;
  return [expression = *expression, variables](const Arguments&... arguments) {
    Scope scope;
    [[maybe_unused]] std::size_t i = 0;
    (scope.bind(variables[i++], arguments), ...);
    return expression.get(scope);
  };
}

Timestamp fail_on_negative(const ConsumedRecord<Dyn, Dyn>& record, Timestamp) {
  if (record.timestamp < 0) throw StreamsError("The input record has a negative timestamp");
  return record.timestamp;
}

Timestamp partition_time_if_negative(const ConsumedRecord<Dyn, Dyn>& record, Timestamp partition_time) {
  if (record.timestamp >= 0) return record.timestamp;
  if (partition_time < 0)
    throw StreamsError("The input record has a negative timestamp and its partition has no time yet");
  return partition_time;
}

}  // namespace

ValueFunction value_function(const Op& op, const char* name) {
  return function_of<MaybeDyn>(op, name, {Variable::kValue});
}

Reducer reducer(const Op& op, const char* name) {
  return function_of<MaybeDyn, MaybeDyn>(op, name, {Variable::kAgg, Variable::kValue});
}

Initializer initializer(const Op& op) { return function_of<>(op, "init", {}); }

Aggregator aggregator(const Op& op, const char* name) {
  return function_of<MaybeDyn, MaybeDyn, MaybeDyn>(op, name, {Variable::kKey, Variable::kValue, Variable::kAgg});
}

Merger merger(const Op& op) {
  return function_of<MaybeDyn, MaybeDyn, MaybeDyn>(op, "merge", {Variable::kKey, Variable::kLeft, Variable::kRight});
}

Joiner joiner(const Op& op) {
  return function_of<MaybeDyn, MaybeDyn>(op, "joiner", {Variable::kLeft, Variable::kRight});
}

JoinerWithKey joiner_with_key(const Op& op) {
  return function_of<MaybeDyn, MaybeDyn, MaybeDyn>(op, "joiner", {Variable::kKey, Variable::kLeft, Variable::kRight});
}

std::vector<MaybeDyn> items_of(const Dyn& list) {
  if (list.list() == nullptr) throw CaseError("`each` gives no list");
  std::vector<MaybeDyn> items;
  for (const Dyn& item : *list.list()) items.push_back(to_optional(item));
  return items;
}

TimestampExtractor<Dyn, Dyn> timestamp_extractor(const Op& op) {
  if (!op.has("timestamp")) return nullptr;
  if (op.at("timestamp") == "fail") return fail_on_negative;
  if (op.at("timestamp") == "partition_time") return partition_time_if_negative;
  if (op.at("timestamp") == "skip") {
    return [](const ConsumedRecord<Dyn, Dyn>& record, Timestamp) { return record.timestamp; };
  }
  return [expression = op.expression("timestamp")](const ConsumedRecord<Dyn, Dyn>& record, Timestamp partition_time) {
    const Dyn ts(record.timestamp), time(partition_time);
    PairScope<Dyn> scope(record.key, record.value);
    scope.get().bind(Variable::kTs, ts).bind(Variable::kPartitionTime, time);
    const Dyn result = expression.eval(scope.get());
    return result.is_null() ? Timestamp(-1) : *result.number();
  };
}

}  // namespace streams::conformance
