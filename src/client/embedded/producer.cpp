// Sending of records.
#include "client/embedded/producer.hpp"

#include <utility>

namespace streams::client::embedded {
namespace {

Status refusal(AppendOutcome outcome, const TopicPartition& to) {
  const std::string where = " (sent to " + name_of(to) + ")";
  switch (outcome) {
    case AppendOutcome::kTooLarge:
      return {StatusCode::kInvalidArgument, "The record is larger than max.message.bytes" + where};
    case AppendOutcome::kNoKey:
      return {StatusCode::kInvalidArgument, "Compacted topic cannot accept a record without key" + where};
    case AppendOutcome::kFenced:
      return {StatusCode::kFenced, "Another producer took over the transactional.id" + where};
    default:
      return unknown_partition(to);
  }
}

}  // namespace

EmbeddedProducer::EmbeddedProducer(ClusterPtr cluster, const Settings& settings)
    : cluster_(std::move(cluster)),
      transactional_id_(setting(settings, "transactional.id", "")),
      transaction_timeout_ms_(milliseconds_setting(settings, "transaction.timeout.ms", 60'000)) {
  if (!transactional_id_.empty()) state_ = State::kNone;
}

EmbeddedProducer::Target* EmbeddedProducer::target(const ProducerRecord& record) {
  if (latest_ != nullptr && latest_->first == record.topic) {
    const auto partition = static_cast<std::size_t>(record.partition);
    if (partition < latest_->second.size() && latest_->second[partition].log) return &latest_->second[partition];
  }
  return resolve(record);
}

EmbeddedProducer::Target* EmbeddedProducer::resolve(const ProducerRecord& record) {
  auto found = targets_.find(record.topic);
  const auto partition = static_cast<std::size_t>(record.partition);
  if (found == targets_.end() || partition >= found->second.size() || !found->second[partition].log) {
    const auto topic = cluster_->topics.find_or_create(record.topic);
    if (!topic || partition >= topic->partitions.size()) return nullptr;
    if (found == targets_.end()) found = targets_.emplace(topic->name, std::vector<Target>()).first;
    found->second.resize(std::max(found->second.size(), topic->partitions.size()));
    for (std::size_t p = 0; p < topic->partitions.size(); ++p) found->second[p].log = topic->partitions[p];
  }
  latest_ = &*found;
  return &found->second[partition];
}

Appended EmbeddedProducer::append(Target& to, const ProducerRecord& record) {
  NewEntry entry;
  entry.timestamp = record.timestamp;
  entry.key = record.key;
  entry.value = record.value;
  entry.headers = record.headers;
  if (state_ == State::kPlain) return to.log->append(entry, Fence{});
  if (to.pending < 0 && !enlist(to).ok()) return {AppendOutcome::kFenced, -1};
  entry.producer_id = session_.id->producer_id;
  return to.log->append(entry, session_.fence());
}

Status EmbeddedProducer::send(const ProducerRecord& record) {
  if (state_ != State::kPlain && state_ != State::kOpen) return may_send();
  Target* to = target(record);
  Appended appended = to != nullptr ? append(*to, record) : Appended{AppendOutcome::kDeleted, -1};
  if (appended.outcome == AppendOutcome::kDeleted && to != nullptr) {  // the topic may have been made anew
    to->log = nullptr;
    to->pending = -1;
    to = target(record);
    if (to != nullptr) appended = append(*to, record);
  }
  if (appended.outcome == AppendOutcome::kOk) {
    (state_ == State::kPlain ? to->acked : to->pending) = appended.offset;
    return {};
  }
  refuse(record, refusal(appended.outcome, {std::string(record.topic), record.partition}));
  return {};
}

void EmbeddedProducer::refuse(const ProducerRecord& record, Status status) {
  if (state_ == State::kOpen) fail(status).ignore("the next call of the transaction says it again");
  errors_.push_back({{std::string(record.topic), record.partition},
                     detail::owned(record.key),
                     detail::owned(record.value),
                     std::move(status)});
}

Status EmbeddedProducer::flush(int) { return {}; }

std::vector<DeliveryError> EmbeddedProducer::take_errors() { return std::exchange(errors_, {}); }

std::int64_t EmbeddedProducer::acked_offset(const TopicPartition& partition) const {
  const auto found = targets_.find(partition.topic);
  if (found == targets_.end() || static_cast<std::size_t>(partition.partition) >= found->second.size()) return -1;
  return found->second[static_cast<std::size_t>(partition.partition)].acked;
}

Result<std::int32_t> EmbeddedProducer::partitions(const std::string& topic, int) {
  const auto found = cluster_->topics.find_or_create(topic);
  if (!found) return unknown_topic(topic);
  return static_cast<std::int32_t>(found->partitions.size());
}

std::unique_ptr<Producer> make_producer(ClusterPtr cluster, const Settings& settings) {
  return std::make_unique<EmbeddedProducer>(std::move(cluster), settings);
}

}  // namespace streams::client::embedded
