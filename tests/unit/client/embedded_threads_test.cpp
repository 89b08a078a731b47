// The embedded cluster under many threads, with the system's clock.
#include "embedded_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace streams::client {
namespace {

constexpr int kPartitions = 6;

/// Copies a topic to another in transactions, as a member of a group; stops when told.
class Copier : RebalanceListener {
 public:
  Copier(EmbeddedCluster& cluster, const std::string& name)
      : consumer_(cluster.clients().consumer({{"group.id", "copy"}, {"client.id", name}})),
        producer_(cluster.clients().producer({{"transactional.id", name}})) {
    EXPECT_OK(producer_->init_transactions(0));
    EXPECT_OK(consumer_->subscribe({"in"}, *this));
  }
  ~Copier() override { consumer_->close(); }

  void run(const std::atomic<bool>& stop) {
    while (!stop) turn();
  }

 private:
  void turn() {
    std::vector<ConsumerError> errors;
    consumer_->poll(5, errors);
    std::vector<OffsetAndMetadata> offsets;
    if (!producer_->begin_transaction().ok()) ADD_FAILURE() << "no transaction";
    for (const TopicPartition& p : owned_) {
      const auto batch = consumer_->fetch(p, 50);
      if (!batch) continue;
      for (const ConsumerRecord& r : batch->records())
        EXPECT_OK(producer_->send({"out", p.partition, r.key, r.value, 1}));
      offsets.push_back({p, consumer_->position(p), ""});
    }
    if (commit(offsets)) return;
    EXPECT_OK(producer_->abort_transaction(0));
    rewind();
  }

  bool commit(const std::vector<OffsetAndMetadata>& offsets) {
    if (!offsets.empty()) {
      const auto membership = consumer_->group_metadata();
      if (!membership.ok() || !producer_->send_offsets(offsets, membership.value(), 0).ok()) return false;
    }
    return producer_->commit_transaction(0).ok();
  }

  void rewind() {
    const std::vector<TopicPartition> all(owned_.begin(), owned_.end());
    EXPECT_OK(consumer_->unassign(all));
    start(all);
  }

  void start(std::span<const TopicPartition> partitions) {
    const auto offsets = consumer_->committed({partitions.begin(), partitions.end()}, 10'000);
    ASSERT_OK(offsets.status());
    std::vector<PartitionStart> starts;
    for (const OffsetAndMetadata& o : offsets.value()) {
      starts.push_back({o.partition, o.offset < 0 ? PartitionStart::kEarliest : o.offset});
    }
    EXPECT_OK(consumer_->assign(starts));
  }

  void on_assigned(std::span<const TopicPartition> added) override {
    owned_.insert(added.begin(), added.end());
    start(added);
  }
  void on_revoked(std::span<const TopicPartition> removed) override {
    EXPECT_OK(consumer_->unassign(removed));
    for (const TopicPartition& p : removed) owned_.erase(p);
  }
  void on_lost(std::span<const TopicPartition> lost) override { on_revoked(lost); }

  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<Producer> producer_;
  std::set<TopicPartition> owned_;
};

TEST(EmbeddedThreads, CopyEveryRecordExactlyOnceWhileMembersComeAndGo) {
  EmbeddedCluster cluster;
  ASSERT_OK(cluster.create_topic("in", kPartitions));
  ASSERT_OK(cluster.create_topic("out", kPartitions));
  constexpr int kPerProducer = 20'000;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&cluster, t] {
      const auto p = cluster.clients().producer({});
      for (int i = 0; i < kPerProducer; ++i) {
        const std::string value = std::to_string(t) + "/" + std::to_string(i);
        EXPECT_OK(p->send({"in", i % kPartitions, BytesView(value), BytesView(value)}));
      }
    });
  }
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] { Copier(cluster, "steady" + std::to_string(t)).run(stop); });
  }
  threads.emplace_back([&] {
    for (int round = 0; !stop; ++round) {
      std::atomic<bool> soon{false};
      Copier copier(cluster, "guest");
      std::thread timer([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        soon = true;
      });
      copier.run(soon);
      timer.join();
    }
  });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (cluster.read("out").value().size() < 2 * kPerProducer && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();

  const auto values = [&](const std::string& topic) {
    std::map<std::int32_t, std::vector<OptionalBytes>> by_partition;
    const auto records = cluster.read(topic);
    for (const StoredRecord& r : records.value()) by_partition[r.partition].push_back(r.value);
    return by_partition;
  };
  EXPECT_EQ(values("out"), values("in"));
}

TEST(EmbeddedThreads, WakeAPollThatWaits) {
  EmbeddedCluster cluster;
  ASSERT_OK(cluster.create_topic("t"));
  const auto c = cluster.clients().consumer({});
  const PartitionStart starts[] = {{{"t", 0}, 0}};
  ASSERT_OK(c->assign(starts));
  constexpr int kRounds = 200;
  std::atomic<int> seen{0};
  std::thread writer([&] {
    for (int i = 0; i < kRounds; ++i) {
      while (seen < i) std::this_thread::yield();
      ASSERT_OK(cluster.produce("t", {.value = "v"}).status());
    }
  });
  const auto begun = std::chrono::steady_clock::now();
  std::vector<ConsumerError> errors;
  while (seen < kRounds) {
    c->poll(60'000, errors);
    if (c->fetch({"t", 0}, 10)) ++seen;
  }
  writer.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));  // a lost wake-up costs 100 ms
}

}  // namespace
}  // namespace streams::client
