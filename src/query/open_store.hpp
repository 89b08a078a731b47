// What KafkaStreams::store() and query() find by a store's name.
#pragma once

#include <runtime/kafka_streams_runtime.hpp>
#include <streams/detail/store_reader.hpp>
#include <streams/store_query.hpp>

#include <string>

namespace streams::query {

/// Throws UnknownStateStore, StreamsNotStarted, StreamsStopped.
detail::ReadableStore open_store(const runtime::ClientRuntime& client, const std::string& name,
                                 const StoreQueryOptions& options);

}  // namespace streams::query
