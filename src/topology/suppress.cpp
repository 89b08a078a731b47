// Names, waiting times and stores of KTable::suppress().
#include <streams/detail/suppress_node.hpp>

#include <algorithm>

namespace streams::detail {
namespace {

constexpr const char* kPrefix = "KTABLE-SUPPRESS-";
constexpr const char* kVersioned = "suppress() is only supported for non-versioned KTables";

/// The grace of the windowed aggregation above; the longest of several. Source: GraphGraceSearchUtil.
std::int64_t find_grace(const GraphNode& node, const std::string& chain) {
  if (node.grace_ms) return *node.grace_ms;
  const std::string path = chain.empty() ? node.name : node.name + "->" + chain;
  if (node.parents.empty()) {
    throw TopologyError("Window close time is only defined for windowed computations. Got [" + path + "].");
  }
  std::int64_t grace = 0;
  for (const GraphNode* parent : node.parents) grace = std::max(grace, find_grace(*parent, path));
  return grace;
}

}  // namespace

SuppressPlan suppress_plan(const Handle& parent, const Suppressed& suppressed, bool windowed_keys) {
  if (parent.node->output_versioned.value_or(false)) throw TopologyError(kVersioned);
  SuppressPlan plan;
  plan.name = suppressed.name.empty() ? parent.graph->new_name(kPrefix) : suppressed.name.text();
  plan.final_results = suppressed.until == Suppressed::Until::kWindowCloses;
  plan.wait_ms = plan.final_results ? find_grace(*parent.node, "") : suppressed.time.count();
  if (plan.final_results && !windowed_keys) {
    throw TopologyError("suppress() of \"" + plan.name +
                        "\" waits for windows to close, but the table's keys have none");
  }
  if (suppressed.name.empty()) {
    plan.store = parent.graph->new_store_name(kPrefix);
    if (suppressed.buffer.logging) parent.graph->note_unnamed_changelog(plan.store);
  } else {
    plan.store = suppressed.name.text() + "-store";
  }
  plan.max_records = suppressed.buffer.max_records.value_or(plan.max_records);
  plan.max_bytes = suppressed.buffer.max_bytes.value_or(plan.max_bytes);
  plan.when_full = plan.final_results ? BufferFull::kShutDown : suppressed.buffer.when_full;
  return plan;
}

StoreSpec suppress_store_spec(const SuppressPlan& plan, const SuppressBufferConfig& buffer) {
  StoreSpec spec;
  spec.name = plan.store;
  spec.kind = StoreKind::kOther;
  spec.persistent = false;
  spec.logging = buffer.logging;
  spec.topic_configs = buffer.topic_configs;
  spec.identity = std::make_shared<char>();
  return spec;
}

Handle add_suppress_node(const Handle& parent, ProcessorPlan plan) {
  Handle handle = add_processor(parent, std::move(plan));
  handle.sources = {parent.name};  // no source at all, but that is what Kafka Streams has there
  handle.node->output_versioned = false;
  handle.node->use_versioned_semantics = [](const std::string&) { throw TopologyError(kVersioned); };
  return handle;
}

void throw_buffer_full(const SuppressPlan& plan, const SuppressRows& rows) {
  throw StreamsError(plan.name + " buffer exceeded its max capacity. Currently [" + std::to_string(rows.records()) +
                     "/" + std::to_string(plan.max_records) + "] records and [" + std::to_string(rows.bytes()) + "/" +
                     std::to_string(plan.max_bytes) + "] bytes.");
}

}  // namespace streams::detail
