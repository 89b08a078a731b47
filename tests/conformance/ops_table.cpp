// Operators of tables without partners: filter, map_values, to_stream, suppress, transform_values, and to_table.
#include "binding.hpp"
#include "callables.hpp"
#include "materialized.hpp"

namespace streams::conformance {

namespace {

using Table = KTable<Dyn, Dyn>;
using WindowedTable = KTable<WindowedDyn, Dyn>;

Named named(const Op& op) { return {op.given("as")}; }

/// Calls `use` with the table that the operation works on, whatever its keys are.
template <class Use>
void with_table(const Binding& binding, const Op& op, Use use) {
  const Ref& from = binding.from(op);
  if (const auto* windowed = std::any_cast<WindowedTable>(&from.handle)) return use(*windowed, from);
  use(from.as<Table>(op), from);
}

template <bool Negate, class K, class... Options>
KTable<K, Dyn> filtered(const KTable<K, Dyn>& table, const Op& op, const Options&... options) {
  auto condition = predicate<K>(op);
  if constexpr (Negate) {
    return table.filter_not(std::move(condition), options...);
  } else {
    return table.filter(std::move(condition), options...);
  }
}

template <bool Negate>
void filter(Binding& binding, const Op& op) {
  with_table(binding, op, [&]<class K>(const KTable<K, Dyn>& table, const Ref& from) {
    if (op.has("materialized")) {
      binding.put(op, filtered<Negate>(table, op, materialized<K>(op, from.key, from.value), named(op)), from.key,
                  from.value);
    } else {
      binding.put(op, filtered<Negate>(table, op, named(op)), from.key, from.value);
    }
  });
}

template <class K, class F>
KTable<K, Dyn> mapped(const KTable<K, Dyn>& table, const Op& op, F mapper, const Ref& from, const Type& type) {
  if (!op.has("materialized")) return table.map_values(std::move(mapper), named(op));
  return table.map_values(std::move(mapper), materialized<K>(op, from.key, type), named(op));
}

void map_values(Binding& binding, const Op& op) {
  with_table(binding, op, [&]<class K>(const KTable<K, Dyn>& table, const Ref& from) {
    const Type type = op.type("value_type", from.value);
    if (op.flag("with_key")) {
      binding.put(op, mapped<K>(table, op, pair_function<K>(op, "value"), from, type), from.key, type);
    } else {
      binding.put(op, mapped<K>(table, op, value_function(op, "value"), from, type), from.key, type);
    }
  });
}

void to_stream(Binding& binding, const Op& op) {
  with_table(binding, op, [&]<class K>(const KTable<K, Dyn>& table, const Ref& from) {
    if (!op.has("key")) return binding.put(op, table.to_stream({named(op).name}), from.key, from.value);
    const Type key = op.type("key_type", from.key);
    if (key.windowed()) throw NotSupported("to_stream with a new windowed key");
    binding.put(op, table.to_stream(pair_function<K>(op, "key"), named(op)), key, from.value);
  });
}

void to_table(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  binding.put(op, from.as<KStream<Dyn, Dyn>>(op).to_table(materialized<Dyn>(op, from.key, from.value), named(op)),
              from.key, from.value);
}

}  // namespace

void add_table_ops(OpTable& table) {
  table.insert({
      {"table.filter", filter<false>},
      {"table.filter_not", filter<true>},
      {"table.map_values", map_values},
      {"table.to_stream", to_stream},
      {"stream.to_table", to_table},
  });
}

}  // namespace streams::conformance
