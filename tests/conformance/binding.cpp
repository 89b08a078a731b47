#include "binding.hpp"

#include <algorithm>

namespace streams::conformance {

Binding::Binding(const StreamsConfig& config) : config_(config), builder_(config.topology()) {}

void Binding::build() { topology_ = std::make_shared<Topology>(builder_.build(config_.optimization())); }

const Ref& Binding::ref(const std::string& id) const {
  const auto found = refs_.find(id);
  if (found == refs_.end()) throw CaseError("nothing has the id " + id);
  return found->second;
}

const TopicTypes* Binding::source_types(const std::string& topic) const {
  const auto found = source_topics_.find(topic);
  if (found != source_topics_.end()) return &found->second;
  const auto pattern = std::find_if(source_patterns_.begin(), source_patterns_.end(),
                                    [&](const auto& entry) { return detail::matches_pattern(entry.first, topic); });
  return pattern == source_patterns_.end() ? nullptr : &pattern->second;
}

const TopicTypes* Binding::sink_types(const std::string& topic) const {
  const auto found = sink_topics_.find(topic);
  if (found != sink_topics_.end()) return &found->second;
  return dynamic_sink_ ? &*dynamic_sink_ : nullptr;
}

KeepsHeaders Binding::keeps_headers() const {
  return [this](const std::string& store) {
    return topology_->plan().store(store).format == state::ValueFormat::kTimestampedHeaders;
  };
}

namespace {

const OpTable& operations_table() {
  static const OpTable table = [] {
    OpTable all;
    add_source_ops(all);
    add_stateless_ops(all);
    add_branch_ops(all);
    add_processor_ops(all);
    add_topology_ops(all);
    add_group_ops(all);
    add_window_ops(all);
    add_cogroup_ops(all);
    add_stream_join_ops(all);
    add_table_join_ops(all);
    add_foreign_key_ops(all);
    add_table_ops(all);
    add_suppress_ops(all);
    return all;
  }();
  return table;
}

void apply(Binding& binding, const Op& op) {
  const std::string name = op.has("from") ? std::string(binding.from(op).kind) + "." + op.name() : op.name();
  const auto found = operations_table().find(name);
  if (found == operations_table().end()) throw NotSupported(name);
  found->second(binding, op);
}

bool is_of_processor_api(const Json& operation) {
  return operation.at("op").get<std::string>().starts_with("topology_");
}

}  // namespace

void apply_operations(Binding& binding, const Json& operations) {
  for (const Json& operation : operations) {
    if (!is_of_processor_api(operation)) apply(binding, Op(operation));
  }
  binding.build();
  for (const Json& operation : operations) {
    if (is_of_processor_api(operation)) apply(binding, Op(operation));
  }
}

}  // namespace streams::conformance
