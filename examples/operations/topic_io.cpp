// A consumer without group, from the earliest record to the end; an idempotent producer.
#include "topic_io.hpp"

#include <streams/partitioner.hpp>

#include <chrono>
#include <stdexcept>

namespace operations {

using namespace streams::client;

namespace {

constexpr std::size_t kBatch = 1000;

void use_batch(const TopicPartition& partition, const RecordBatch& batch, std::int64_t end,
               const std::function<void(const streams::StoredRecord&)>& use) {
  for (const ConsumerRecord& record : batch.records()) {
    if (record.offset >= end) return;
    use({partition.partition, record.offset, record.timestamp, streams::detail::owned(record.key),
         streams::detail::owned(record.value), batch.headers(record)});
  }
}

}  // namespace

void check(const streams::Status& status, const std::string& what) {
  if (!status.ok()) throw std::runtime_error(what + ": " + status.message());
}

std::map<TopicPartition, OffsetRange> offsets_of(ClientFactory& clients, const std::string& topic) {
  const auto admin = clients.admin({});
  const auto topics = admin->topics({topic}, kPatienceMs);
  check(topics.status(), "cannot ask for topic " + topic);
  if (!topics.value().contains(topic)) throw std::runtime_error("there is no topic " + topic);
  std::vector<TopicPartition> partitions;
  for (std::int32_t p = 0; p < topics.value().at(topic); ++p) partitions.push_back({topic, p});
  const auto offsets = admin->offsets(partitions, kPatienceMs);
  check(offsets.status(), "cannot ask where topic " + topic + " ends");
  return offsets.value();
}

void read_topic(ClientFactory& clients, const std::string& topic,
                const std::function<void(const streams::StoredRecord&)>& use) {
  const auto consumer = clients.consumer({{"isolation.level", "read_committed"}});
  std::vector<ConsumerError> errors;
  for (const auto& [partition, range] : offsets_of(clients, topic)) {
    check(consumer->assign(std::vector<PartitionStart>{{partition, PartitionStart::kEarliest}}), "cannot read");
    auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
    // What is written from now on does not count.
    while (consumer->position(partition) < range.latest && !consumer->at_end(partition)) {
      consumer->poll(100, errors);
      for (const ConsumerError& error : errors) check(error.status, "cannot read " + topic);
      if (const auto batch = consumer->fetch(partition, kBatch)) {
        use_batch(partition, *batch, range.latest, use);
        deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
      }
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("nothing more comes from " + topic);
    }
    check(consumer->unassign(std::vector<TopicPartition>{partition}), "cannot stop reading");
  }
  consumer->close();
}

Rows fold(ClientFactory& clients, const std::string& topic) {
  Rows rows;
  read_topic(clients, topic, [&](const streams::StoredRecord& record) {
    if (!record.key) return;
    if (record.value) {
      rows[*record.key] = *record.value;
    } else {
      rows.erase(*record.key);
    }
  });
  return rows;
}

ProducerRecord to_send(const std::string& topic, std::int32_t partition, const streams::StoredRecord& record) {
  ProducerRecord out;
  out.topic = topic;
  out.partition = partition;
  if (record.key) out.key = streams::BytesView(*record.key);
  if (record.value) out.value = streams::BytesView(*record.value);
  out.timestamp = record.timestamp;
  out.headers = &record.headers;
  return out;
}

Writer::Writer(ClientFactory& clients) : producer_(clients.producer({{"enable.idempotence", "true"}})) {}

void Writer::write(const std::string& topic, const streams::StoredRecord& record) {
  std::int32_t partition = record.partition;
  if (partition < 0) {
    const auto count = producer_->partitions(topic, kPatienceMs);
    check(count.status(), "cannot write to " + topic);
    partition = record.key ? streams::partition_for_key(*record.key, count.value()) : 0;
  }
  check(producer_->send(to_send(topic, partition, record)), "cannot write to " + topic);
}

void Writer::finish() {
  check(producer_->flush(kPatienceMs), "not everything was stored");
  for (const DeliveryError& error : producer_->take_errors()) {
    check(error.status, "a record was not stored in " + error.partition.topic);
  }
}

}  // namespace operations
