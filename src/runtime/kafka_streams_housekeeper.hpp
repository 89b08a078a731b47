// What a client does now and then beside its work: deleting records nobody reads again, and state
// nobody uses; looking for new topics, and for a request to stop after each rebalance.
#pragma once

#include <runtime/config.hpp>
#include <runtime/log.hpp>
#include <runtime/state_directory.hpp>
#include <runtime/topic_manager.hpp>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace streams::runtime {

/// One thread of its own, from construction to stop().
class Housekeeper {
 public:
  /// `directory` may be null. All of them outlive stop().
  Housekeeper(const RuntimeConfig& config, client::Admin& admin, TopicManager& topics, StateDirectory* directory,
              std::function<void()> on_shutdown_request, Log log);
  ~Housekeeper();

  /// Has records of these partitions before these offsets deleted, soon. Any thread.
  void purge(std::vector<client::OffsetAndMetadata> before);
  /// The group has changed: an instance may have announced that all are to stop. Any thread.
  void group_changed();
  /// Ends the thread; on that thread itself it only begins to end.
  void stop();

 private:
  void loop();
  void refresh_topics();
  void look_for_shutdown_request();
  void delete_records(const std::vector<client::OffsetAndMetadata>& before);

  const RuntimeConfig& config_;
  client::Admin& admin_;
  TopicManager& topics_;
  StateDirectory* const directory_;
  const std::function<void()> on_shutdown_request_;
  const Log log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<client::TopicPartition, std::int64_t> to_purge_;
  bool group_changed_ = false;
  bool stopping_ = false;
  bool refused_ = false;  ///< deleting is not permitted: said once
  std::thread thread_;
};

}  // namespace streams::runtime
