// What happens in the topics, as it happens: for a page that shows it.
#pragma once

#include "cluster.hpp"

#include <streams/http/message.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace orders {

/// Reads topics from their beginning, committed records only, and keeps the last of them with a number each.
/// Threads: any; one of its own reads.
class Events {
 public:
  /// `kinds`: topic to what a record of it is called.
  Events(const Cluster& cluster, std::map<std::string, std::string> kinds);
  ~Events();
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  /// {"next": N, "events": [{"n", "kind", "key", "time", "seen", "value"}]} (milliseconds) of those from number `after`
  /// on: at once if there are any, else as soon as there are.
  void answer(std::int64_t after, const streams::http::Reply& reply);

 private:
  void read(streams::client::Consumer& consumer, const std::vector<streams::client::TopicPartition>& partitions);
  void run();
  void add(nlohmann::json event);
  streams::http::Response response(std::int64_t after) const;

  const Cluster& cluster_;
  const std::map<std::string, std::string> kinds_;
  mutable std::mutex mutex_;
  std::deque<nlohmann::json> events_;
  std::int64_t next_ = 0;
  std::list<std::pair<std::int64_t, streams::http::Reply>> waiting_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace orders
