// Joins with tables: of streams and of tables, with tables and with global tables.
#include "binding.hpp"
#include "callables.hpp"
#include "materialized.hpp"

namespace streams::conformance {

namespace {

using Stream = KStream<Dyn, Dyn>;
using Table = KTable<Dyn, Dyn>;
using GlobalTable = GlobalKTable<Dyn, Dyn>;

Named named(const Op& op) { return {op.given("as")}; }
bool left(const Op& op) { return op.text_or("type", "inner") == "left"; }

template <class F>
Stream join_table(const Stream& stream, const Table& table, F joiner, const Op& op, const Ref& from, const Ref& right) {
  const Joined<Dyn, Dyn, Dyn> joined{op.given("as"), serde_of(from.key), serde_of(from.value), serde_of(right.value),
                                     op.maybe_millis("grace_ms")};
  return left(op) ? stream.left_join(table, std::move(joiner), joined) : stream.join(table, std::move(joiner), joined);
}

void stream_table_join(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Ref& right = binding.ref(op.text("right"));
  const Stream& stream = from.as<Stream>(op);
  const Table& table = right.as<Table>(op);
  const Type type = op.type("value_type", from.value);
  binding.put(op,
              op.flag("with_key") ? join_table(stream, table, joiner_with_key(op), op, from, right)
                                  : join_table(stream, table, joiner(op), op, from, right),
              from.key, type);
}

template <class F>
Stream join_global(const Stream& stream, const GlobalTable& table, F joiner, const Op& op) {
  auto selector = pair_function<Dyn>(op, "key");
  return left(op) ? stream.left_join(table, std::move(selector), std::move(joiner), named(op))
                  : stream.join(table, std::move(selector), std::move(joiner), named(op));
}

void stream_global_join(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Stream& stream = from.as<Stream>(op);
  const GlobalTable& table = binding.ref(op.text("right")).as<GlobalTable>(op);
  binding.put(op,
              op.flag("with_key") ? join_global(stream, table, joiner_with_key(op), op)
                                  : join_global(stream, table, joiner(op), op),
              from.key, op.type("value_type", from.value));
}

template <class... Options>
Table join_tables(const Table& one, const Table& other, const Op& op, const Options&... options) {
  const std::string type = op.text_or("type", "inner");
  if (type == "left") return one.left_join(other, joiner(op), options...);
  if (type == "outer") return one.outer_join(other, joiner(op), options...);
  return one.join(other, joiner(op), options...);
}

void table_table_join(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Table& one = from.as<Table>(op);
  const Table& other = binding.ref(op.text("right")).as<Table>(op);
  const Type type = op.type("value_type", from.value);
  if (op.has("materialized")) {
    binding.put(op, join_tables(one, other, op, materialized<Dyn>(op, from.key, type), named(op)), from.key, type);
  } else {
    binding.put(op, join_tables(one, other, op, named(op)), from.key, type);
  }
}

}  // namespace

void add_table_join_ops(OpTable& table) {
  table.insert({
      {"stream.stream_table_join", stream_table_join},
      {"stream.stream_global_join", stream_global_join},
      {"table.table_table_join", table_table_join},
  });
}

}  // namespace streams::conformance
