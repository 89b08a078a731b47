// Three processes count under load while they are killed and frozen, and the broker with them. Exactly-once must give
// every count once and in order; at-least-once must lose nothing, and must show duplicates, so that it is known that
// the check sees them.
//
// STREAMS_CHAOS_SECONDS says for how long (default 45), STREAMS_CHAOS_SEED repeats the order of faults of a run; when
// they strike differs from run to run.
#include "broker/kafka_app.hpp"

#include <signal.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

namespace streams::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr std::int32_t kPartitions = 8;
constexpr int kKeys = 100;
constexpr int kRecordsPerBurst = 20;
constexpr milliseconds kBurstPause{10};
constexpr seconds kFrozen{8};  // longer than the session timeout
constexpr int kTimeoutMs = 120000;

long setting(const char* name, long fallback) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::atol(value) : fallback;
}

/// Sends records at an even pace until it is stopped; the broker may be away meanwhile.
class Feeder {
 public:
  Feeder(client::ClientFactory& clients, std::string topic)
      : producer_(clients.producer({{"enable.idempotence", "true"}})), topic_(std::move(topic)), thread_([this] {
          while (!stop_) {
            for (int i = 0; i < kRecordsPerBurst; ++i) send_one();
            std::this_thread::sleep_for(kBurstPause);
          }
        }) {}
  ~Feeder() { end(); }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  /// How many records of each key were sent.
  std::map<std::string, int> finish() {
    end();
    EXPECT_TRUE(producer_->flush(kTimeoutMs).ok());
    EXPECT_TRUE(producer_->take_errors().empty());
    return sent_;
  }

 private:
  void end() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void send_one() {
    const int number = next_++ % kKeys;
    const std::string key = "key-" + std::to_string(number);
    const Status sent = producer_->send({topic_, number % kPartitions, BytesView(key), BytesView("x"), next_});
    ASSERT_TRUE(sent.ok()) << sent.message();
    ++sent_[key];
  }

  const std::unique_ptr<client::Producer> producer_;
  const std::string topic_;
  std::atomic<bool> stop_{false};
  int next_ = 0;
  std::map<std::string, int> sent_;
  std::thread thread_;
};

class ChaosTest : public KafkaAppTest {
 protected:
  ~ChaosTest() override { admin_.reset(); }  // the topics go with the broker: nobody is left to be asked to delete them
  void SetUp() override {
    if (const std::string why = no_own_broker(); !why.empty()) {
      if (test_broker().required) FAIL() << why;
      GTEST_SKIP() << why;
    }
    broker_ = std::make_unique<OwnBroker>(directory("kafka"));
    ASSERT_NE(broker_->start(), "") << "no broker could be started";
    use(broker_->start());
    create(name("in"), kPartitions);
    create(name("out"), kPartitions);
  }

  void start_worker(std::size_t number, const std::string& guarantee) {
    auto with = settings("worker-" + std::to_string(number));
    with["processing.guarantee"] = guarantee;
    with["app.in"] = name("in");
    with["app.out"] = name("out");
    with["num.stream.threads"] = "2";
    with["source.topic.timeout.ms"] = "120000";  // who starts while the broker is away waits
    if (guarantee == "exactly_once_v2") {
      with["producer.transaction.timeout.ms"] = "10000";
    } else {
      with["commit.interval.ms"] = "1000";  // much is done again after a kill
    }
    workers_[number] = std::make_unique<Worker>(STREAMS_BROKER_WORKER, with);
  }

  /// Faults at random until the time is up; all that was frozen or killed runs again afterwards.
  void rage(seconds duration, const std::string& guarantee) {
    const auto seed = static_cast<unsigned>(setting("STREAMS_CHAOS_SEED", std::random_device()()));
    std::mt19937 random(seed);
    int kills = 0, freezes = 0, outages = 0;
    const auto end = Clock::now() + duration;
    while (Clock::now() < end) {
      std::this_thread::sleep_for(milliseconds(200 + random() % 1500));
      const std::size_t victim = random() % workers_.size();
      const unsigned what = kills < 3 ? 0 : random() % 20;
      if (what < 15) {
        workers_[victim]->kill();
        start_worker(victim, guarantee);
        ++kills;
      } else if (what < 18) {
        workers_[victim]->send(SIGSTOP);
        std::this_thread::sleep_for(kFrozen);
        workers_[victim]->send(SIGCONT);
        ++freezes;
      } else {
        broker_->kill();
        ASSERT_EQ(broker_->start(), bootstrap_) << "the broker does not come back";
        ++outages;
      }
      for (std::size_t i = 0; i < workers_.size(); ++i) {
        ASSERT_TRUE(workers_[i]->alive()) << "worker " << i << " has ended by itself; seed " << seed;
      }
    }
    std::cout << guarantee << ", seed " << seed << ": " << kills << " kills, " << freezes << " freezes, " << outages
              << " restarts of the broker\n";
  }

