// Where the demo's records go: a cluster in this process, or a real one.
#pragma once

#include "generator.hpp"

#include <streams/embedded_cluster.hpp>

#include <memory>
#include <string>

namespace orders {

/// Throws std::runtime_error with what went wrong and what to do about it.
class Feed {
 public:
  virtual ~Feed() = default;
  /// Does nothing if the topic is there already.
  virtual void create_topic(const std::string& topic, int partitions, bool compacted) = 0;
  virtual void send(const FedRecord& record) = 0;
  /// Waits until everything that was sent is stored.
  virtual void flush() = 0;
};

std::unique_ptr<Feed> make_embedded_feed(streams::EmbeddedCluster& cluster);
std::unique_ptr<Feed> make_kafka_feed(const std::string& bootstrap_servers);

}  // namespace orders
