// How long processing pauses when an instance leaves its group, or is killed, and another takes over its tasks: with a
// standby replica of their state, and without.
//
// STREAMS_TAKEOVER_KEYS says how many keys the state has (default 20,000). Prints the figures.
#include "broker/broker_topologies.hpp"
#include "broker/kafka_app.hpp"

#include <streams/kafka_streams.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace streams::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int32_t kPartitions = 4;
constexpr int kTimeoutMs = 120000;
constexpr std::int64_t kSessionMs = 6000;

Timestamp now_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Sends a record to each partition every few milliseconds until it is gone.
class Feeder {
 public:
  Feeder(client::ClientFactory& clients, std::string topic)
      : producer_(clients.producer({{"enable.idempotence", "true"}})), topic_(std::move(topic)), thread_([this] {
          for (int i = 0; !stop_; ++i) {
            for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
              const std::string key = "fed-" + std::to_string(partition) + "-" + std::to_string(i % 100);
              EXPECT_TRUE(producer_->send({topic_, partition, BytesView(key), BytesView("x"), now_ms()}).ok());
            }
            std::this_thread::sleep_for(milliseconds(5));
          }
        }) {}
  ~Feeder() {
    stop_ = true;
    thread_.join();
    EXPECT_TRUE(producer_->flush(kTimeoutMs).ok());
  }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

 private:
  const std::unique_ptr<client::Producer> producer_;
  const std::string topic_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

class TakeoverTest : public KafkaAppTest, public ::testing::WithParamInterface<int> {
 protected:
  static int keys() {
    const char* keys = std::getenv("STREAMS_TAKEOVER_KEYS");
    return keys != nullptr ? std::atoi(keys) : 20'000;
  }
  std::map<std::string, std::string> with(const std::string& directory) {
    auto out = settings(directory);
    out["num.standby.replicas"] = std::to_string(GetParam());
    out["app.in"] = name("in");
    out["app.out"] = name("out");
    return out;
  }
  /// Records in all partitions of a topic.
  std::int64_t count(const std::string& topic) {
    std::vector<client::TopicPartition> partitions;
    for (std::int32_t p = 0; p < kPartitions; ++p) partitions.push_back({topic, p});
    const auto ranges = admin_->offsets(partitions, kTimeoutMs);
    if (!ranges.ok()) return -1;
    std::int64_t sum = 0;
    for (const auto& [partition, range] : ranges.value()) sum += range.latest;
    return sum;
  }
  bool all_processed(std::int64_t records, seconds timeout) {
    return wait_until([&] { return count(name("out")) >= records; }, timeout);  // after a kill there may be more
  }
  static bool standbys_have_everything(const KafkaStreams& app) {
    std::size_t partitions = 0;
    for (const auto& [store, lags] : app.all_local_store_partition_lags()) {
      for (const auto& [partition, lag] : lags) {
        if (lag.lag() != 0) return false;
        ++partitions;
      }
    }
    return partitions == kPartitions;
  }
  /// The longest time without a result of a task, since `since`.
  struct Pause {
    std::int64_t longest_ms = 0;
    Timestamp ended = 0;
  };
  Pause longest_pause(Timestamp since) {
    std::map<std::string, Timestamp> last;
    Pause out;
    std::vector<ReadRecord> records = read(name("out"));
    std::stable_sort(records.begin(), records.end(),
                     [](const ReadRecord& a, const ReadRecord& b) { return a.timestamp < b.timestamp; });
    for (const ReadRecord& record : records) {
      if (record.timestamp < since || !record.key->starts_with("fed-")) continue;
      Timestamp& before = last.try_emplace(record.key->substr(0, 5), record.timestamp).first->second;
      if (record.timestamp - before > out.longest_ms) out = {record.timestamp - before, record.timestamp};
      before = record.timestamp;
    }
    return out;
  }
  void load() {
    std::vector<std::pair<std::string, std::string>> records;
    for (int i = 0; i < keys(); ++i) records.emplace_back("customer-" + std::to_string(i), "x");
    produce(name("in"), records);
  }
  /// What happened, from when the other instance began to leave until nothing was behind any more.
  void take_over(const std::string& what, const std::function<void(Worker&)>& end_it, std::int64_t not_ours_ms) {
    create(name("in"), kPartitions);
    create(name("out"), kPartitions, {{"message.timestamp.type", "LogAppendTime"}});
    StreamsConfig config;
    for (const auto& [key, value] : with("survivor")) {
      if (!key.starts_with("app.")) config.set(key, value);
    }
    config.set_logger(std::getenv("STREAMS_TEST_LOG") != nullptr ? stderr_logger(LogLevel::kInfo) : nullptr);
    KafkaStreams survivor(count_topology(name("in"), name("out")), config);
    std::atomic<Timestamp> rebalanced{0};
    survivor.set_state_listener([&](KafkaStreams::State to, KafkaStreams::State) {
      if (to == KafkaStreams::State::kRebalancing) rebalanced = now_ms();
    });
    survivor.start();
    Worker other(STREAMS_BROKER_WORKER, with("other"));
    ASSERT_TRUE(wait_until([&] { return survivor.metadata_for_local_threads().front().active_tasks.size() == 2; },
                           seconds(120)));
    load();  // once each has its tasks: nothing of the state is here but by a standby replica
    ASSERT_TRUE(all_processed(keys(), seconds(300)));
    if (GetParam() > 0) {
      ASSERT_TRUE(wait_until([&] { return standbys_have_everything(survivor); }, seconds(120)));
    }
    Timestamp left = 0;
    {
      const Feeder feeder(*clients_, name("in"));
      ASSERT_TRUE(all_processed(count(name("out")) + 2000, seconds(60)));
      left = now_ms();
      end_it(other);
      ASSERT_TRUE(
          wait_until([&] { return survivor.metadata_for_local_threads().front().active_tasks.size() == kPartitions; }));
      ASSERT_TRUE(all_processed(count(name("in")) + 500, seconds(120)));
    }
    ASSERT_TRUE(all_processed(count(name("in")), seconds(60)));
    EXPECT_TRUE(survivor.close());
    const Pause pause = longest_pause(left - 200);
    std::cout << what << ", " << GetParam() << " standby replicas, " << keys() << " keys: processing paused for "
              << pause.longest_ms << " ms, of which " << pause.ended - rebalanced << " ms after the rebalance\n";
    EXPECT_LT(pause.longest_ms, not_ours_ms + (GetParam() > 0 ? 1000 : 60'000));
  }
};
INSTANTIATE_TEST_SUITE_P(StandbyReplicas, TakeoverTest, ::testing::Values(0, 1));

TEST_P(TakeoverTest, OfAnInstanceThatLeaves) {
  take_over(
      "leaves", [](Worker& other) { EXPECT_EQ(other.stop(), 0); }, 0);
}

/// The group notices only once the session is over: heartbeats that were answered just before make it longer.
TEST_P(TakeoverTest, OfAnInstanceThatIsKilled) {
  take_over(
      "killed", [](Worker& other) { other.kill(); }, kSessionMs);
}

}  // namespace
}  // namespace streams::testing
