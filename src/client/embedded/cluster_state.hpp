// What all clients of one embedded cluster share, and the classes of those clients.
//
// 1. Nothing here has a thread of its own: all progress happens inside calls of clients.
// 2. Order of locks: coordinator, topics, partition log, waker.
// 3. Clients keep the state alive; the cluster object may go first.
#pragma once

#include <streams/clock.hpp>

#include <streams/client.hpp>
#include "client/embedded/coordinator.hpp"
#include "client/embedded/topics.hpp"

#include <memory>
#include <string>

namespace streams::client::embedded {

struct ClusterState {
  ClusterState(std::int32_t auto_create_partitions, const Clock& time)
      : clock(time), topics(auto_create_partitions, time), coordinator(topics, time) {}

  Status delete_topic(const std::string& name) {
    Status status = topics.remove(name);
    if (status.ok()) coordinator.forget_topic(name);
    return status;
  }

  const Clock& clock;
  Topics topics;
  Coordinator coordinator;
};

using ClusterPtr = std::shared_ptr<ClusterState>;

std::unique_ptr<Consumer> make_consumer(ClusterPtr cluster, const Settings& settings);
std::unique_ptr<Producer> make_producer(ClusterPtr cluster, const Settings& settings);
std::unique_ptr<Admin> make_admin(ClusterPtr cluster);

/// A setting's value, or `otherwise`.
std::string setting(const Settings& settings, const std::string& name, std::string otherwise);
/// Throws ConfigError if the value is no number above zero.
std::int64_t milliseconds_setting(const Settings& settings, const std::string& name, std::int64_t otherwise);
/// "isolation.level", read_committed unless set. Throws ConfigError for anything but Kafka's two words.
Isolation isolation_setting(const Settings& settings);

}  // namespace streams::client::embedded
