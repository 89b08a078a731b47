// KafkaStreams: chooses the kind of clients; everything else is the runtime's.
#include <streams/kafka_streams.hpp>

#include <query/cluster_metadata.hpp>
#include <query/open_store.hpp>
#include <query/state_query.hpp>
#include <runtime/kafka_streams_runtime.hpp>
#include <streams/embedded_cluster.hpp>
#include <streams/kafka_clients.hpp>

namespace streams {

struct KafkaStreams::Impl {
  std::unique_ptr<client::ClientFactory> own_clients;  ///< null: the embedded cluster's are used
  runtime::ClientRuntime runtime;
  query::ClusterMetadata metadata{runtime};

  Impl(const Topology& topology, const StreamsConfig& config, const Clock& clock)
      : own_clients(client::make_kafka_clients({}, config.logger())),
        runtime(topology, config, *own_clients, true, clock) {}
  Impl(const Topology& topology, const StreamsConfig& config, EmbeddedCluster& cluster, const Clock& clock)
      : runtime(topology, config, cluster.clients(), false, clock) {}
};

KafkaStreams::KafkaStreams(const Topology& topology, const StreamsConfig& config, const Clock& clock)
    : impl_(std::make_unique<Impl>(topology, config, clock)) {}
KafkaStreams::KafkaStreams(const Topology& topology, const StreamsConfig& config, EmbeddedCluster& cluster,
                           const Clock& clock)
    : impl_(std::make_unique<Impl>(topology, config, cluster, clock)) {}
KafkaStreams::~KafkaStreams() = default;

void KafkaStreams::set_state_listener(StateListener listener) {
  impl_->runtime.set_state_listener(std::move(listener));
}
void KafkaStreams::set_uncaught_exception_handler(UncaughtExceptionHandler handler) {
  impl_->runtime.set_uncaught_exception_handler(std::move(handler));
}
void KafkaStreams::set_restore_listener(std::shared_ptr<RestoreListener> listener) {
  impl_->runtime.set_restore_listener(std::move(listener));
}
void KafkaStreams::set_standby_listener(std::shared_ptr<StandbyListener> listener) {
  impl_->runtime.set_standby_listener(std::move(listener));
}
void KafkaStreams::start() { impl_->runtime.start(); }
bool KafkaStreams::close(std::chrono::milliseconds timeout) { return impl_->runtime.close({.timeout = timeout}); }
bool KafkaStreams::close(const CloseOptions& options) { return impl_->runtime.close(options); }
void KafkaStreams::clean_up() { impl_->runtime.clean_up(); }
std::optional<std::string> KafkaStreams::add_stream_thread() { return impl_->runtime.add_stream_thread(); }
std::optional<std::string> KafkaStreams::remove_stream_thread(std::chrono::milliseconds timeout) {
  return impl_->runtime.remove_stream_thread(timeout);
}
void KafkaStreams::pause() { impl_->runtime.pause(true); }
void KafkaStreams::resume() { impl_->runtime.pause(false); }
bool KafkaStreams::is_paused() const { return impl_->runtime.is_paused(); }
KafkaStreams::State KafkaStreams::state() const { return impl_->runtime.state(); }
std::vector<ThreadMetadata> KafkaStreams::metadata_for_local_threads() const {
  return impl_->runtime.metadata_for_local_threads();
}
std::string KafkaStreams::last_error() const { return impl_->runtime.last_error(); }
detail::ReadableStore KafkaStreams::readable(const std::string& name, const StoreQueryOptions& options) const {
  return query::open_store(impl_->runtime, name, options);
}
detail::QueryTargets KafkaStreams::query_targets(const std::string& store,
                                                 const std::optional<std::set<std::int32_t>>& partitions,
                                                 bool require_active, bool skip_cache) const {
  return query::query_targets(impl_->runtime, store, partitions, require_active, skip_cache);
}
std::vector<StreamsMetadata> KafkaStreams::metadata_for_all_clients() const { return impl_->metadata.all(); }
std::vector<StreamsMetadata> KafkaStreams::metadata_for_store(const std::string& store) const {
  return impl_->metadata.with_store(store);
}
std::optional<KeyQueryMetadata> KafkaStreams::metadata_for_key(
    const std::string& store, const std::function<std::int32_t(const std::string&, std::int32_t)>& partition) const {
  const auto topic = impl_->metadata.topic_of(store);
  if (!topic) return std::nullopt;
  return impl_->metadata.of_partition(store, topic->partitions == 0 ? -1 : partition(topic->topic, topic->partitions));
}
std::map<std::string, std::map<std::int32_t, LagInfo>> KafkaStreams::all_local_store_partition_lags() const {
  return query::local_lags(impl_->runtime);
}
std::vector<Metric> KafkaStreams::metrics() const { return impl_->runtime.metrics(); }
std::string KafkaStreams::client_id() const { return impl_->runtime.client_id(); }

}  // namespace streams
