// Joins of tables by a foreign key.
#include "binding.hpp"
#include "callables.hpp"
#include "materialized.hpp"

namespace streams::conformance {

namespace {

using Table = KTable<Dyn, Dyn>;
using ForeignKey = std::function<MaybeDyn(const MaybeDyn& key, const MaybeDyn& value)>;

ForeignKey foreign_key(const Op& op) {
  if (op.flag("with_key")) return pair_function<Dyn>(op, "foreign_key");
  const ValueFunction of_value = value_function(op, "foreign_key");
  if (!of_value) return nullptr;
  return [of_value](const MaybeDyn&, const MaybeDyn& value) { return of_value(value); };
}

/// Results of other operators may have no serdes, and the types of the language no default ones: those of the types.
Table with_serdes(const Ref& ref, const Op& op) {
  detail::TableParts<Dyn, Dyn> parts(ref.as<Table>(op));
  if (!parts.key_serde) parts.key_serde = serde_of(ref.key);
  if (!parts.value_serde) parts.value_serde = serde_of(ref.value);
  return detail::TableParts<Dyn, Dyn>::make(parts.handle, parts.key_serde, parts.value_serde, parts.store_name,
                                            parts.table);
}

/// Without `materialized` a join takes the same numbers as with `{}`.
void foreign_key_join(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Ref& right = binding.ref(op.text("right"));
  const Table one = with_serdes(from, op);
  const Table other = with_serdes(right, op);
  const Type type = op.type("value_type", from.value);
  const Materialized<Dyn, Dyn> store = materialized<Dyn>(op, from.key, type);
  const TableJoined<Dyn, Dyn> options{.name = op.given("as")};
  const bool left = op.text_or("type", "inner") == "left";
  binding.put(op,
              left ? one.left_join(other, foreign_key(op), joiner(op), store, options)
                   : one.join(other, foreign_key(op), joiner(op), store, options),
              from.key, type);
}

}  // namespace

void add_foreign_key_ops(OpTable& table) { table.insert({{"table.foreign_key_join", foreign_key_join}}); }

}  // namespace streams::conformance
