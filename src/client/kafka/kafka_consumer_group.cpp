// What a consumer does as a member of its group: offsets, membership, leaving.
#include "client/kafka/group_membership.hpp"
#include "client/kafka/kafka_consumer.hpp"
#include "client/kafka/kafka_status.hpp"
#include "client/kafka/partition_list.hpp"

#include <cstring>
#include <utility>

namespace streams::client::kafka {
namespace {

constexpr std::chrono::seconds kFirstAssignmentWait{10};

Permission may_read(std::string_view topic) { return {Permission::Resource::kTopic, std::string(topic), "Read"}; }

struct CommitOutcome {
  const Handle& handle;
  Permission group;
  Status status;
};

/// Takes the outcome of a commit per partition.
void commit_done(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* offsets, void* opaque) {
  auto& [handle, group, status] = *static_cast<CommitOutcome*>(opaque);
  for (const rd_kafka_topic_partition_t& entry : entries(offsets)) {
    if (entry.err == RD_KAFKA_RESP_ERR_NO_ERROR || !status.ok()) continue;
    status = handle.failure(
        entry.err, "Committing offset " + std::to_string(entry.offset) + " of " + name_of(entry.topic, entry.partition),
        {}, {may_read(entry.topic), group});
  }
  if (status.ok() && error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    status = handle.failure(error, "Committing offsets", {}, {group});
  }
}

}  // namespace

Result<std::vector<OffsetAndMetadata>> KafkaConsumer::committed(const std::vector<TopicPartition>& partitions,
                                                                int timeout_ms) {
  const std::string what = "Reading committed offsets of " + std::to_string(partitions.size()) + " partitions";
  const PartitionListPtr list = to_list(partitions);
  if (const auto error = rd_kafka_committed(handle_->get(), list.get(), timeout_ms)) {
    return handle_->failure(error, what, {}, {may_join()});
  }
  std::vector<OffsetAndMetadata> result;
  for (const rd_kafka_topic_partition_t& entry : entries(list.get())) {
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return handle_->failure(entry.err, "Reading the committed offset of " + name_of(entry.topic, entry.partition), {},
                              {may_read(entry.topic), may_join()});
    }
    OffsetAndMetadata& offset = result.emplace_back();
    offset.partition = {entry.topic, entry.partition};
    offset.offset = entry.offset >= 0 ? entry.offset : -1;
    // librdkafka keeps the length it was told but copies only up to the first zero byte.
    if (entry.metadata_size > 0) {
      const char* metadata = static_cast<const char*>(entry.metadata);
      offset.metadata.assign(metadata, strnlen(metadata, entry.metadata_size));
    }
  }
  return result;
}

Status KafkaConsumer::commit(const std::vector<OffsetAndMetadata>& offsets) {
  if (offsets.empty()) return {};
  const std::string what = "Committing offsets of " + std::to_string(offsets.size()) + " partitions";
  if (Status refusal = refuse_unless_member(what); !refusal.ok()) return refusal;
  const PartitionListPtr list = to_list(offsets);
  CommitOutcome outcome{*handle_, may_join(), {}};
  const auto error = rd_kafka_commit_queue(handle_->get(), list.get(), nullptr, &commit_done, &outcome);
  if (!outcome.status.ok() || error == RD_KAFKA_RESP_ERR_NO_ERROR) return outcome.status;
  return handle_->failure(error, what, {}, {may_join()});
}

Permission KafkaConsumer::may_join() const { return {Permission::Resource::kGroup, group_, "Read"}; }

Status KafkaConsumer::refuse_unless_member(const std::string& what) {
  if (listener_ == nullptr) return {};
  if (const auto metadata = group_metadata(); !metadata.ok()) return metadata.status();
  // Last: asking for the metadata wakes librdkafka's thread, which then sends the request to join that it has waiting.
  const JoinState state = handle_->join_state();
  if (state != JoinState::kOut && state != JoinState::kJoining) return {};
  return {StatusCode::kRebalanceInProgress,
          what + ": the group is rebalancing. Poll until the new assignment has come, then try again."};
}

Result<GroupMetadata> KafkaConsumer::group_metadata() {
  const GroupMetadataPtr metadata(rd_kafka_consumer_group_metadata(handle_->get()));
  if (metadata == nullptr) return Status(StatusCode::kInvalidArgument, "Group metadata: the consumer has no group.id.");
  void* buffer = nullptr;
  std::size_t size = 0;
  const ErrorPtr error(rd_kafka_consumer_group_metadata_write(metadata.get(), &buffer, &size));
  if (error != nullptr) return make_status(rd_kafka_error_code(error.get()), "Group metadata");
  GroupMetadata result{Bytes(static_cast<const char*>(buffer), size)};
  rd_kafka_mem_free(handle_->get(), buffer);
  const Membership membership = read_membership(result.opaque);
  // With neither, the broker would accept offsets from anybody.
  if (membership.generation < 0 || membership.member.empty()) {
    return Status(StatusCode::kRebalanceInProgress,
                  "Group metadata: the consumer is not a member of its group at present. Poll until it is.");
  }
  return result;
}

void KafkaConsumer::close(Leaving leaving) {
  if (handle_ == nullptr) return;
  if (leaving == Leaving::kLeave && is_static_) {
    handle_->log(LogLevel::kWarn,
                 "Consumer: a member with group.instance.id cannot leave; it remains until its session ends.");
  }
  const bool safe = safe_to_destroy();
  if (safe && leaving == Leaving::kRemain && !is_static_) {
    give_back_all();
    handle_->remain_in_group();
  } else if (safe) {
    rd_kafka_consumer_close(handle_->get());  // calls the listener
  } else {
    handle_->log(
        LogLevel::kError,
        "Consumer: no first assignment came in time, and librdkafka cannot close before; its threads and memory stay.");
    new std::shared_ptr<Handle>(handle_);
    rd_kafka_unsubscribe(handle_->get());
  }
  while (!partitions_.empty()) drop(TopicPartition(partitions_.begin()->first));
  rd_kafka_queue_cb_event_enable(events_.get(), nullptr, nullptr);
  events_.reset();
  handle_->on_rebalance = nullptr;
  if (thrown_ != nullptr) handle_->log(LogLevel::kError, "Consumer: the rebalance listener threw while closing.");
  handle_.reset();
}

// Without librdkafka, which would leave the group.
void KafkaConsumer::give_back_all() {
  const std::vector<TopicPartition> partitions(owned_.begin(), owned_.end());
  owned_.clear();
  if (listener_ == nullptr || partitions.empty()) return;
  try {
    if (group_metadata().ok())
      listener_->on_revoked(partitions);
    else
      listener_->on_lost(partitions);
  } catch (...) {
    thrown_ = std::current_exception();
  }
}

// Destroying a cooperative-sticky member that has joined but never got an assignment ends the process (librdkafka
// before 2.3, assertion assignor_state).
bool KafkaConsumer::safe_to_destroy() {
  if (listener_ == nullptr) return true;
  const auto safe = [this] {
    return was_assigned_ || (handle_->join_state() != JoinState::kJoining && !handle_->was_let_in());
  };
  if (safe()) return true;
  listener_ = nullptr;  // it need not hear of an assignment that is given up at once
  const auto deadline = std::chrono::steady_clock::now() + kFirstAssignmentWait;
  while (!safe() && std::chrono::steady_clock::now() < deadline) {
    if (rd_kafka_message_t* message = rd_kafka_consumer_poll(handle_->get(), 50)) rd_kafka_message_destroy(message);
  }
  return was_assigned_ || !handle_->was_let_in();
}

}  // namespace streams::client::kafka
