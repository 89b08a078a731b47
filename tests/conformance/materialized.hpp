// Options of stores in the cases: `materialized` of an operation as the library's Materialized.
#pragma once

#include "binding.hpp"

namespace streams::conformance {

/// The part of Materialized that does not depend on types.
struct StoreChoice {
  Name name;
  std::optional<StoreType> type;
  bool caching = true;
  bool logging = true;
  std::optional<Millis> retention, history, segment_interval;
  std::optional<std::int64_t> max_entries;
  std::optional<StoreSupplier> supplier;
};
StoreChoice store_choice(const Op& materialized);

/// `retention_ms`, `window_ms` and the like of a store; what is not there is 0.
WindowStoreSizes window_sizes(const Op& store);
/// Whether a supplier gives a plain store on disk, which keeps no timestamps.
bool is_plain_on_disk(const std::string& supplier);

/// An absent `materialized` gives that of `{}`: serdes and nothing else.
template <class K>
Materialized<K, Dyn> materialized(const Op& op, const Type& key, const Type& value) {
  Materialized<K, Dyn> result;
  result.key_serde = key_serde_of<K>(key);
  result.value_serde = serde_of(value);
  if (!op.has("materialized")) return result;
  const StoreChoice choice = store_choice(op.part("materialized"));
  result.store_name = choice.name;
  result.store_type = choice.type;
  result.caching = choice.caching;
  result.logging = choice.logging;
  result.retention = choice.retention;
  result.history_retention = choice.history;
  result.segment_interval = choice.segment_interval;
  result.max_entries = choice.max_entries;
  result.supplier = choice.supplier;
  return result;
}

}  // namespace streams::conformance
