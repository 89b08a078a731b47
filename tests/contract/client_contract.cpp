// The tools of the client contract suite.
#include "contract/client_contract.hpp"

#include <algorithm>
#include <atomic>
#include <ostream>
#include <random>

namespace streams::client::contract {

using Clock = std::chrono::steady_clock;

void PrintTo(const Seen& seen, std::ostream* out) {
  const auto text = [](const OptionalBytes& bytes) { return bytes.has_value() ? "'" + *bytes + "'" : "null"; };
  *out << "[" << seen.partition << "]@" << seen.offset << " t=" << seen.timestamp << " " << text(seen.key) << "="
       << text(seen.value);
  for (const Header& header : seen.headers) *out << " " << header.key << ":" << text(header.value);
}

void Reader::assign(const std::vector<TopicPartition>& partitions, std::int64_t offset) {
  std::vector<PartitionStart> starts;
  for (const TopicPartition& partition : partitions) starts.push_back({partition, offset});
  EXPECT_OK(consumer_->assign(starts));
  watched_.insert(partitions.begin(), partitions.end());
}

void Reader::turn(int timeout_ms) {
  consumer_->poll(timeout_ms, errors);
  for (const TopicPartition& partition : std::set<TopicPartition>(watched_)) {
    while (const auto batch = consumer_->fetch(partition, 100)) {
      for (const ConsumerRecord& record : batch->records()) {
        seen.push_back({partition.partition, record.offset, record.timestamp,
                        record.key.has_value() ? OptionalBytes(*record.key) : std::nullopt,
                        record.value.has_value() ? OptionalBytes(*record.value) : std::nullopt,
                        batch->headers(record)});
      }
    }
  }
}

bool Reader::until(const std::function<bool()>& done) {
  const auto deadline = Clock::now() + kPatience;
  while (!done()) {
    if (Clock::now() > deadline) return false;
    turn();
  }
  return true;
}

bool Reader::to_end() {
  return until([this] {
    return std::ranges::all_of(watched_, [this](const TopicPartition& p) { return consumer_->at_end(p); });
  });
}

std::vector<OptionalBytes> Reader::values() const {
  std::vector<OptionalBytes> result;
  for (const Seen& record : seen) result.push_back(record.value);
  return result;
}

std::vector<TopicPartition> Member::with_companions(std::span<const TopicPartition> partitions) const {
  std::vector<TopicPartition> all(partitions.begin(), partitions.end());
  for (const TopicPartition& partition : partitions) {
    for (const std::string& topic : companions) all.push_back({topic, partition.partition});
  }
  return all;
}

void Member::on_assigned(std::span<const TopicPartition> added) {
  ++callbacks;
  owned.insert(added.begin(), added.end());
  if (added.empty()) return;
  const std::vector<TopicPartition> all = with_companions(added);
  const auto offsets = reader.consumer().committed(all, kPatienceMs);
  ASSERT_OK(offsets);
  std::vector<PartitionStart> starts;
  for (const OffsetAndMetadata& offset : offsets.value()) {
    starts.push_back({offset.partition, offset.offset < 0 ? PartitionStart::kEarliest : offset.offset});
    reader.watch(offset.partition);
  }
  EXPECT_OK(reader.consumer().assign(starts));
}

void Member::remove(std::span<const TopicPartition> partitions) {
  const std::vector<TopicPartition> all = with_companions(partitions);
  EXPECT_OK(reader.consumer().unassign(all));
  for (const TopicPartition& partition : all) reader.forget(partition);
  for (const TopicPartition& partition : partitions) owned.erase(partition);
}

void Member::on_revoked(std::span<const TopicPartition> removed) {
  ++callbacks;
  if (before_revoke) before_revoke();
  revoked.insert(removed.begin(), removed.end());
  remove(removed);
}

void Member::on_lost(std::span<const TopicPartition> gone) {
  ++callbacks;
  lost.insert(gone.begin(), gone.end());
  remove(gone);
}

bool together(const std::vector<Member*>& members, const std::function<bool()>& done) {
  const auto deadline = Clock::now() + kPatience;
  while (!done()) {
    if (Clock::now() > deadline) return false;
    for (Member* member : members) member->reader.turn(10);
  }
  return true;
}

void ClientContract::SetUp() {
  const Cluster& cluster = contract_cluster();
  if (cluster.clients != nullptr) return;
  if (cluster.required) FAIL() << cluster.why_not;
  GTEST_SKIP() << cluster.why_not;
}

std::unique_ptr<Consumer> ClientContract::consumer(const Settings& more) const { return clients().consumer(more); }

std::unique_ptr<Producer> ClientContract::transactional(const std::string& id, const Settings& more) const {
  Settings settings = more;
  settings["transactional.id"] = id;
  auto result = clients().producer(settings);
  EXPECT_OK(result->init_transactions(kPatienceMs));
  return result;
}

std::unique_ptr<Consumer> ClientContract::group_consumer(const std::string& group, const Settings& more) const {
  Settings settings = more;
  settings["group.id"] = group;
  settings.emplace("session.timeout.ms", "6000");
  settings.emplace("heartbeat.interval.ms", "200");
  return clients().consumer(settings);
}

Admin& ClientContract::admin() {
  if (admin_ == nullptr) admin_ = clients().admin({});
  return *admin_;
}

std::string ClientContract::fresh(const std::string& stem) const {
  static const std::string run = std::to_string(std::random_device{}());
  static std::atomic<int> next{0};
  return stem + "-" + run + "-" + std::to_string(next++);
}

std::string ClientContract::topic(std::int32_t partitions, const std::map<std::string, std::string>& configs) {
  const std::string name = fresh("contract");
  const auto created = admin().create_topics({{name, partitions, -1, configs}}, kPatienceMs);
  EXPECT_OK(created);
  if (created.ok()) EXPECT_OK(created.value().at(0));
  return name;
}

void ClientContract::send(Producer& producer, const std::string& topic, std::int32_t partition,
                          const std::string& value) {
  EXPECT_OK(producer.send({topic, partition, std::nullopt, value, 1000, nullptr}));
}

void ClientContract::send_numbers(const std::string& topic, std::int32_t partition, int from, int to) {
  const auto sender = producer();
  for (int n = from; n < to; ++n) {
    const std::string value = std::to_string(n);
    EXPECT_OK(sender->send({topic, partition, value, value, 1000 * n, nullptr}));
  }
  EXPECT_OK(sender->flush(kPatienceMs));
  EXPECT_EQ(sender->take_errors().size(), 0u);
}

std::vector<OptionalBytes> ClientContract::stored(const std::string& topic, std::int32_t partition,
                                                  const std::string& isolation) {
  Reader reader(consumer({{"isolation.level", isolation}}));
  reader.assign({{topic, partition}});
  EXPECT_TRUE(reader.to_end());
  return reader.values();
}

std::vector<OptionalBytes> ClientContract::stored_soon(const std::string& topic, std::size_t count) {
  Reader reader(consumer());
  reader.assign({{topic, 0}});
  EXPECT_TRUE(reader.until([&] { return reader.seen.size() >= count; }));
  EXPECT_TRUE(reader.to_end());
  return reader.values();
}

OffsetAndMetadata ClientContract::committed(const std::string& group, const TopicPartition& partition) {
  const auto asker = group_consumer(group);
  const auto offsets = asker->committed({partition}, kPatienceMs);
  EXPECT_OK(offsets);
  return offsets.ok() ? offsets.value().at(0) : OffsetAndMetadata{};
}

std::vector<OptionalBytes> numbers(int from, int to) {
  std::vector<OptionalBytes> result;
  for (int n = from; n < to; ++n) result.emplace_back(std::to_string(n));
  return result;
}

std::vector<TopicPartition> partitions_of(const std::string& topic, std::int32_t count) {
  std::vector<TopicPartition> result;
  for (std::int32_t p = 0; p < count; ++p) result.push_back({topic, p});
  return result;
}

}  // namespace streams::client::contract
