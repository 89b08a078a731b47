// Topics, records and processes of the order services.
#include "broker/orders_app.hpp"

#include <examples/orders/inventory_topology.hpp>
#include <streams/partitioner.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace streams::testing {

bool soon(const std::function<bool()>& done, std::chrono::seconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

WrittenVerdicts::WrittenVerdicts(client::ClientFactory& clients, const std::string& topic, std::int32_t partitions)
    : consumer_(clients.consumer({{"isolation.level", "read_uncommitted"}, {"group.id", topic + "-watcher"}})) {
  std::vector<client::PartitionStart> starts;
  for (std::int32_t p = 0; p < partitions; ++p) {
    partitions_.push_back({topic, p});
    starts.push_back({partitions_.back(), client::PartitionStart::kEarliest});
  }
  EXPECT_TRUE(consumer_->assign(starts).ok());
}

bool WrittenVerdicts::has(const std::set<std::string>& orders) {
  std::vector<client::ConsumerError> errors;
  consumer_->poll(10, errors);
  for (const client::TopicPartition& partition : partitions_) {
    while (const auto batch = consumer_->fetch(partition, 1000)) {
      for (const client::ConsumerRecord& record : batch->records()) {
        seen_.insert(std::string(*record.key));
        ++count_;
      }
    }
  }
  return std::includes(seen_.begin(), seen_.end(), orders.begin(), orders.end());
}

void OrdersAppTest::SetUp() {
  KafkaAppTest::SetUp();
  if (!IsSkipped() && !HasFatalFailure()) create_topics();
}

void OrdersAppTest::create_topics() {
  orders::create_topics(*admin_, orders::ecosystem_topics(kPartitions, name("")));
  producer_ = clients_->producer({{"enable.idempotence", "true"}});
}

Timestamp OrdersAppTest::now() {
  return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void OrdersAppTest::send(const std::string& topic, const std::string& key, const std::string& value,
                         Timestamp timestamp) {
  const auto partitions = producer_->partitions(topic, kTimeoutMs);
  ASSERT_TRUE(partitions.ok()) << partitions.status().message();
  const std::int32_t partition = partition_for_key(key, partitions.value());
  ASSERT_TRUE(producer_->send({topic, partition, BytesView(key), BytesView(value), timestamp}).ok());
  ASSERT_TRUE(producer_->flush(kTimeoutMs).ok());
  ASSERT_TRUE(producer_->take_errors().empty());
}

std::vector<std::string> OrdersAppTest::command(const std::string& file, const std::string& service,
                                                const std::string& state) const {
  const std::string config = directory("services.properties");
  std::ofstream(config) << "consumer.session.timeout.ms=6000\nconsumer.heartbeat.interval.ms=500\n";
  return {std::string(ORDERS_PROGRAMS) + "/" + file,
          "--bootstrap-servers",
          bootstrap_,
          "--application-id",
          application(service),
          "--topic-prefix",
          name(""),
          "--state-dir",
          directory(state),
          "--config",
          config};
}

std::unique_ptr<Worker> OrdersAppTest::program(const std::string& file, const std::string& service) const {
  // What it says goes to a file: states, and INFO of the library.
  const char* quiet =
      std::getenv("STREAMS_TEST_LOG") != nullptr ? R"(exec "$0" "$@")" : R"(exec "$0" "$@" 2>/dev/null)";
  auto line = command(file, service, service);
  line.insert(line.begin(), {"sh", "-c", quiet});
  return std::make_unique<Worker>(std::move(line), std::map<std::string, std::string>{});
}

std::vector<orders::OrderState> OrdersAppTest::states(const std::string& order) {
  std::vector<orders::OrderState> out;
  for (const auto& [id, version] : values<orders::Order>(orders::kOrdersTopic)) {
    if (id == order) out.push_back(version.state);
  }
  return out;
}

std::vector<std::int64_t> OrdersAppTest::reserved(const std::string& product) {
  std::vector<std::int64_t> out;
  const std::string changelog = std::string("InventoryService-") + orders::kReservedStore + "-changelog";
  for (const auto& [key, pieces] : values<std::int64_t>(changelog)) {
    if (key == product) out.push_back(pieces);
  }
  return out;
}

bool OrdersAppTest::has_committed_all(const std::string& service, const std::string& topic) {
  std::vector<client::TopicPartition> partitions;
  for (std::int32_t p = 0; p < kPartitions; ++p) partitions.push_back({name(topic), p});
  const auto committed = clients_->consumer({{"group.id", application(service)}})->committed(partitions, kTimeoutMs);
  const auto ends = admin_->offsets(partitions, kTimeoutMs);
  return committed.ok() && ends.ok() &&
         std::all_of(committed.value().begin(), committed.value().end(), [&](const auto& entry) {
           return std::max<std::int64_t>(entry.offset, 0) == ends.value().at(entry.partition).latest;
         });
}

std::map<std::string, std::vector<client::TopicPartition>> OrdersAppTest::members(const std::string& service) {
  std::map<std::string, std::vector<client::TopicPartition>> out;
  const auto group = admin_->describe_group(application(service), kTimeoutMs);
  if (!group.ok() || group.value().state != "Stable") return out;
  for (const client::GroupMember& member : group.value().members) out[member.member_id] = member.assignment;
  return out;
}

}  // namespace streams::testing
