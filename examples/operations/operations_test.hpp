// Applications and topics on a cluster inside the process, for the tests of the tools.
#pragma once

#include "topic_io.hpp"

#include <streams/kafka_streams.hpp>
#include <streams/logging.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace operations {

class OperationsTest : public ::testing::Test {
 protected:
  ~OperationsTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(state_, ignored);
  }

  void topic(const std::string& name, std::int32_t partitions = 1, const std::string& policy = "delete") {
    ASSERT_TRUE(cluster_.create_topic(name, partitions, {{"cleanup.policy", policy}}).ok());
  }
  void write(const std::string& topic, const streams::OptionalBytes& key, const streams::OptionalBytes& value,
             streams::Timestamp time = 1000) {
    ASSERT_TRUE(cluster_.produce(topic, {.key = key, .value = value, .timestamp = time}).status().ok());
  }
  std::vector<streams::StoredRecord> records(const std::string& topic) const { return cluster_.read(topic).value(); }
  /// "key value", with null where there is none.
  std::vector<std::string> texts(const std::string& topic) const {
    std::vector<std::string> out;
    for (const auto& record : records(topic)) {
      out.push_back(record.key.value_or("null") + " " + record.value.value_or("null"));
    }
    return out;
  }

  std::shared_ptr<streams::KafkaStreams> application(const streams::Topology& topology, const std::string& id,
                                                     streams::StreamsConfig config = {}) {
    config.set("application.id", id).set("state.dir", state_.string()).set("commit.interval.ms", 20);
    config.set_logger(nullptr);
    if (!config.is_set("processing.guarantee")) config.set("processing.guarantee", "exactly_once_v2");
    return std::make_shared<streams::KafkaStreams>(topology, config, cluster_);
  }
  template <class Condition>
  static bool wait_for(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  streams::EmbeddedCluster cluster_;
  streams::client::ClientFactory& clients_ = cluster_.clients();
  std::filesystem::path state_ =
      std::filesystem::temp_directory_path() / ("operations-" + std::to_string(::getpid()) + "-" +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

}  // namespace operations
