// Specs of the stores of DSL operators, and the names of stream-stream joins.
#include <streams/detail/kstream_impl.hpp>
#include <streams/detail/materialize.hpp>
#include <streams/stores.hpp>

#include <cstring>

namespace streams::detail {
namespace {

/// A supplier says it itself, whatever dsl.store.format is. Kafka Streams makes no stores with headers in memory.
bool keeps_headers(const TopologyConfig& config, const StorePlan& plan, bool persistent) {
  return plan.supplier ? plan.supplier->keep_headers : config.store_headers && persistent && !plan.max_entries;
}

StoreSpec base_spec(const TopologyConfig& config, const StorePlan& plan, bool timestamped) {
  StoreSpec spec;
  spec.identity = std::make_shared<char>();
  spec.name = plan.name;
  const StoreType type = plan.supplier ? plan.supplier->type : plan.type.value_or(config.default_store);
  spec.persistent = type == StoreType::kRocksDb && !plan.max_entries;
  spec.keep_timestamps = !spec.persistent || !plan.supplier || plan.supplier->keep_timestamps;
  spec.format = !timestamped                                   ? state::ValueFormat::kPlain
                : keeps_headers(config, plan, spec.persistent) ? state::ValueFormat::kTimestampedHeaders
                                                               : state::ValueFormat::kTimestamped;
  spec.caching = plan.caching;
  spec.logging = plan.logging;
  spec.topic_configs = plan.topic_configs;
  return spec;
}

/// Of an operator's store unless there is a supplier: then its sizes hold, and it is not scanned by time.
void set_sizes(StoreSpec& spec, const StorePlan& plan, std::int64_t window_ms, std::int64_t retention_ms,
               EmitStrategy emit) {
  if (plan.supplier) {
    check_window_sizes(plan.name, plan.supplier->sizes);
    return set_window_sizes(spec, plan.supplier->sizes);
  }
  spec.window_ms = window_ms;
  spec.retention_ms = retention_ms;
  spec.time_ordered = emit == EmitStrategy::kOnWindowClose;
}

}  // namespace

void check_store_plan(const StorePlan& plan) {
  const std::string store = plan.name.empty() ? "A store" : "Store " + plan.name;
  if (plan.segment_interval && !plan.versioned()) {
    throw InvalidArgument(store + " has a segment interval but no history: set history_retention too.");
  }
  if (!plan.supplier) return;
  if (plan.type) throw InvalidArgument("Cannot set store type when store supplier is pre-configured.");
  if (plan.versioned() || plan.max_entries) {
    throw InvalidArgument(store + " has a supplier: it cannot be versioned or limited to a number of rows as well.");
  }
  if (plan.supplier->keep_headers && !plan.supplier->keep_timestamps) {
    throw InvalidArgument(store + " cannot keep headers without timestamps: leave out keep_timestamps.");
  }
  if (!plan.supplier->name.empty() && plan.supplier->name != plan.name) {
    throw InvalidArgument(store + " is called " + plan.supplier->name + " by its supplier: give one name.");
  }
}

StoreSpec table_store_spec(const TopologyConfig& config, const StorePlan& plan) {
  StoreSpec spec = base_spec(config, plan, !plan.versioned());
  if (plan.max_entries) {
    if (plan.versioned())
      throw InvalidArgument("Store " + plan.name + " cannot be versioned and limited to a number of rows at once.");
    spec.max_entries = *plan.max_entries;
  }
  if (!plan.versioned()) return spec;
  StoreSettings settings{StoreType::kRocksDb, false, plan.logging, false, true, plan.topic_configs};
  StoreSpec versioned = versioned_spec(plan.name, *plan.history_retention, plan.segment_interval, std::move(settings));
  versioned.identity = std::move(spec.identity);
  return versioned;
}

StoreSpec window_table_store_spec(const TopologyConfig& config, const StorePlan& plan, std::int64_t size_ms,
                                  std::int64_t grace_ms, EmitStrategy emit) {
  StoreSpec spec = base_spec(config, plan, true);
  spec.kind = StoreKind::kWindow;
  const std::int64_t least = window_end(size_ms, grace_ms);
  const std::int64_t retention = plan.retention ? plan.retention->count() : least;
  set_sizes(spec, plan, size_ms, retention, emit);
  if (least > retention) {
    throw InvalidArgument("The retention period of the window store " + plan.name +
                          " must be no smaller than its window size plus the grace period. Got size=[" +
                          std::to_string(size_ms) + "], grace=[" + std::to_string(grace_ms) + "], retention=[" +
                          std::to_string(retention) + "]");
  }
  return spec;
}

StoreSpec sliding_store_spec(const TopologyConfig& config, const StorePlan& plan, const SlidingWindows& windows,
                             EmitStrategy emit) {
  StoreSpec spec = base_spec(config, plan, true);
  spec.kind = StoreKind::kWindow;
  const std::int64_t least = 2 * windows.size_ms() + windows.grace_ms();
  const std::int64_t retention = plan.retention ? plan.retention->count() : least;
  set_sizes(spec, plan, windows.size_ms(), retention, emit);
  if (emit == EmitStrategy::kOnWindowClose) spec.caching = false;
  if (least > retention) {
    throw InvalidArgument("The retention period of the window store " + plan.name +
                          " must be no smaller than 2 * time difference plus the grace period. Got time difference=[" +
                          std::to_string(windows.size_ms()) + "], grace=[" + std::to_string(windows.grace_ms()) +
                          "], retention=[" + std::to_string(retention) + "]");
  }
  return spec;
}

StoreSpec session_store_spec(const TopologyConfig& config, const StorePlan& plan, const SessionWindows& windows,
                             EmitStrategy emit) {
  StoreSpec spec = base_spec(config, plan, false);
  spec.kind = StoreKind::kSession;
  if (keeps_headers(config, plan, spec.persistent)) spec.format = state::ValueFormat::kHeaders;
  const std::int64_t least = windows.gap_ms() + windows.grace_ms();
  const std::int64_t retention = plan.retention ? plan.retention->count() : least;
  set_sizes(spec, plan, 0, retention, emit);
  if (emit == EmitStrategy::kOnWindowClose) spec.caching = false;
  if (least > retention) {
    throw InvalidArgument("The retention period of the session store " + plan.name +
                          " must be no smaller than the session inactivity gap plus the grace period. Got gap=[" +
                          std::to_string(windows.gap_ms()) + "], grace=[" + std::to_string(windows.grace_ms()) +
                          "], retention=[" + std::to_string(retention) + "]");
  }
  return spec;
}

StoreSpec join_window_store_spec(const TopologyConfig& config, const StorePlan& plan, const JoinWindows& windows) {
  StoreSpec spec = base_spec(config, plan, false);
  // The format with headers holds those of the records, in memory too.
  if (config.store_headers) spec.format = state::ValueFormat::kTimestampedHeaders;
  spec.kind = StoreKind::kWindow;
  spec.window_ms = windows.size_ms();
  spec.retention_ms = windows.size_ms() + windows.grace_ms();
  spec.retain_duplicates = spec.logs_headers = true;
  spec.topic_configs["cleanup.policy"] = "delete";
  return spec;
}

StoreSpec own_join_window_store_spec(const StoreSupplier& store, const JoinWindows& windows) {
  if (store.name.empty()) throw NullArgument("name cannot be null");
  const Millis size(windows.size_ms());
  const Millis retention(windows.size_ms() + windows.grace_ms());
  WindowStoreSizes sizes = store.sizes;
  if (sizes.retention.count() == 0 && sizes.window_size.count() == 0 && !sizes.retain_duplicates)
    sizes = {retention, size, true, sizes.segment_interval};
  check_window_sizes(store.name, sizes);
  const std::string where = "Window store " + store.name + " of a stream-stream join ";
  if (!sizes.retain_duplicates) throw StreamsError(where + "must keep duplicates: set retain_duplicates.");
  if (sizes.retention != retention || sizes.window_size != size) {
    throw StreamsError("Window settings mismatch. " + where + "has retention " +
                       std::to_string(sizes.retention.count()) + " ms and window size " +
                       std::to_string(sizes.window_size.count()) + " ms, but the join needs retention " +
                       std::to_string(retention.count()) + " ms and window size " + std::to_string(size.count()) +
                       " ms. Leave the sizes out to get these.");
  }
  StoreSpec spec;
  spec.identity = std::make_shared<char>();
  spec.name = store.name;
  spec.kind = StoreKind::kWindow;
  spec.persistent = store.type == StoreType::kRocksDb;
  if (store.keep_headers) spec.format = state::ValueFormat::kTimestampedHeaders;
  set_window_sizes(spec, sizes);
  spec.logs_headers = true;
  return spec;
}

StoreSpec outer_join_store_spec(const TopologyConfig& config, const StorePlan& plan) {
  return base_spec(config, plan, false);
}

StreamJoinNames stream_join_names(Graph& graph, const GivenJoinNames& given, JoinKind kind) {
  const bool left_outer = kind != JoinKind::kInner;
  const bool right_outer = kind == JoinKind::kOuter;
  const std::string& name = given.join;
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

  if (!given.this_store.empty() && given.this_store == given.other_store) {
    throw StreamsError("Both stores of the stream-stream join " + names.merge + " are named " + given.this_store +
                       ": give them different names");
  }
  const bool own = given.stores.empty();
  names.this_store = (own ? this_generated : given.stores + this_suffix) + "-store";
  names.other_store = (own ? other_generated : given.stores + other_suffix) + "-store";
  const std::string& outer_base = given.this_store.empty() ? given.stores : given.this_store;
  names.outer_store = (outer_base.empty() ? "KSTREAM-OUTERSHARED-" + this_generated.substr(this_prefix.size())
                                          : outer_base + (right_outer ? "-outer-shared-join" : "-left-shared-join")) +
                      "-store";
  if (!given.this_store.empty()) names.this_store = given.this_store;
  if (!given.other_store.empty()) names.other_store = given.other_store;
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
