// Results of commands, for those who wait for them.
#pragma once

#include "model.hpp"

#include <streams/client.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace orders {

/// Reads all of "orders-command-results" from now on, and tells of each result.
///
/// A plain consumer without a group: each instance of a service hears of every result and takes those that it waits
/// for. Nothing depends on which partitions its application has, so that a rebalance between a command and its result
/// changes nothing. It costs every instance the reading of everybody's results.
///
/// Threads: any; one of its own reads and tells.
class CommandResults {
 public:
  using Told = std::function<void(const OrderCommandResult&)>;
  /// `clients` outlive this object. Throws as they do.
  CommandResults(streams::client::ClientFactory& clients, std::string topic, Told told);
  ~CommandResults();
  CommandResults(const CommandResults&) = delete;
  CommandResults& operator=(const CommandResults&) = delete;

  /// Calls `then` once the results of commands that are written from then on will be told of: at once, or on the thread
  /// that reads. Never, if that does not come to be. Partitions that the topic gets later are not read.
  void when_ready(std::function<void()> then);

 private:
  void run();
  bool begin();
  void read();

  const std::string topic_;
  const Told told_;
  const std::unique_ptr<streams::client::Admin> admin_;
  const std::unique_ptr<streams::client::Consumer> consumer_;
  std::vector<streams::client::TopicPartition> partitions_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  bool ready_ = false;
  std::vector<std::function<void()>> waiting_;  ///< for ready_
  std::thread thread_;
};

}  // namespace orders
