// Applications on an embedded cluster, with their threads, whose stores tests read.
#pragma once

#include <runtime/state_directory.hpp>
#include <streams/embedded_cluster.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/streams_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace streams {

using State = KafkaStreams::State;
using Count = std::int64_t;
using Strings = std::vector<std::string>;

class QueryTest : public testing::Test {
 protected:
  ~QueryTest() override {
    apps_.clear();
    std::filesystem::remove_all(base_);
  }

  StreamsConfig config(const std::map<std::string, std::string>& more = {}) {
    StreamsConfig out{{"application.id", "app"},
                      {"state.dir", (base_ / std::to_string(apps_.size())).string()},
                      {"commit.interval.ms", "20"},
                      {"poll.ms", "5"}};
    for (const auto& [key, value] : more) out.set(key, value);
    if (std::getenv("STREAMS_TEST_LOG") == nullptr) out.set_logger(nullptr);
    return out;
  }
  /// Starts one more instance.
  KafkaStreams& start(const Topology& topology, const std::map<std::string, std::string>& more = {}) {
    apps_.push_back(std::make_unique<KafkaStreams>(topology, config(more), cluster_));
    apps_.back()->start();
    return *apps_.back();
  }
  void create(const std::string& topic, std::int32_t partitions) {
    ASSERT_TRUE(cluster_.create_topic(topic, partitions).ok());
  }
  void produce(const std::string& key, const std::string& value, Timestamp timestamp = 0,
               const std::string& topic = "in") {
    ASSERT_TRUE(cluster_.produce(topic, {key, value, timestamp}).ok());
  }
  /// Asks again and again, for half a minute at most. A store that is on the move counts as no.
  static bool eventually(const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    do {
      try {
        if (holds()) return true;
      } catch (const InvalidStateStore&) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    } while (std::chrono::steady_clock::now() < until);
    return false;
  }
  static bool all_running(const std::vector<KafkaStreams*>& apps) {
    return eventually([&] {
      return std::all_of(apps.begin(), apps.end(), [](const auto* app) { return app->state() == State::kRunning; });
    });
  }
  template <class K, class V>
  static std::map<K, V> rows(StoreRange<std::pair<K, V>> range) {
    std::map<K, V> out;
    for (auto [key, value] : range) out.emplace(std::move(key), std::move(value));
    return out;
  }
  template <class K, class V>
  static std::vector<K> keys(StoreRange<std::pair<K, V>> range) {
    std::vector<K> out;
    for (auto [key, value] : range) out.push_back(std::move(key));
    return out;
  }

  EmbeddedCluster cluster_;
  std::filesystem::path base_ = std::filesystem::temp_directory_path() / ("query_test_" + runtime::random_uuid());
  std::vector<std::unique_ptr<KafkaStreams>> apps_;
};

/// Counts the records of topic "in" by key in store "counts".
inline Topology counting(StoreType type = StoreType::kRocksDb) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").group_by_key().count(
      Materialized<std::string, Count>{.store_name = "counts", .store_type = type});
  return builder.build();
}

}  // namespace streams
