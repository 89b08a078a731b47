// Which partitions of a store KafkaStreams::query() asks, and what becomes of those that cannot be asked.
#pragma once

#include <runtime/kafka_streams_runtime.hpp>
#include <streams/query.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace streams::query {

/// Throws UnknownStateStore, StreamsNotStarted, StreamsStopped.
detail::QueryTargets query_targets(const runtime::ClientRuntime& client, const std::string& store,
                                   const std::optional<std::set<std::int32_t>>& partitions, bool require_active,
                                   bool skip_cache);

}  // namespace streams::query
