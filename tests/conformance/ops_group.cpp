// Grouping, and aggregations of grouped streams and tables without windows.
#include "binding.hpp"
#include "callables.hpp"
#include "materialized.hpp"

namespace streams::conformance {

namespace {

using Stream = KStream<Dyn, Dyn>;
using GroupedStream = KGroupedStream<Dyn, Dyn>;
using GroupedTable = KGroupedTable<Dyn, Dyn>;

Named named(const Op& op) { return {op.given("as")}; }

Grouped<Dyn, Dyn> grouped(const Op& op, const Type& key, const Type& value) {
  return {op.given("as"), serde_of(key), serde_of(value)};
}

void group_by_key(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  binding.put(op, from.as<Stream>(op).group_by_key(grouped(op, from.key, from.value)), from.key, from.value);
}

void group_by(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Type key = op.type("key_type", from.key);
  binding.put(op, from.as<Stream>(op).group_by(pair_function<Dyn>(op, "key"), grouped(op, key, from.value)), key,
              from.value);
}

void group_table(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Type key = op.type("key_type", from.key), value = op.type("value_type", from.value);
  if (key.windowed()) throw NotSupported("group_by with a windowed key");
  if (const auto* windowed = std::any_cast<KTable<WindowedDyn, Dyn>>(&from.handle)) {
    binding.put(op, windowed->group_by(pair_mapper<WindowedDyn, Dyn>(op), grouped(op, key, value)), key, value);
  } else {
    binding.put(op, from.as<KTable<Dyn, Dyn>>(op).group_by(pair_mapper<Dyn, Dyn>(op), grouped(op, key, value)), key,
                value);
  }
}

template <class Handle>
void count(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Type type = Type::parse("long");
  binding.put(op, from.as<Handle>(op).count(materialized<Dyn>(op, from.key, type), named(op)), from.key, type);
}

void reduce_stream(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  binding.put(
      op, from.as<GroupedStream>(op).reduce(reducer(op, "add"), materialized<Dyn>(op, from.key, from.value), named(op)),
      from.key, from.value);
}

void reduce_table(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  binding.put(op,
              from.as<GroupedTable>(op).reduce(reducer(op, "add"), reducer(op, "subtract"),
                                               materialized<Dyn>(op, from.key, from.value), named(op)),
              from.key, from.value);
}

void aggregate_stream(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Type type = op.type("value_type", from.value);
  binding.put(op,
              from.as<GroupedStream>(op).aggregate(initializer(op), aggregator(op, "add"),
                                                   materialized<Dyn>(op, from.key, type), named(op)),
              from.key, type);
}

void aggregate_table(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Type type = op.type("value_type", from.value);
  binding.put(op,
              from.as<GroupedTable>(op).aggregate(initializer(op), aggregator(op, "add"), aggregator(op, "subtract"),
                                                  materialized<Dyn>(op, from.key, type), named(op)),
              from.key, type);
}

}  // namespace

void add_group_ops(OpTable& table) {
  table.insert({
      {"stream.group_by_key", group_by_key},
      {"stream.group_by", group_by},
      {"table.group_by", group_table},
      {"grouped_stream.count", count<GroupedStream>},
      {"grouped_table.count", count<GroupedTable>},
      {"grouped_stream.reduce", reduce_stream},
      {"grouped_table.reduce", reduce_table},
      {"grouped_stream.aggregate", aggregate_stream},
      {"grouped_table.aggregate", aggregate_table},
  });
}

}  // namespace streams::conformance
