// A real cluster for tests of whole applications: topics of their own, records in and out, applications as child
// processes.
#pragma once

#include "broker/test_broker.hpp"

#include <streams/client.hpp>
#include <streams/config.hpp>

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace streams::testing {

/// One record as read back.
struct ReadRecord {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  Timestamp timestamp = 0;
  OptionalBytes key, value;
};

/// An application in a process of its own (worker_main.hpp).
class Worker {
 public:
  Worker(const std::string& program, const std::map<std::string, std::string>& settings)
      : Worker(std::vector<std::string>{program}, settings) {}
  /// `command`: the program, looked for in PATH, and what its arguments begin with.
  Worker(std::vector<std::string> command, const std::map<std::string, std::string>& settings);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void send(int signal) const;
  /// False once it has ended by itself.
  bool alive();
  /// Asks it to close and waits; its exit status.
  int stop();
  /// kill -9.
  void kill();

 private:
  bool reap(int options);
  pid_t pid_ = -1;
  int ended_ = 0;  ///< the exit status
};

class KafkaAppTest : public ::testing::Test {
 protected:
  KafkaAppTest();
  ~KafkaAppTest() override;
  void SetUp() override;
  /// Goes on with the cluster at this address, with these settings for the test's own clients.
  void use(const std::string& bootstrap, client::Settings settings = {});

  /// Unique on the cluster.
  std::string name(const std::string& base) const { return prefix_ + base; }
  std::string directory(const std::string& base) const { return (base_ / base).string(); }
  std::map<std::string, std::string> settings(const std::string& directory_name) const;
  void create(const std::string& topic, std::int32_t partitions,
              const std::map<std::string, std::string>& configs = {});
  /// Sends records with these keys and values; the partition follows from the key. Timestamps count from 1.
  void produce(const std::string& topic, const std::vector<std::pair<std::string, std::string>>& records);
  /// Everything that is committed in a topic now.
  std::vector<ReadRecord> read(const std::string& topic);
  /// Waits until `done`; false after the timeout.
  static bool wait_until(const std::function<bool()>& done, std::chrono::seconds timeout = std::chrono::seconds(60));

  std::string bootstrap_;
  std::unique_ptr<client::ClientFactory> clients_;
  std::unique_ptr<client::Admin> admin_;

 private:
  std::string prefix_;
  std::filesystem::path base_;
  std::vector<std::string> topics_;
};

}  // namespace streams::testing
