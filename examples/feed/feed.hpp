// Where the examples' records go: a cluster in this process, or a real one.
#pragma once

#include <streams/bytes.hpp>
#include <streams/embedded_cluster.hpp>

#include <memory>
#include <string>
#include <vector>

namespace feed {

/// One record for a topic, serialised. Null key: there is none; null value: a tombstone.
struct Record {
  std::string topic;
  streams::OptionalBytes key, value;
  streams::Timestamp timestamp = 0;
};

/// Throws std::runtime_error with what went wrong and what to do about it.
class Feed {
 public:
  virtual ~Feed() = default;
  /// False if the topic is there already; it stays as it is then.
  virtual bool create_topic(const std::string& topic, int partitions, bool compacted) = 0;
  virtual void delete_topics(const std::vector<std::string>& topics) = 0;
  virtual std::vector<std::string> topics() = 0;
  virtual void send(const Record& record) = 0;
  /// Waits until everything that was sent is stored.
  virtual void flush() = 0;
};

std::unique_ptr<Feed> make_embedded_feed(streams::EmbeddedCluster& cluster);
std::unique_ptr<Feed> make_kafka_feed(const std::string& bootstrap_servers);

}  // namespace feed
