// From Materialized to the specs of the stores of DSL operators.
//
// Source: org.apache.kafka.streams.kstream.internals.MaterializedInternal, KeyValueStoreMaterializer,
// WindowStoreMaterializer, StreamJoinedStoreFactory, OuterStreamJoinStoreFactory.
#pragma once

#include <streams/detail/graph.hpp>
#include <streams/detail/outer_join_store.hpp>
#include <streams/detail/repartition.hpp>
#include <streams/detail/typed_stores.hpp>
#include <streams/detail/versioned_store.hpp>
#include <streams/options.hpp>
#include <streams/windows.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

/// The part of Materialized that has no type.
struct StorePlan {
  std::string name;
  bool named = false;  ///< by the user: it can be queried
  std::optional<StoreType> type;
  bool caching = true;
  bool logging = true;
  std::map<std::string, std::string> topic_configs;
  std::optional<Millis> retention, history_retention, segment_interval;
  std::optional<std::int64_t> max_entries;
  std::optional<StoreSupplier> supplier;
  bool versioned() const { return history_retention.has_value(); }
};
StoreSpec table_store_spec(const TopologyConfig& config, const StorePlan& plan);
/// Throw InvalidArgument if the retention is too small for the windows. On window close stores can be scanned by time.
StoreSpec window_table_store_spec(const TopologyConfig& config, const StorePlan& plan, std::int64_t size_ms,
                                  std::int64_t grace_ms, EmitStrategy emit);
StoreSpec sliding_store_spec(const TopologyConfig& config, const StorePlan& plan, const SlidingWindows& windows,
                             EmitStrategy emit);
StoreSpec session_store_spec(const TopologyConfig& config, const StorePlan& plan, const SessionWindows& windows,
                             EmitStrategy emit);
StoreSpec join_window_store_spec(const TopologyConfig& config, const StorePlan& plan, const JoinWindows& windows);
/// The user's own store: throws StreamsError if it cannot serve the join.
StoreSpec own_join_window_store_spec(const StoreSupplier& store, const JoinWindows& windows);
StoreSpec outer_join_store_spec(const TopologyConfig& config, const StorePlan& plan);

/// Throws InvalidArgument for options that exclude each other.
void check_store_plan(const StorePlan& plan);

template <class K, class V>
StorePlan store_plan(const Materialized<K, V>& materialized) {
  StorePlan plan{materialized.store_name,       !materialized.store_name.empty(),
                 materialized.store_type,       materialized.caching,
                 materialized.logging,          materialized.topic_configs,
                 materialized.retention,        materialized.history_retention,
                 materialized.segment_interval, materialized.max_entries,
                 materialized.supplier};
  check_store_plan(plan);
  return plan;
}

/// As store_plan(), with a generated name where there is none: takes a number then.
template <class K, class V>
StorePlan store_plan(Graph& graph, const Materialized<K, V>& materialized, std::string_view prefix) {
  StorePlan plan = store_plan(materialized);
  if (plan.named) return plan;
  plan.name = graph.new_store_name(prefix);
  graph.note_unnamed_store(plan.name, plan.logging);
  return plan;
}

/// Completes the spec of a store with its typed shell: checks now that there are serdes.
template <class Shell, class K, class V>
StoreSpec with_shell(StoreSpec spec, SerdePtr<K> key_serde, SerdePtr<V> value_serde) {
  spec.make = [key = needed_serde<K>(std::move(key_serde), spec.name, "key"),
               value = needed_serde<V>(std::move(value_serde), spec.name, "value")](
                  const StoreSpec& of) -> std::unique_ptr<StateStore> {
    return std::make_unique<Shell>(of, key, value);
  };
  return spec;
}

template <class K, class V>
StoreSpec table_store(const TopologyConfig& config, const StorePlan& plan, SerdePtr<K> key_serde,
                      SerdePtr<V> value_serde) {
  StoreSpec spec = table_store_spec(config, plan);
  if (plan.versioned())
    return with_shell<VersionedShell<K, V>>(std::move(spec), std::move(key_serde), std::move(value_serde));
  return with_shell<TimestampedKeyValueShell<K, V>>(std::move(spec), std::move(key_serde), std::move(value_serde));
}

template <class K, class V>
StoreSpec join_window_store(StoreSpec spec, SerdePtr<K> key_serde, SerdePtr<V> value_serde) {
  if (spec.format != state::ValueFormat::kPlain)
    return with_shell<TimestampedWindowShell<K, V>>(std::move(spec), key_serde, value_serde);
  return with_shell<PlainWindowShell<K, V>>(std::move(spec), key_serde, value_serde);
}

template <class K, class L, class R>
StoreSpec outer_join_store(const TopologyConfig& config, const StorePlan& plan, SerdePtr<K> key_serde,
                           SerdePtr<L> left_serde, SerdePtr<R> right_serde) {
  StoreSpec spec = outer_join_store_spec(config, plan);
  spec.make = [key_serde, left_serde, right_serde](const StoreSpec& of) -> std::unique_ptr<StateStore> {
    return std::make_unique<OuterJoinStore<K, L, R>>(of, key_serde, left_serde, right_serde);
  };
  return spec;
}

/// The specs of a table's own store: none if it has none.
inline std::function<std::vector<StoreSpec>()> own_store(const std::optional<StoreSpec>& spec) {
  if (!spec) return nullptr;
  return [spec = *spec] { return std::vector{spec}; };
}

}  // namespace streams::detail
