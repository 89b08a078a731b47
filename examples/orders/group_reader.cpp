// Partitions wait until their committed offsets are known, then they are read.
#include "group_reader.hpp"

#include <vector>

namespace orders {

using namespace streams::client;
using streams::Status;
using streams::StatusCode;

GroupReader::GroupReader(ClientFactory& clients, const Settings& settings) : consumer_(clients.consumer(settings)) {}

GroupReader::~GroupReader() { consumer_->close(); }

Status GroupReader::subscribe(const std::string& topic) { return consumer_->subscribe({topic}, *this); }

Status GroupReader::poll(int timeout_ms) {
  std::vector<ConsumerError> errors;
  consumer_->poll(timeout_ms, errors);
  Status status = begin_reading();
  for (const ConsumerError& error : errors) {
    if (error.status.code() == StatusCode::kOffsetOutOfRange) {  // what was committed is deleted by now
      consumer_->seek({error.partition, PartitionStart::kEarliest}).ignore("the error comes again");
    }
    status = error.status;
  }
  return status;
}

void GroupReader::start_over() {
  const std::vector<TopicPartition> again(reading_.begin(), reading_.end());
  consumer_->unassign(again).ignore("they are assigned anew");
  waiting_.merge(reading_);
  reading_.clear();
}

void GroupReader::on_assigned(std::span<const TopicPartition> added) { waiting_.insert(added.begin(), added.end()); }

void GroupReader::on_revoked(std::span<const TopicPartition> removed) {
  for (const TopicPartition& partition : removed) {
    waiting_.erase(partition);
    reading_.erase(partition);
  }
  consumer_->unassign(removed).ignore("they are somebody else's now");
}

Status GroupReader::begin_reading() {
  if (waiting_.empty()) return {};
  const auto committed = consumer_->committed({waiting_.begin(), waiting_.end()}, 30'000);
  if (!committed.ok()) return committed.status();
  std::vector<PartitionStart> starts;
  for (const OffsetAndMetadata& at : committed.value()) {
    starts.push_back({at.partition, at.offset < 0 ? PartitionStart::kEarliest : at.offset});
  }
  if (Status status = consumer_->assign(starts); !status.ok()) return status;
  reading_.merge(waiting_);
  waiting_.clear();
  return {};
}

}  // namespace orders
