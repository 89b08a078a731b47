// Specs of the stores of DSL operators, and the names of stream-stream joins.
#include <streams/detail/kstream_impl.hpp>
#include <streams/detail/materialize.hpp>

#include <cstring>

namespace streams::detail {
namespace {

StoreSpec base_spec(const TopologyConfig& config, const StorePlan& plan, bool timestamped) {
  StoreSpec spec;
  spec.identity = std::make_shared<char>();
  spec.name = plan.name;
  spec.persistent = plan.type.value_or(config.default_store) == StoreType::kRocksDb;
  // Kafka Streams has no stores with headers in memory.
  spec.format = !timestamped                              ? state::ValueFormat::kPlain
                : config.store_headers && spec.persistent ? state::ValueFormat::kTimestampedHeaders
                                                          : state::ValueFormat::kTimestamped;
  spec.caching = plan.caching;
  spec.logging = plan.logging;
  spec.topic_configs = plan.topic_configs;
  return spec;
}

}  // namespace

StoreSpec table_store_spec(const TopologyConfig& config, const StorePlan& plan) {
  StoreSpec spec = base_spec(config, plan, !plan.versioned());
  if (plan.max_entries) {
    if (plan.versioned())
      throw InvalidArgument("Store " + plan.name + " cannot be versioned and limited to a number of rows at once.");
    spec.max_entries = *plan.max_entries;
    spec.persistent = false;
  }
  if (!plan.versioned()) return spec;
  if (plan.history_retention->count() < 0) throw InvalidArgument("historyRetentionMs cannot be negative");
  spec.kind = StoreKind::kVersioned;
  spec.persistent = true;
  spec.caching = false;
  spec.retention_ms = plan.history_retention->count();
  return spec;
}

StoreSpec window_table_store_spec(const TopologyConfig& config, const StorePlan& plan, std::int64_t size_ms,
                                  std::int64_t grace_ms, EmitStrategy emit) {
  StoreSpec spec = base_spec(config, plan, true);
  spec.kind = StoreKind::kWindow;
  spec.window_ms = size_ms;
  const std::int64_t least = window_end(size_ms, grace_ms);
  spec.retention_ms = plan.retention ? plan.retention->count() : least;
  spec.time_ordered = emit == EmitStrategy::kOnWindowClose;
  if (least > spec.retention_ms) {
    throw InvalidArgument("The retention period of the window store " + plan.name +
                          " must be no smaller than its window size plus the grace period. Got size=[" +
                          std::to_string(size_ms) + "], grace=[" + std::to_string(grace_ms) + "], retention=[" +
                          std::to_string(spec.retention_ms) + "]");
  }
  return spec;
}

StoreSpec sliding_store_spec(const TopologyConfig& config, const StorePlan& plan, const SlidingWindows& windows,
                             EmitStrategy emit) {
  StoreSpec spec = base_spec(config, plan, true);
  spec.kind = StoreKind::kWindow;
  spec.window_ms = windows.size_ms();
  const std::int64_t least = 2 * windows.size_ms() + windows.grace_ms();
  spec.retention_ms = plan.retention ? plan.retention->count() : least;
  spec.time_ordered = emit == EmitStrategy::kOnWindowClose;
  if (spec.time_ordered) spec.caching = false;
  if (least > spec.retention_ms) {
    throw InvalidArgument("The retention period of the window store " + plan.name +
                          " must be no smaller than 2 * time difference plus the grace period. Got time difference=[" +
                          std::to_string(windows.size_ms()) + "], grace=[" + std::to_string(windows.grace_ms()) +
                          "], retention=[" + std::to_string(spec.retention_ms) + "]");
  }
  return spec;
}

StoreSpec session_store_spec(const TopologyConfig& config, const StorePlan& plan, const SessionWindows& windows,
                             EmitStrategy emit) {
  StoreSpec spec = base_spec(config, plan, false);
  spec.kind = StoreKind::kSession;
  if (config.store_headers) spec.format = state::ValueFormat::kHeaders;
  const std::int64_t least = windows.gap_ms() + windows.grace_ms();
  spec.retention_ms = plan.retention ? plan.retention->count() : least;
  spec.time_ordered = emit == EmitStrategy::kOnWindowClose;
  if (spec.time_ordered) spec.caching = false;
  if (least > spec.retention_ms) {
    throw InvalidArgument("The retention period of the session store " + plan.name +
                          " must be no smaller than the session inactivity gap plus the grace period. Got gap=[" +
                          std::to_string(windows.gap_ms()) + "], grace=[" + std::to_string(windows.grace_ms()) +
                          "], retention=[" + std::to_string(spec.retention_ms) + "]");
  }
  return spec;
}

StoreSpec join_window_store_spec(const TopologyConfig& config, const StorePlan& plan, const JoinWindows& windows) {
  StoreSpec spec =
      base_spec(config, plan, config.store_headers);  // with headers, the windows of joins hold those of the records
  if (!spec.persistent) spec.format = state::ValueFormat::kPlain;
  spec.kind = StoreKind::kWindow;
  spec.window_ms = windows.size_ms();
  spec.retention_ms = windows.size_ms() + windows.grace_ms();
  spec.retain_duplicates = true;
  spec.topic_configs["cleanup.policy"] = "delete";
  return spec;
}

StoreSpec outer_join_store_spec(const TopologyConfig& config, const StorePlan& plan) {
  return base_spec(config, plan, false);
}

StreamJoinNames stream_join_names(Graph& graph, const std::string& name, const std::string& store_name, JoinKind kind) {
  const bool left_outer = kind != JoinKind::kInner;
  const bool right_outer = kind == JoinKind::kOuter;
  const std::string this_suffix = right_outer ? "-outer-this-join" : "-this-join";
  const std::string other_suffix = left_outer ? "-outer-other-join" : "-other-join";
  const std::string this_prefix = right_outer ? "KSTREAM-OUTERTHIS-" : "KSTREAM-JOINTHIS-";

  StreamJoinNames names;
  names.this_window = graph.suffixed_or_new(name, "-this-windowed", "KSTREAM-WINDOWED-");
  names.other_window = graph.suffixed_or_new(name, "-other-windowed", "KSTREAM-WINDOWED-");
  const std::string this_generated = graph.new_name(this_prefix);
  const std::string other_generated = graph.new_name(left_outer ? "KSTREAM-OUTEROTHER-" : "KSTREAM-JOINOTHER-");
  names.this_join = name.empty() ? this_generated : name + this_suffix;
  names.other_join = name.empty() ? other_generated : name + other_suffix;
  names.merge = graph.suffixed_or_new(name, "-merge", "KSTREAM-MERGE-");

  const bool own = store_name.empty();
  names.this_store = (own ? this_generated : store_name + this_suffix) + "-store";
  names.other_store = (own ? other_generated : store_name + other_suffix) + "-store";
  names.outer_store = (own ? "KSTREAM-OUTERSHARED-" + this_generated.substr(this_prefix.size())
                           : store_name + (right_outer ? "-outer-shared-join" : "-left-shared-join")) +
                      "-store";
  return names;
}

Timestamp fail_on_invalid_timestamp(std::string_view topic, std::int32_t partition, std::int64_t offset,
                                    Timestamp timestamp) {
  if (timestamp >= 0) return timestamp;
  throw StreamsError(
      "Input record (topic " + std::string(topic) + ", partition " + std::to_string(partition) + ", offset " +
      std::to_string(offset) + ") has invalid (negative) timestamp " + std::to_string(timestamp) +
      ". Possibly because a pre-0.10 producer client was used to write this record to Kafka without embedding a "
      "timestamp.");
}

void throw_null_group_key(const char* operation, const std::string& store) {
  throw StreamsError(std::string("Record key for KTable ") + operation + " operator with state " + store +
                     " should not be null.");
}

void throw_null_grouping_key() { throw StreamsError("Record key for the grouping KTable should not be null."); }

}  // namespace streams::detail
