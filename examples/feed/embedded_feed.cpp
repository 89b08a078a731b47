// Writes to the cluster inside the process.
#include "feed.hpp"

#include <stdexcept>

namespace feed {
namespace {

void check(const streams::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}

class EmbeddedFeed final : public Feed {
 public:
  explicit EmbeddedFeed(streams::EmbeddedCluster& cluster) : cluster_(cluster) {}
  bool create_topic(const std::string& topic, int partitions, bool compacted) override {
    if (cluster_.topics().contains(topic)) return false;
    check(cluster_.create_topic(topic, partitions, {{"cleanup.policy", compacted ? "compact" : "delete"}}));
    return true;
  }
  void delete_topics(const std::vector<std::string>& topics) override {
    for (const std::string& topic : topics) check(cluster_.delete_topic(topic));
  }
  std::vector<std::string> topics() override {
    std::vector<std::string> names;
    for (const auto& [name, partitions] : cluster_.topics()) names.push_back(name);
    return names;
  }
  void send(const Record& record) override {
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

}  // namespace feed
