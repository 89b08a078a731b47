// Seeded runs of many exactly-once copiers in one thread: crashes, zombies that wake up, rebalances, time-outs.
#include "embedded_fixture.hpp"

#include <map>
#include <random>
#include <set>

namespace streams::client {
namespace {

constexpr int kPartitions = 5;
constexpr Timestamp kSessionMs = 10'000;

/// Copies "in" to "out" in transactions, one small step per call, so that anything can happen in between.
class Copier : RebalanceListener {
 public:
  Copier(EmbeddedCluster& cluster, const std::string& name, std::string& diary)
      : name_(name),
        diary_(diary),
        consumer_(cluster.clients().consumer(
            {{"group.id", "g"}, {"client.id", name}, {"session.timeout.ms", std::to_string(kSessionMs)}})),
        producer_(cluster.clients().producer({{"transactional.id", name}, {"transaction.timeout.ms", "60000"}})) {
    EXPECT_OK(producer_->init_transactions(0));
    EXPECT_OK(consumer_->subscribe({"in"}, *this));
  }
  ~Copier() override {
    if (closes) consumer_->close();
    closing_ = true;
  }

  void poll() {
    std::vector<ConsumerError> errors;
    consumer_->poll(0, errors);
    EXPECT_EQ(errors.size(), 0u);
    start_fetching();
  }

  void copy(std::size_t max) {
    if (!open_ && !check(producer_->begin_transaction())) return;
    open_ = true;
    for (const TopicPartition& p : fetching_) {
      const auto batch = consumer_->fetch(p, max);
      if (!batch) continue;
      for (const ConsumerRecord& r : batch->records()) {
        if (!check(producer_->send({"out", p.partition, r.key, r.value, 1}))) return;
      }
      copied_[p] = consumer_->position(p);
    }
  }

  void send_offsets() {
    if (!open_ || copied_.empty()) return;
    std::vector<OffsetAndMetadata> offsets;
    for (const auto& [p, next] : copied_) offsets.push_back({p, next, ""});
    const auto membership = consumer_->group_metadata();
    if (!membership.ok()) return abort();
    if (check(producer_->send_offsets(offsets, membership.value(), 0))) copied_.clear();
  }

  void commit() {
    send_offsets();
    if (open_ && check(producer_->commit_transaction(0))) open_ = false;
  }

  bool finished() const { return finished_; }
  const std::set<TopicPartition>& owned() const { return owned_; }

  bool closes = true;  ///< false: its end is a crash
  Timestamp last_poll = 0;
  Timestamp sleeps_until = 0;

 private:
  bool check(const Status& status) {
    if (status.ok()) return true;
    diary_ += name_ + " failed with " + text(status) + "\n";
    if (status.code() == StatusCode::kFenced)
      finished_ = true;
    else
      abort();
    return false;
  }

  void abort() {
    if (open_ && !producer_->abort_transaction(0).ok()) finished_ = true;
    open_ = false;
    copied_.clear();
    stop_fetching(std::vector<TopicPartition>(fetching_.begin(), fetching_.end()));
    start_fetching();
  }

  void start_fetching() {
    for (const TopicPartition& p : owned_) {
      if (fetching_.contains(p)) continue;
      const auto offset = consumer_->committed({p}, 0);
      if (!offset.ok()) continue;  // a transaction of the one before is still open
      const PartitionStart start[] = {{p, std::max<std::int64_t>(offset.value()[0].offset, 0)}};
      EXPECT_OK(consumer_->assign(start));
      fetching_.insert(p);
    }
  }

  void stop_fetching(std::span<const TopicPartition> partitions) {
    EXPECT_OK(consumer_->unassign(partitions));
    for (const TopicPartition& p : partitions) fetching_.erase(p);
  }

  void note(const char* what, std::span<const TopicPartition> partitions) {
    diary_ += name_ + what;
    for (const TopicPartition& p : partitions) diary_ += std::to_string(p.partition);
    diary_ += "\n";
  }

  void on_assigned(std::span<const TopicPartition> added) override {
    note(" +", added);
    owned_.insert(added.begin(), added.end());
  }
  void on_revoked(std::span<const TopicPartition> removed) override {
    if (closing_) return;
    note(" -", removed);
    commit();
    stop_fetching(removed);
    for (const TopicPartition& p : removed) owned_.erase(p);
  }
  void on_lost(std::span<const TopicPartition> lost) override {
    if (closing_) return;
    note(" !", lost);
    for (const TopicPartition& p : lost) owned_.erase(p);
    abort();
  }

