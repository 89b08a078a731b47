// Reads one store over the tasks of an instance that have it.
//
// Source: org.apache.kafka.streams.state.internals.QueryableStoreProvider, StreamThreadStateStoreProvider.
#pragma once

#include <runtime/local_stores.hpp>
#include <streams/detail/store_reader.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace streams::query {

struct ReaderOptions {
  std::string store;
  std::optional<std::int32_t> partition;  ///< nullopt: all that are here
  bool stale = false;                     ///< tasks that restore answer too
  bool skip_cache = false;
};

std::shared_ptr<const detail::StoreReader> make_local_reader(std::shared_ptr<const runtime::LocalStores> stores,
                                                             ReaderOptions options);
/// A global store, which every instance has as a whole.
std::shared_ptr<const detail::StoreReader> make_global_reader(std::shared_ptr<const runtime::LocalStores> stores,
                                                              std::string store);
/// Throws StreamsNotStarted or StreamsStopped unless the client answers.
void check_answers(KafkaStreams::State state, const std::string& store);

}  // namespace streams::query
