// Clients that fail where a test says so.
#pragma once

#include <streams/client.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace streams::runtime {

/// What the next calls of a name answer, in order; calls beyond that reach the real client.
/// "init_transactions", "begin_transaction", "send", "send_offsets", "flush", "commit_transaction",
/// "abort_transaction", "commit", "committed", "group_metadata"; of an admin "topics", "check_access", "create_topics",
/// "offsets", "offsets_at". "delivery": the next flush reports this record as failed. "poll": the next poll reports
/// this failure of the consumer.
struct Faults {
  std::map<std::string, std::deque<Status>> next;
  std::map<std::string, int> calls;

  void fail(const std::string& call, StatusCode code, int times = 1) {
    for (int i = 0; i < times; ++i) next[call].push_back({code, "made to fail"});
  }
  Status take(const std::string& call) {
    ++calls[call];
    auto& queue = next[call];
    if (queue.empty()) return {};
    Status status = queue.front();
    queue.pop_front();
    return status;
  }
};

class FaultyProducer final : public client::Producer {
 public:
  FaultyProducer(std::unique_ptr<client::Producer> inner, Faults& faults) : inner_(std::move(inner)), faults_(faults) {}

  Status init_transactions(int timeout_ms) override {
    const Status status = faults_.take("init_transactions");
    return status.ok() ? inner_->init_transactions(timeout_ms) : status;
  }
  Status begin_transaction() override {
    const Status status = faults_.take("begin_transaction");
    return status.ok() ? inner_->begin_transaction() : status;
  }
  Status send_offsets(const std::vector<client::OffsetAndMetadata>& offsets, const client::GroupMetadata& group,
                      int timeout_ms) override {
    const Status status = faults_.take("send_offsets");
    return status.ok() ? inner_->send_offsets(offsets, group, timeout_ms) : status;
  }
  Status commit_transaction(int timeout_ms) override {
    const Status status = faults_.take("commit_transaction");
    return status.ok() ? inner_->commit_transaction(timeout_ms) : status;
  }
  Status abort_transaction(int timeout_ms) override {
    const Status status = faults_.take("abort_transaction");
    return status.ok() ? inner_->abort_transaction(timeout_ms) : status;
  }
  Status send(const client::ProducerRecord& record) override {
    const Status status = faults_.take("send");
    return status.ok() ? inner_->send(record) : status;
  }
  Status flush(int timeout_ms) override {
    const Status status = faults_.take("flush");
    return status.ok() ? inner_->flush(timeout_ms) : status;
  }
  void poll() override { inner_->poll(); }
  std::vector<client::DeliveryError> take_errors() override {
    auto errors = inner_->take_errors();
    if (faults_.next["delivery"].empty()) return errors;
    errors.push_back({{"out", 0}, Bytes("k"), Bytes("v"), faults_.take("delivery")});
    return errors;
  }
  std::int64_t acked_offset(const client::TopicPartition& partition) const override {
    return inner_->acked_offset(partition);
  }
  Result<std::int32_t> partitions(const std::string& topic, int timeout_ms) override {
    return inner_->partitions(topic, timeout_ms);
  }

 private:
  std::unique_ptr<client::Producer> inner_;
  Faults& faults_;
};

class FaultyConsumer final : public client::Consumer {
 public:
  FaultyConsumer(std::unique_ptr<client::Consumer> inner, Faults& faults) : inner_(std::move(inner)), faults_(faults) {}

