// process, process_values and transform_values: the scripts of the case language in the library's processors.
#include "binding.hpp"
#include "materialized.hpp"
#include "processors.hpp"

namespace streams::conformance {

namespace {

using Stream = KStream<Dyn, Dyn>;

Named named(const Op& op) { return {op.given("as")}; }

void process(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  binding.put(op, from.as<Stream>(op).process(ScriptedSupplier(binding, op), named(op), op.texts("stores")),
              op.type("key_type", from.key), op.type("value_type", from.value));
}

void process_values(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  binding.put(op,
              from.as<Stream>(op).process_values(ScriptedFixedKeySupplier(binding, op), named(op), op.texts("stores")),
              from.key, op.type("value_type", from.value));
}

void transform_values(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const auto& table = from.as<KTable<Dyn, Dyn>>(op);
  const Type type = op.type("value_type", from.value);
  const ScriptedTransformerSupplier supplier(binding, op);
  if (op.has("materialized")) {
    binding.put(op,
                table.transform_values(supplier, materialized<Dyn>(op, from.key, type), named(op), op.texts("stores")),
                from.key, type);
  } else {
    binding.put(op, table.transform_values(supplier, named(op), op.texts("stores")), from.key, type);
  }
}

}  // namespace

void add_processor_ops(OpTable& table) {
  table.insert({{"stream.process", process},
                {"stream.process_values", process_values},
                {"table.transform_values", transform_values}});
}

}  // namespace streams::conformance