  const std::string name_;
  std::string& diary_;
  std::set<TopicPartition> owned_;
  std::set<TopicPartition> fetching_;
  std::map<TopicPartition, std::int64_t> copied_;
  bool open_ = false;
  bool finished_ = false;
  bool closing_ = false;  ///< its objects go, but it has crashed long ago
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<Producer> producer_;
};

class RandomRun {
 public:
  explicit RandomRun(unsigned seed) : random_(seed) {
    EXPECT_OK(cluster_.create_topic("in", kPartitions));
    EXPECT_OK(cluster_.create_topic("out", kPartitions));
  }

  /// Returns all that happened.
  std::string play() {
    for (int step = 0; step < 500; ++step) {
      one_step();
      expect_single_owners();
    }
    settle();
    EXPECT_EQ(values("out"), values("in"));
    return diary_;
  }

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }

  void start() {
    const std::string name = "c" + std::to_string(random_() % 6);
    for (auto& copier : copiers_) {
      if (copier.first == name) bury(copier);  // a new one with the same transactional.id takes over
    }
    std::erase_if(copiers_, [](const auto& c) { return !c.second; });
    copiers_.emplace_back(name, std::make_unique<Copier>(cluster_, name, diary_));
  }

  void bury(std::pair<std::string, std::unique_ptr<Copier>>& copier) {
    copier.second->closes = false;
    graveyard_.push_back(std::move(copier.second));
  }

  void one_step() {
    if (copiers_.empty() || chance(4)) start();
    if (chance(30)) {
      EXPECT_OK(cluster_.produce("in", {.value = std::to_string(written_++)}).status());
    }
    if (chance(3))
      clock_.advance(static_cast<Timestamp>(random_() % 20'000));
    else
      clock_.advance(static_cast<Timestamp>(random_() % 500));
    const std::size_t which = random_() % copiers_.size();
    Copier& copier = *copiers_[which].second;
    if (chance(2)) copier.sleeps_until = clock_.now_ms() + static_cast<Timestamp>(random_() % (2 * kSessionMs));
    if (copier.sleeps_until > clock_.now_ms()) return;
    const bool woke = std::exchange(copier.sleeps_until, 0) != 0;
    const unsigned what = woke && chance(70) ? 90 : random_() % 100;
    if (what < 40) {
      copier.poll();
      copier.last_poll = clock_.now_ms();
    } else if (what < 70) {
      copier.copy(1 + random_() % 3);
    } else if (what < 85) {
      copier.send_offsets();
    } else if (what < 96) {
      copier.commit();
    } else {
      if (what < 98) bury(copiers_[which]);  // else it leaves in order
      copiers_.erase(copiers_.begin() + static_cast<std::ptrdiff_t>(which));
      return;
    }
    if (copier.finished()) copiers_.erase(copiers_.begin() + static_cast<std::ptrdiff_t>(which));
  }

  /// Of the members whose session lasts, no two hold the same partition.
  void expect_single_owners() {
    std::set<TopicPartition> held;
    for (const auto& [name, copier] : copiers_) {
      if (copier->last_poll == 0 || clock_.now_ms() - copier->last_poll >= kSessionMs) continue;
      for (const TopicPartition& p : copier->owned()) EXPECT_TRUE(held.insert(p).second) << p.partition << diary_;
    }
  }

  void settle() {
    for (int round = 0; round < 200; ++round) {
      clock_.advance(500);
      if (copiers_.empty()) start();
      for (auto& [name, copier] : copiers_) {
        copier->poll();
        copier->copy(100);
        copier->commit();
      }
      std::erase_if(copiers_, [](const auto& c) { return c.second->finished(); });
    }
  }

  std::map<std::int32_t, std::vector<OptionalBytes>> values(const std::string& topic) {
    std::map<std::int32_t, std::vector<OptionalBytes>> by_partition;
    const auto records = cluster_.read(topic);
    for (const StoredRecord& r : records.value()) by_partition[r.partition].push_back(r.value);
    return by_partition;
  }

  std::mt19937 random_;
  ManualClock clock_{1'000'000};
  EmbeddedCluster cluster_{clock_};
  std::string diary_;
  int written_ = 0;
  std::vector<std::unique_ptr<Copier>> graveyard_;
  std::vector<std::pair<std::string, std::unique_ptr<Copier>>> copiers_;
};

TEST(EmbeddedRandom, CopiesEveryRecordExactlyOnceThroughCrashesAndZombies) {
  unsigned seed = std::random_device()();
  for (int run = 0; run < 40 && !testing::Test::HasFailure(); ++run, ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomRun(seed).play();
  }
}

TEST(EmbeddedRandom, HappensTheSameWayAgain) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const std::string first = RandomRun(seed).play();
  EXPECT_EQ(RandomRun(seed).play(), first);
  EXPECT_FALSE(first.empty());
}

}  // namespace
}  // namespace streams::client
