// KafkaStreams on a real cluster: start to end, restoring, several instances, killed ones.
#include "broker/broker_topologies.hpp"
#include "broker/kafka_app.hpp"

#include <streams/kafka_streams.hpp>

#include <gmock/gmock.h>
#include <signal.h>

namespace streams::testing {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

class KafkaStreamsBrokerTest : public KafkaAppTest {
 protected:
  void SetUp() override {
    KafkaAppTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    create(name("in"), 4);
    create(name("out"), 4);
  }

  StreamsConfig config(const std::string& directory, const std::string& guarantee) {
    StreamsConfig out(settings(directory));
    out.set("processing.guarantee", guarantee);
    if (std::getenv("STREAMS_TEST_LOG") == nullptr) out.set_logger(nullptr);
    return out;
  }
  std::unique_ptr<Worker> worker(const std::string& directory, const std::string& guarantee) {
    auto of = settings(directory);
    of["processing.guarantee"] = guarantee;
    of["app.in"] = name("in");
    of["app.out"] = name("out");
    return std::make_unique<Worker>(STREAMS_BROKER_WORKER, of);
  }

  /// `count` records over `keys` keys.
  Pairs records(int count, int keys) {
    Pairs out;
    for (int i = 0; i < count; ++i) out.push_back({"key-" + std::to_string(i % keys), "x"});
    for (const auto& [key, value] : out) ++expected_[key];
    return out;
  }
  /// The counts that came out, by key, in order.
  std::map<std::string, std::vector<int>> counts() {
    std::map<std::string, std::vector<int>> out;
    for (const ReadRecord& r : read(name("out"))) out[*r.key].push_back(std::stoi(*r.value));
    return out;
  }
  bool all_counted() {
    const auto now = counts();
    for (const auto& [key, count] : expected_) {
      const auto found = now.find(key);
      if (found == now.end() || found->second.back() < count) return false;
    }
    return true;
  }
  /// Exactly 1, 2, ... for every key.
  void expect_exactly_once() {
    std::map<std::string, std::vector<int>> expected;
    for (const auto& [key, count] : expected_) {
      for (int i = 1; i <= count; ++i) expected[key].push_back(i);
    }
    EXPECT_EQ(counts(), expected);
  }

  std::map<std::string, int> expected_;
};

class KafkaStreamsGuarantee : public KafkaStreamsBrokerTest, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Guarantees, KafkaStreamsGuarantee, ::testing::Values("at_least_once", "exactly_once_v2"));

TEST_P(KafkaStreamsGuarantee, CountsAndGoesOnAfterARestartAndOnAnotherMachine) {
  for (const char* machine : {"machine-1", "machine-1", "machine-2"}) {
    SCOPED_TRACE(machine);
    produce(name("in"), records(1000, 10));
    KafkaStreams app(count_topology(name("in"), name("out")), config(machine, GetParam()));
    app.start();
    EXPECT_TRUE(wait_until([&] { return all_counted(); }));
    EXPECT_TRUE(app.close(std::chrono::seconds(30)));
    EXPECT_EQ(app.last_error(), "");
  }
  expect_exactly_once();
}

TEST_F(KafkaStreamsBrokerTest, CountsExactlyOnceWhileInstancesAreKilled) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (const char* directory : {"a", "b"}) workers.push_back(worker(directory, "exactly_once_v2"));
  for (int round = 0; round < 4; ++round) {
    produce(name("in"), records(2000, 20));
    std::this_thread::sleep_for(std::chrono::milliseconds(700));  // somewhere in the middle of the work
    auto& victim = workers[static_cast<std::size_t>(round) % 2];
    victim->kill();
    victim = worker(round % 2 == 0 ? "a" : "b", "exactly_once_v2");
  }
  EXPECT_TRUE(wait_until([&] { return all_counted(); }, std::chrono::seconds(120)));
  for (const auto& one : workers) EXPECT_EQ(one->stop(), 0);
  expect_exactly_once();
}

TEST_F(KafkaStreamsBrokerTest, FencesAnInstanceThatSleptTooLong) {
  const auto sleeper = worker("a", "exactly_once_v2");
  produce(name("in"), records(100, 20));
  EXPECT_TRUE(wait_until([&] { return all_counted(); }));
  const auto heir = worker("b", "exactly_once_v2");
  produce(name("in"), records(100, 20));
  EXPECT_TRUE(wait_until([&] { return all_counted(); }));
  sleeper->send(SIGSTOP);
  produce(name("in"), records(1000, 20));
  EXPECT_TRUE(wait_until([&] { return all_counted(); }));
  sleeper->send(SIGCONT);
  produce(name("in"), records(1000, 20));
  EXPECT_TRUE(wait_until([&] { return all_counted(); }));
  EXPECT_EQ(sleeper->stop(), 0);
  EXPECT_EQ(heir->stop(), 0);
  expect_exactly_once();
}

}  // namespace
}  // namespace streams::testing
