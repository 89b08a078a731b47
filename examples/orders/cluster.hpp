// Where the services run: on a cluster inside the process, or on a real one.
#pragma once

#include <streams/client.hpp>
#include <streams/embedded_cluster.hpp>
#include <streams/kafka_clients.hpp>
#include <streams/kafka_streams.hpp>

#include <memory>
#include <string>

namespace orders {

/// Threads: any.
class Cluster {
 public:
  /// One inside the process, which outlives this object.
  explicit Cluster(streams::EmbeddedCluster& embedded) : embedded_(&embedded) {}
  /// A real one: "bootstrap.servers", and what else all clients need to reach it. Applications have these settings,
  /// too.
  explicit Cluster(const streams::client::Settings& settings)
      : settings_(settings), kafka_(streams::client::make_kafka_clients(settings, nullptr)) {}

  bool embedded() const { return embedded_ != nullptr; }
  streams::client::ClientFactory& clients() const { return embedded_ != nullptr ? embedded_->clients() : *kafka_; }
  std::unique_ptr<streams::KafkaStreams> application(const streams::Topology& topology,
                                                     streams::StreamsConfig config) const {
    if (embedded_ != nullptr) return std::make_unique<streams::KafkaStreams>(topology, config, *embedded_);
    for (const auto& [key, value] : settings_) config.set(key, value);
    return std::make_unique<streams::KafkaStreams>(topology, config);
  }

 private:
  streams::EmbeddedCluster* embedded_ = nullptr;
  streams::client::Settings settings_;
  std::unique_ptr<streams::client::ClientFactory> kafka_;
};

}  // namespace orders
