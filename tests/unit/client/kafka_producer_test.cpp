// The producer's own part: what it holds while a batch is under way. A simulated broker, for one that answers slowly.
#include <streams/kafka_clients.hpp>
#include "client/kafka/held_records.hpp"

#include "broker/test_broker.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <thread>

namespace streams::client::kafka {
namespace {

TEST(HeldRecords, GiveBackWhatWasPutInInOrder) {
  const Headers headers{{"one", "1"}, {"none", std::nullopt}, {"", ""}};
  HeldRecords held;
  EXPECT_TRUE(held.empty());
  held.push({.topic = {}, .partition = 0, .key = "key", .value = "value", .timestamp = 7, .headers = &headers});
  held.push({.topic = {}, .partition = 0, .key = std::nullopt, .value = "", .timestamp = 0});
  ASSERT_FALSE(held.empty());
  EXPECT_EQ(held.front().key, "key");
  EXPECT_EQ(held.front().value, "value");
  EXPECT_EQ(held.front().timestamp, 7);
  ASSERT_NE(held.front().headers, nullptr);
  EXPECT_EQ(*held.front().headers, headers);
  held.pop();
  held.push({.topic = {}, .partition = 0, .key = "", .value = std::nullopt, .timestamp = -1});
  EXPECT_EQ(held.front().key, std::nullopt);
  EXPECT_EQ(held.front().value, "");
  EXPECT_EQ(held.front().timestamp, 0);
  EXPECT_EQ(held.front().headers, nullptr);
  held.pop();
  EXPECT_EQ(held.front().key, "");
  EXPECT_EQ(held.front().value, std::nullopt);
  held.pop();
  EXPECT_TRUE(held.empty());
  EXPECT_EQ(held.bytes(), 0u);
}

TEST(HeldRecords, StayInOrderWhileTheirBufferIsCompacted) {
  HeldRecords held;
  const std::string value(50'000, 'v');
  int pushed = 0;
  int popped = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 3; ++i)
      held.push({.topic = {}, .partition = 0, .key = std::to_string(pushed++), .value = value});
    for (int i = 0; i < 2; ++i) {
      ASSERT_EQ(held.front().key, std::to_string(popped++));
      ASSERT_EQ(held.front().value, value);
      held.pop();
    }
  }
  EXPECT_EQ(pushed - popped, 200);
  held.clear();
  EXPECT_TRUE(held.empty());
}

struct SlowBroker {
  explicit SlowBroker(int answer_ms) {
    char error[256];
    owner.reset(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof error));
    cluster.reset(rd_kafka_mock_cluster_new(owner.get(), 1));
    rd_kafka_mock_topic_create(cluster.get(), "topic", 1, 1);
    rd_kafka_mock_broker_set_rtt(cluster.get(), 1, answer_ms);
  }
  std::string address() const { return rd_kafka_mock_cluster_bootstraps(cluster.get()); }

  struct Destroy {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
    void operator()(rd_kafka_mock_cluster_t* mock) const { rd_kafka_mock_cluster_destroy(mock); }
  };
  std::unique_ptr<rd_kafka_t, Destroy> owner;
  std::unique_ptr<rd_kafka_mock_cluster_t, Destroy> cluster;
};

class KafkaProducerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (streams::testing::no_librdkafka() != nullptr) GTEST_SKIP() << streams::testing::no_librdkafka();
  }
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

TEST_F(KafkaProducerTest, RestsWhileABrokerTakesItsTime) {
  constexpr int kBatches = 3;
  const SlowBroker broker(400);
  const auto clients = make_kafka_clients({{"bootstrap.servers", broker.address()}}, nullptr);
  const auto producer = clients->producer({});
  const auto send = [&](int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(producer->send({.topic = "topic", .key = "key", .value = "value"}).ok());
    }
  };
  send(1);
  ASSERT_TRUE(producer->flush(60'000).ok());  // it is connected

  const double cpu_before = cpu_seconds();
  const auto begun = std::chrono::steady_clock::now();
  for (int batch = 0; batch < kBatches; ++batch) {
    send(1000);
    while (!producer->holding()) send(1);  // until the batch is closed
    while (producer->holding()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      producer->poll();
    }
  }
  ASSERT_TRUE(producer->flush(60'000).ok());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  EXPECT_GT(took.count(), 0.4 * kBatches);
  EXPECT_LT(cpu_seconds() - cpu_before, took.count() / 3) << "of " << took.count() << " s";
}

TEST_F(KafkaProducerTest, FlushesWhatItHoldsToo) {
  constexpr int kRecords = 25'000;  // more than two batches
  const SlowBroker broker(20);
  const auto clients = make_kafka_clients({{"bootstrap.servers", broker.address()}}, nullptr);
  const auto producer = clients->producer({});
  for (int i = 0; i < kRecords; ++i) {
    ASSERT_TRUE(producer->send({.topic = "topic", .key = "key", .value = std::to_string(i)}).ok());
  }
  ASSERT_TRUE(producer->holding());
  ASSERT_TRUE(producer->flush(60'000).ok());
  EXPECT_FALSE(producer->holding());
  EXPECT_EQ(producer->acked_offset({"topic", 0}), kRecords - 1);
}

}  // namespace
}  // namespace streams::client::kafka
