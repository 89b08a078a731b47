// The Processor API: operations on the topology itself.
#include "binding.hpp"
#include "callables.hpp"
#include "processors.hpp"
#include "sources.hpp"

namespace streams::conformance {

namespace {

TopicTypes types_of(const Op& op) { return {op.type("key"), op.type("value")}; }

SourceOptions<Dyn, Dyn> source_options(const Op& op) {
  return {serde_of(op.type("key")), serde_of(op.type("value")), timestamp_extractor(op), offset_reset(op)};
}

void source(Binding& binding, const Op& op) {
  if (op.has("pattern")) {
    binding.topology().add_source<Dyn, Dyn>(op.text("name"), TopicPattern{op.text("pattern")}, source_options(op));
    binding.add_source_pattern(op.text("pattern"), types_of(op));
    return;
  }
  binding.topology().add_source<Dyn, Dyn>(op.text("name"), op.texts("topics"), source_options(op));
  for (const std::string& topic : op.texts("topics")) binding.add_source_topic(topic, types_of(op));
}

void processor(Binding& binding, const Op& op) {
  binding.topology().add_processor(op.text("name"), ScriptedSupplier(binding, op), op.texts("parents"),
                                   op.texts("stores"));
}

void sink(Binding& binding, const Op& op) {
  const SinkOptions<Dyn, Dyn> options{serde_of(op.type("key")), serde_of(op.type("value")), partitioner<Dyn>(op)};
  if (op.has("topic_expr")) {
    binding.topology().add_sink<Dyn, Dyn>(op.text("name"), topic_extractor<Dyn>(op), op.texts("parents"), options);
    binding.set_dynamic_sink(types_of(op));
  } else {
    binding.topology().add_sink<Dyn, Dyn>(op.text("name"), op.text("topic"), op.texts("parents"), options);
    binding.add_sink_topic(op.text("topic"), types_of(op));
  }
}

void store(Binding& binding, const Op& op) {
  binding.topology().add_state_store(store_builder(op.part("store")), op.texts("processors"));
}

void connect(Binding& binding, const Op& op) {
  binding.topology().connect_processor_and_state_stores(op.text("processor"), op.texts("stores"));
}

void global_store(Binding& binding, const Op& op) {
  binding.topology().add_global_store<Dyn, Dyn>(store_builder(op.part("store")), op.text("source_name"),
                                                op.text("topic"), op.text("name"), ScriptedSupplier(binding, op),
                                                source_options(op));
  binding.add_source_topic(op.text("topic"), types_of(op));
}

void read_only_store(Binding& binding, const Op& op) {
  binding.topology().add_read_only_state_store<Dyn, Dyn>(store_builder(op.part("store")), op.text("source_name"),
                                                         op.text("topic"), op.text("name"),
                                                         ScriptedSupplier(binding, op), source_options(op));
  binding.add_source_topic(op.text("topic"), types_of(op));
}

}  // namespace

void add_topology_ops(OpTable& table) {
  table.insert({
      {"topology_source", source},
      {"topology_processor", processor},
      {"topology_sink", sink},
      {"topology_store", store},
      {"topology_connect", connect},
      {"topology_global_store", global_store},
      {"topology_read_only_store", read_only_store},
  });
}

}  // namespace streams::conformance
