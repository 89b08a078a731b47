// A service of the ecosystem that can be started, stopped and crashed while the others go on.
#pragma once

#include "cluster.hpp"
#include "order_details.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace orders {

/// Which topics a service reads and writes: an edge of the map each.
struct ServiceTopics {
  std::vector<std::string> reads, writes;
};

/// Threads: any.
class RunningService {
 public:
  RunningService(std::string name, std::string purpose) : name_(std::move(name)), purpose_(std::move(purpose)) {}
  virtual ~RunningService() = default;
  const std::string& name() const { return name_; }  ///< its application id or group id, too
  const std::string& purpose() const { return purpose_; }

  /// Nothing happens if it runs, but that a crash which has not happened yet is called off.
  virtual void start() = 0;
  /// In order: commits, leaves its group.
  virtual void stop() = 0;
  /// In the middle of the next record: what is not committed is lost, and done again after start().
  virtual void crash() = 0;
  /// "RUNNING", "NOT_RUNNING", "ERROR", ... as Kafka Streams calls them.
  virtual std::string state() const = 0;
  virtual ServiceTopics topics() const = 0;
  /// For queries of its stores; null if it has none, or does not run. Held as long as it is used.
  virtual std::shared_ptr<streams::KafkaStreams> application() const { return nullptr; }

 private:
  const std::string name_, purpose_;
};

/// A topology that runs on the cluster under the service's name.
std::unique_ptr<RunningService> make_streams_service(const Cluster& cluster, const std::string& name,
                                                     const std::string& purpose,
                                                     std::function<streams::Topology()> topology,
                                                     const streams::StreamsConfig& config);
/// The order details service, on plain clients.
std::unique_ptr<RunningService> make_details_service(const Cluster& cluster, const std::string& purpose);

/// The topics of sources and sinks, without the application's own.
ServiceTopics topics_of(const streams::Topology& topology);

}  // namespace orders
