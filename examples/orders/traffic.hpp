// How fast records move through the topics, and how far each service is behind.
#pragma once

#include "running_service.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace orders {

/// Looks once a second. Threads: any.
class Traffic {
 public:
  /// The services must live as long as this object.
  Traffic(const Cluster& cluster, const std::vector<std::unique_ptr<RunningService>>& services);
  ~Traffic();
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  /// {"topics": [{"name", "records", "rate"}], "services": [{"name", "purpose", "state", "reads": [{"topic", "lag"}],
  /// "writes": [...]}]}; rates in records per second.
  nlohmann::json json() const;

 private:
  struct Topic {
    std::int64_t records = 0;
    double rate = 0;
  };
  void run();
  void look(streams::client::Admin& admin, double seconds);
  std::map<std::string, std::int64_t> lags_of(const RunningService& service) const;

  const Cluster& cluster_;
  const std::vector<std::unique_ptr<RunningService>>& services_;
  mutable std::mutex mutex_;
  std::map<std::string, Topic> topics_;
  std::map<streams::client::TopicPartition, std::int64_t> ends_;
  std::map<std::string, std::map<std::string, std::int64_t>> lags_;  ///< by service and topic
  std::map<std::string, std::unique_ptr<streams::client::Consumer>> groups_;
  bool stopping_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace orders
