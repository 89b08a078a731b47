// Writes to the cluster inside the process.
#include "feed.hpp"

#include <stdexcept>

namespace orders {
namespace {

void check(const streams::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}

class EmbeddedFeed final : public Feed {
 public:
  explicit EmbeddedFeed(streams::EmbeddedCluster& cluster) : cluster_(cluster) {}
  void create_topic(const std::string& topic, int partitions, bool compacted) override {
    if (cluster_.topics().contains(topic)) return;
    check(cluster_.create_topic(topic, partitions, {{"cleanup.policy", compacted ? "compact" : "delete"}}));
  }
  void send(const FedRecord& record) override {
    check(cluster_.produce(record.topic, {.key = record.key, .value = record.value, .timestamp = record.timestamp})
              .status());
  }
  void flush() override {}

 private:
  streams::EmbeddedCluster& cluster_;
};

}  // namespace

std::unique_ptr<Feed> make_embedded_feed(streams::EmbeddedCluster& cluster) {
  return std::make_unique<EmbeddedFeed>(cluster);
}

}  // namespace orders
