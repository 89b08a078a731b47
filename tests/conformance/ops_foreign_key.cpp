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

template <class... Options>
Table joined(const Table& one, const Table& other, const Op& op, const Options&... options) {
  if (op.text_or("type", "inner") == "left") return one.left_join(other, foreign_key(op), joiner(op), options...);
  return one.join(other, foreign_key(op), joiner(op), options...);
}

void foreign_key_join(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Table& one = from.as<Table>(op);
  const Table& other = binding.ref(op.text("right")).as<Table>(op);
  const Type type = op.type("value_type", from.value);
  const TableJoined<Dyn, Dyn> options{.name = op.text_or("as", "")};
  if (op.has("materialized")) {
    binding.put(op, joined(one, other, op, materialized<Dyn>(op, from.key, type), options), from.key, type);
  } else {
    binding.put(op, joined(one, other, op, options), from.key, type);
  }
}

}  // namespace

void add_foreign_key_ops(OpTable& table) { table.insert({{"table.foreign_key_join", foreign_key_join}}); }

}  // namespace streams::conformance