  Status subscribe(const std::vector<std::string>& topics, client::RebalanceListener& listener) override {
    return inner_->subscribe(topics, listener);
  }
  Status assign(std::span<const client::PartitionStart> partitions) override { return inner_->assign(partitions); }
  Status unassign(std::span<const client::TopicPartition> partitions) override { return inner_->unassign(partitions); }
  Status seek(const client::PartitionStart& start) override { return inner_->seek(start); }
  void poll(int timeout_ms, std::vector<client::ConsumerError>& errors) override {
    if (Status status = faults_.take("poll"); !status.ok()) errors.push_back({{}, std::move(status)});
    inner_->poll(timeout_ms, errors);
  }
  std::unique_ptr<client::RecordBatch> fetch(const client::TopicPartition& partition, std::size_t max) override {
    return inner_->fetch(partition, max);
  }
  bool at_end(const client::TopicPartition& partition) const override { return inner_->at_end(partition); }
  std::int64_t position(const client::TopicPartition& partition) const override { return inner_->position(partition); }
  Result<std::vector<client::OffsetAndMetadata>> committed(const std::vector<client::TopicPartition>& partitions,
                                                           int timeout_ms) override {
    const Status status = faults_.take("committed");
    if (!status.ok()) return status;
    return inner_->committed(partitions, timeout_ms);
  }
  Status commit(const std::vector<client::OffsetAndMetadata>& offsets) override {
    const Status status = faults_.take("commit");
    return status.ok() ? inner_->commit(offsets) : status;
  }
  Result<client::GroupMetadata> group_metadata() override {
    const Status status = faults_.take("group_metadata");
    if (!status.ok()) return status;
    return inner_->group_metadata();
  }
  void close(client::Leaving leaving) override { inner_->close(leaving); }

 private:
  std::unique_ptr<client::Consumer> inner_;
  Faults& faults_;
};

class FaultyAdmin final : public client::Admin {
 public:
  using Names = std::vector<std::string>;
  FaultyAdmin(std::unique_ptr<client::Admin> inner, Faults& faults) : inner_(std::move(inner)), faults_(faults) {}

  Result<std::map<std::string, std::int32_t>> topics(const Names& topics, int timeout_ms) override {
    if (Status status = faults_.take("topics"); !status.ok()) return status;
    return inner_->topics(topics, timeout_ms);
  }
  Status check_access(const Names&, const char*, int) override { return faults_.take("check_access"); }
  Result<std::vector<Status>> create_topics(const std::vector<client::NewTopic>& topics, int timeout_ms) override {
    const Status status = faults_.take("create_topics");
    if (!status.ok()) return std::vector<Status>(topics.size(), status);
    return inner_->create_topics(topics, timeout_ms);
  }
  Status delete_topics(const Names& topics, int timeout_ms) override {
    return inner_->delete_topics(topics, timeout_ms);
  }
  Status delete_records(const std::vector<client::OffsetAndMetadata>& before, int timeout_ms) override {
    return inner_->delete_records(before, timeout_ms);
  }
  Result<std::map<client::TopicPartition, client::OffsetRange>> offsets(
      const std::vector<client::TopicPartition>& partitions, int timeout_ms) override {
    if (Status status = faults_.take("offsets"); !status.ok()) return status;
    return inner_->offsets(partitions, timeout_ms);
  }
  Result<std::map<client::TopicPartition, std::int64_t>> offsets_at(
      const std::map<client::TopicPartition, Timestamp>& times, int timeout_ms) override {
    if (Status status = faults_.take("offsets_at"); !status.ok()) return status;
    return inner_->offsets_at(times, timeout_ms);
  }
  Result<std::map<std::string, std::string>> topic_configs(const std::string& topic, int timeout_ms) override {
    return inner_->topic_configs(topic, timeout_ms);
  }
  Result<client::GroupDescription> describe_group(const std::string& group, int timeout_ms) override {
    return inner_->describe_group(group, timeout_ms);
  }
  Status delete_group(const std::string& group, int timeout_ms) override {
    return inner_->delete_group(group, timeout_ms);
  }

 private:
  std::unique_ptr<client::Admin> inner_;
  Faults& faults_;
};

class FaultyClients final : public client::ClientFactory {
 public:
  FaultyClients(client::ClientFactory& inner, Faults& faults) : inner_(inner), faults_(faults) {}
  std::unique_ptr<client::Consumer> consumer(const client::Settings& settings) override {
    return std::make_unique<FaultyConsumer>(inner_.consumer(settings), faults_);
  }
  std::unique_ptr<client::Producer> producer(const client::Settings& settings) override {
    ++faults_.calls["producer"];
    return std::make_unique<FaultyProducer>(inner_.producer(settings), faults_);
  }
  std::unique_ptr<client::Admin> admin(const client::Settings& settings) override {
    return std::make_unique<FaultyAdmin>(inner_.admin(settings), faults_);
  }

 private:
  client::ClientFactory& inner_;
  Faults& faults_;
};

}  // namespace streams::runtime
