// What a client does now and then beside its work: deleting records nobody reads again, and state
// nobody uses; looking for new topics.
#pragma once

#include <runtime/config.hpp>
#include <runtime/log.hpp>
#include <runtime/state_directory.hpp>
#include <runtime/topic_manager.hpp>

#include <condition_variable>
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
              Log log);
  ~Housekeeper();

  /// Has records of these partitions before these offsets deleted, soon. Any thread.
  void purge(std::vector<client::OffsetAndMetadata> before);
  void stop();

 private:
  void loop();
  void refresh_topics();
  void delete_records(const std::vector<client::OffsetAndMetadata>& before);

  const RuntimeConfig& config_;
  client::Admin& admin_;
  TopicManager& topics_;
  StateDirectory* const directory_;
  const Log log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<client::TopicPartition, std::int64_t> to_purge_;
  bool stopping_ = false;
  bool refused_ = false;  ///< deleting is not permitted: said once
  std::thread thread_;
};

}  // namespace streams::runtime
