// Instances that sleep, wake, crash, restart and meet failing clients in random order: every record counts once.
#include "faulty_clients.hpp"
#include "test_processors.hpp"
#include "thread_fixture.hpp"

#include <map>
#include <random>

namespace streams::runtime {
namespace {

constexpr int kKeys = 6;
constexpr int kPartitions = 3;
constexpr int kInstances = 3;
constexpr int kSteps = 300;

class RandomScheduleTest : public StreamThreadTest, public testing::WithParamInterface<unsigned> {
 protected:
  client::ClientFactory& clients() override { return faulty_; }

  StreamsConfig settings(int slot) {
    StreamsConfig out = config("dir-" + std::to_string(slot));
    out.set("processing.guarantee", "exactly_once_v2");
    return out;
  }
  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  bool chance(int percent) { return pick(100) < static_cast<std::size_t>(percent); }

  void start(int slot) {
    slots_[slot] = instance(count_per_key(pick(4) == 0 ? StoreType::kRocksDb : StoreType::kInMemory), settings(slot));
    asleep_[slot] = false;
  }
  /// An instance whose thread failed is closed as KafkaStreams would, and started again.
  void crank(int slot, int turns) {
    try {
      for (int i = 0; i < turns; ++i) slots_[slot]->thread().run_once(0);
    } catch (const StreamsError& error) {
      failures_.push_back(error.what());
      crash(slot);
    }
  }
  void crash(int slot) {
    slots_[slot]->thread().close(false);
    slots_[slot].reset();
    start(slot);
  }
  void restart(int slot) {
    slots_[slot]->close();
    slots_[slot].reset();
    start(slot);
  }
  void produce_some() {
    for (std::size_t i = 1 + pick(5); i > 0; --i) {
      const std::string key = "k" + std::to_string(pick(kKeys));
      ++expected_[key];
      produce("in", key, "x");
    }
  }
  void inject() {
    static constexpr const char* kCalls[] = {"commit_transaction", "send_offsets", "delivery", "group_metadata",
                                             "abort_transaction",  "flush",        "committed"};
    static constexpr StatusCode kCodes[] = {StatusCode::kAbortable, StatusCode::kFenced, StatusCode::kTimedOut};
    const std::string call = kCalls[pick(std::size(kCalls))];
    StatusCode code = kCodes[pick(std::size(kCodes))];
    if (call == "group_metadata") code = StatusCode::kRebalanceInProgress;
    if (call == "committed") code = StatusCode::kTimedOut;
    faults_.fail(call, code, code == StatusCode::kTimedOut && chance(30) ? 20 : 1);
  }
  void step() {
    const int slot = static_cast<int>(pick(kInstances));
    const std::size_t action = pick(100);
    if (action < 25)
      produce_some();
    else if (action < 65)
      crank_awake(slot, static_cast<int>(1 + pick(6)));
    else if (action < 80)
      clock_.advance(static_cast<std::int64_t>(pick(150)));
    else if (action < 83)
      clock_.advance(static_cast<std::int64_t>(pick(20000)));
    else if (action < 88)
      asleep_[slot] = !asleep_[slot];
    else if (action < 90)
      crash(slot);
    else if (action < 92)
      restart(slot);
    else
      inject();
  }
  void crank_awake(int slot, int turns) {
    if (!asleep_[slot]) crank(slot, turns);
  }

  std::map<std::string, std::vector<int>> counts() {
    std::map<std::string, std::vector<int>> out;
    for (const StoredRecord& r : cluster_.read("out").value()) out[*r.key].push_back(std::stoi(*r.value));
    return out;
  }
  std::map<std::string, int> changelog() {
    std::map<std::string, int> out;
    for (const StoredRecord& r : cluster_.read("app-counts-changelog").value()) out[*r.key] = std::stoi(*r.value);
    return out;
  }
  std::map<std::string, std::vector<int>> expected_counts() const {
    std::map<std::string, std::vector<int>> out;
    for (const auto& [key, count] : expected_) {
      for (int i = 1; i <= count; ++i) out[key].push_back(i);
    }
    return out;
  }
  /// Everybody awake, no more faults, until all is counted or it takes too long.
  void finish() {
    faults_.next.clear();
    for (int round = 0; round < 2000 && changelog() != expected_; ++round) {
      clock_.advance(50);
      for (int slot = 0; slot < kInstances; ++slot) crank(slot, 2);
    }
  }

  std::mt19937 random_{GetParam()};
  Faults faults_;
  FaultyClients faulty_{cluster_.clients(), faults_};
  std::unique_ptr<Instance> slots_[kInstances];
  bool asleep_[kInstances] = {};
  std::map<std::string, int> expected_;
  std::vector<std::string> failures_;
};

TEST_P(RandomScheduleTest, CountsEveryRecordOnce) {
  create("in", kPartitions);
  create("out", 1);
  for (int slot = 0; slot < kInstances; ++slot) start(slot);
  for (int i = 0; i < kSteps; ++i) step();
  finish();
  EXPECT_EQ(counts(), expected_counts()) << "seed " << GetParam();
  EXPECT_EQ(changelog(), expected_);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomScheduleTest, testing::Range(1u, 21u));

}  // namespace
}  // namespace streams::runtime
