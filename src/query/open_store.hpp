// What KafkaStreams::store() and query() find by a store's name.
#pragma once

#include <runtime/kafka_streams_runtime.hpp>
#include <streams/detail/store_reader.hpp>
#include <streams/store_query.hpp>
#include <streams/streams_metadata.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace streams::query {

/// Throws UnknownStateStore.
void check_known(const runtime::ClientRuntime& client, const std::string& store);
bool is_global(const runtime::ClientRuntime& client, const std::string& store);
/// Of a store that is known.
detail::ReadableStore readable_store(const runtime::ClientRuntime& client, const std::string& store,
                                     std::shared_ptr<const detail::StoreReader> reader);
/// Throws UnknownStateStore, StreamsNotStarted, StreamsStopped.
detail::ReadableStore open_store(const runtime::ClientRuntime& client, const std::string& name,
                                 const StoreQueryOptions& options);

/// By store and partition, of this instance's logged stores. Asks the cluster for the ends of changelogs; throws
/// StreamsError if it does not answer.
std::map<std::string, std::map<std::int32_t, LagInfo>> local_lags(const runtime::ClientRuntime& client);

}  // namespace streams::query