  bool all_committed() {
    std::vector<client::TopicPartition> in;
    for (std::int32_t p = 0; p < kPartitions; ++p) in.push_back({name("in"), p});
    const auto consumer = clients_->consumer({{"group.id", name("app")}});
    const auto committed = consumer->committed(in, kTimeoutMs);
    const auto ends = admin_->offsets(in, kTimeoutMs);
    return committed.ok() && ends.ok() &&
           std::all_of(committed.value().begin(), committed.value().end(),
                       [&](const auto& entry) { return entry.offset == ends.value().at(entry.partition).latest; });
  }

  /// What came out, by key, in order.
  std::map<std::string, std::vector<int>> counts_of_run(const std::string& guarantee, seconds duration,
                                                        std::map<std::string, int>& expected) {
    for (std::size_t i = 0; i < workers_.size(); ++i) start_worker(i, guarantee);
    Feeder feeder(*clients_, name("in"));
    rage(duration, guarantee);
    if (HasFatalFailure()) return {};
    expected = feeder.finish();
    EXPECT_TRUE(wait_until([&] { return all_committed(); }, seconds(180)));
    // The input is what is in the topic: a producer that sends again after the broker's death may send twice.
    const std::map<std::string, int> sent = std::exchange(expected, {});
    for (const ReadRecord& r : read(name("in"))) ++expected[*r.key];
    for (const auto& [key, count] : sent) EXPECT_GE(expected[key], count) << key;
    for (const auto& worker : workers_) EXPECT_EQ(worker->stop(), 0);
    std::map<std::string, std::vector<int>> out;
    for (const ReadRecord& r : read(name("out"))) out[*r.key].push_back(std::stoi(*r.value));
    return out;
  }

  std::unique_ptr<OwnBroker> broker_;
  std::array<std::unique_ptr<Worker>, 3> workers_;
};

TEST_F(ChaosTest, ExactlyOnceCountsEveryRecordOnce) {
  std::map<std::string, int> expected;
  const auto counts = counts_of_run("exactly_once_v2", seconds(setting("STREAMS_CHAOS_SECONDS", 45)), expected);
  ASSERT_EQ(expected.size(), static_cast<std::size_t>(kKeys));
  for (const auto& [key, count] : expected) {
    const auto found = counts.find(key);
    ASSERT_NE(found, counts.end()) << key;
    const std::vector<int>& all = found->second;
    for (std::size_t i = 0; i < all.size(); ++i) {
      ASSERT_EQ(all[i], static_cast<int>(i) + 1) << key << " at " << i << " of " << all.size();
    }
    ASSERT_EQ(all.size(), static_cast<std::size_t>(count)) << key;
  }
  EXPECT_EQ(counts.size(), expected.size());
}

TEST_F(ChaosTest, AtLeastOnceLosesNothingAndShowsDuplicates) {
  std::map<std::string, int> expected;
  const auto counts = counts_of_run("at_least_once", seconds(setting("STREAMS_CHAOS_SECONDS", 45) / 3), expected);
  ASSERT_EQ(expected.size(), static_cast<std::size_t>(kKeys));
  std::size_t sent = 0, came_out = 0;
  for (const auto& [key, count] : expected) {
    const auto found = counts.find(key);
    ASSERT_NE(found, counts.end()) << key;
    EXPECT_GE(*std::max_element(found->second.begin(), found->second.end()), count) << key;
    sent += static_cast<std::size_t>(count);
    came_out += found->second.size();
  }
  EXPECT_GT(came_out, sent) << "no duplicate in a run with crashes: the check may be blind";
}

}  // namespace
}  // namespace streams::testing
