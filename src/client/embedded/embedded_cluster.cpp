// The public face of the embedded cluster.
#include <streams/embedded_cluster.hpp>
#include <streams/partitioner.hpp>

#include "client/embedded/cluster_state.hpp"

#include <limits>
#include <utility>

namespace streams {
namespace {

namespace embedded = client::embedded;

class EmbeddedClients final : public client::ClientFactory {
 public:
  explicit EmbeddedClients(embedded::ClusterPtr cluster) : cluster_(std::move(cluster)) {}

  std::unique_ptr<client::Consumer> consumer(const client::Settings& settings) override {
    return embedded::make_consumer(cluster_, settings);
  }
  std::unique_ptr<client::Producer> producer(const client::Settings& settings) override {
    return embedded::make_producer(cluster_, settings);
  }
  std::unique_ptr<client::Admin> admin(const client::Settings&) override { return embedded::make_admin(cluster_); }

 private:
  const embedded::ClusterPtr cluster_;
};

}  // namespace

struct EmbeddedCluster::Impl {
  Impl(Options options, const Clock& clock)
      : cluster(std::make_shared<embedded::ClusterState>(options.auto_create_partitions, clock)), clients(cluster) {}

  std::int32_t choose(const RecordToStore& record, std::size_t partitions) {
    const auto count = static_cast<std::int32_t>(partitions);
    if (record.partition) return *record.partition;
    if (record.key) return partition_for_key(*record.key, count);
    return static_cast<std::int32_t>(keyless.fetch_add(1) % partitions);
  }

  const embedded::ClusterPtr cluster;
  EmbeddedClients clients;
  std::atomic<std::size_t> keyless{0};
};

EmbeddedCluster::EmbeddedCluster(const Clock& clock) : EmbeddedCluster(Options{}, clock) {}
EmbeddedCluster::EmbeddedCluster(Options options, const Clock& clock) : impl_(std::make_unique<Impl>(options, clock)) {}
EmbeddedCluster::~EmbeddedCluster() = default;

Status EmbeddedCluster::create_topic(const std::string& topic, std::int32_t partitions,
                                     const std::map<std::string, std::string>& configs) {
  client::NewTopic request;
  request.name = topic;
  request.partitions = partitions;
  request.configs = configs;
  return impl_->cluster->topics.create(request);
}

Status EmbeddedCluster::add_partitions(const std::string& topic, std::int32_t count) {
  return impl_->cluster->topics.grow(topic, count);
}

Status EmbeddedCluster::delete_topic(const std::string& topic) { return impl_->cluster->delete_topic(topic); }

std::map<std::string, std::int32_t> EmbeddedCluster::topics() const {
  std::map<std::string, std::int32_t> counts;
  for (const auto& topic : impl_->cluster->topics.all()) {
    counts.emplace(topic->name, static_cast<std::int32_t>(topic->partitions.size()));
  }
  return counts;
}

Result<EmbeddedCluster::Position> EmbeddedCluster::produce(const std::string& topic, RecordToStore record) {
  const auto found = impl_->cluster->topics.find_or_create(topic);
  if (!found) return embedded::unknown_topic(topic);
  const std::int32_t partition = impl_->choose(record, found->partitions.size());
  client::ProducerRecord request{topic, partition, record.key, record.value, record.timestamp, &record.headers};
  const auto producer = embedded::make_producer(impl_->cluster, {});
  if (Status status = producer->send(request); !status.ok()) return status;
  auto errors = producer->take_errors();
  if (!errors.empty()) return std::move(errors.front().status);
  return Position{partition, producer->acked_offset({topic, partition})};
}

Result<std::vector<StoredRecord>> EmbeddedCluster::read(const std::string& topic, bool read_committed) const {
  const auto found = impl_->cluster->topics.find(topic);
  if (!found) return embedded::unknown_topic(topic);
  impl_->cluster->coordinator.tick();
  const auto isolation = read_committed ? embedded::Isolation::kReadCommitted : embedded::Isolation::kReadUncommitted;
  std::vector<StoredRecord> all;
  for (const auto& log : found->partitions) {
    embedded::LogBatch batch;
    log->read(log->look(0, isolation).start, std::numeric_limits<std::int64_t>::max(), isolation, batch);
    for (const client::ConsumerRecord& record : batch.records()) {
      all.push_back({log->name().partition, record.offset, record.timestamp, detail::owned(record.key),
                     detail::owned(record.value), batch.headers(record)});
    }
  }
  return all;
}

void EmbeddedCluster::clean() {
  for (const auto& topic : impl_->cluster->topics.all()) {
    for (const auto& log : topic->partitions) log->clean();
  }
}

client::ClientFactory& EmbeddedCluster::clients() { return impl_->clients; }

}  // namespace streams
