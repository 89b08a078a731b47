// A consumer whose partitions each have a queue of their own, so that none holds up another and nothing is ever paused.
#include "client/kafka/kafka_consumer.hpp"

#include "client/kafka/kafka_status.hpp"
#include "client/kafka/partition_list.hpp"
#include "client/kafka/record_batch.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace streams::client::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kResolveTimeoutMs = 1000;
constexpr std::chrono::milliseconds kKickInterval{2};
constexpr int kSeekTimeoutMs = 10000;

void wake(rd_kafka_t*, void* waker) { static_cast<Waker*>(waker)->notify(); }

std::string get_or_empty(const Settings& settings, const char* name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string() : found->second;
}

Status from(const ErrorPtr& error, std::string_view what) {
  if (error == nullptr) return {};
  return make_status(rd_kafka_error_code(error.get()), what, rd_kafka_error_string(error.get()));
}

/// Of the failures that librdkafka reports outside of a call: the others are single connections, which it opens again.
bool concerns_user(rd_kafka_resp_err_t error) {
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || error == RD_KAFKA_RESP_ERR__RESOLVE) return true;
  const StatusCode code = code_of(error);
  return code == StatusCode::kAuthorization || code == StatusCode::kNotFound;
}

Status not_assigned(const TopicPartition& partition, const char* what) {
  return {StatusCode::kInvalidArgument, std::string(what) + " " + name_of(partition) +
                                            ": the partition is not assigned to this consumer. Assign it first."};
}

}  // namespace

KafkaConsumer::KafkaConsumer(const Settings& settings, LoggerPtr logger, bool show_debug)
    : handle_(Handle::open(Kind::kConsumer, make_conf(settings), std::move(logger), show_debug)),
      group_(settings.at("group.id")),
      has_group_(group_ != kNoGroup),
      is_static_(!get_or_empty(settings, "group.instance.id").empty()),
      kicks_(!settings.contains("fetch.queue.backoff.ms")),
      kick_user_(get_or_empty(settings, "sasl.username")),
      kick_password_(get_or_empty(settings, "sasl.password")) {
  handle_->on_rebalance = [this](rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list) {
    rebalance(error, list);
  };
  rd_kafka_poll_set_consumer(handle_->get());
  events_.reset(rd_kafka_queue_get_consumer(handle_->get()));
  rd_kafka_queue_cb_event_enable(events_.get(), &wake, &waker_);
}

KafkaConsumer::~KafkaConsumer() { KafkaConsumer::close(); }

Status KafkaConsumer::subscribe(const std::vector<std::string>& topics, RebalanceListener& listener) {
  listener_ = &listener;
  const PartitionListPtr list = new_list(topics.size());
  for (const std::string& topic : topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  return make_status(rd_kafka_subscribe(handle_->get(), list.get()), "Subscribing to topics");
}

Status KafkaConsumer::assign(std::span<const PartitionStart> partitions) {
  for (const PartitionStart& start : partitions) {
    const bool leaving = std::ranges::find(to_unassign_, start.partition) != to_unassign_.end();
    if (leaving || partitions_.contains(start.partition)) {
      return {leaving ? StatusCode::kRebalanceInProgress : StatusCode::kInvalidArgument,
              "Assigning " + name_of(start.partition) + ": it is assigned already. " +
                  (leaving ? "Poll first." : "Use seek to move its position.")};
    }
  }
  for (const PartitionStart& start : partitions) {
    Partition& partition = partitions_[start.partition];
    partition.position = std::max<std::int64_t>(start.offset, -1);
    partition.queue.reset(
        rd_kafka_queue_get_partition(handle_->get(), start.partition.topic.c_str(), start.partition.partition));
    rd_kafka_queue_forward(partition.queue.get(), nullptr);
    rd_kafka_queue_cb_event_enable(partition.queue.get(), &wake, &waker_);
  }
  std::vector<PartitionStart> starts(partitions.begin(), partitions.end());
  resolve(starts);
  if (!in_callback_) return hand_over_assign(starts);
  std::ranges::move(starts, std::back_inserter(to_assign_));
  return {};
}

// Asks where "earliest" and "latest" are: librdkafka would look at half-second intervals until it knows the leader.
// What cannot be answered in time is left to it.
void KafkaConsumer::resolve(std::vector<PartitionStart>& starts) {
  PartitionListPtr list = new_list(starts.size());
  for (const PartitionStart& start : starts) {
    if (start.offset < 0) add(list, start.partition)->offset = start.offset;
  }
  if (list->cnt == 0) return;
  if (rd_kafka_offsets_for_times(handle_->get(), list.get(), kResolveTimeoutMs) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const rd_kafka_topic_partition_t* answer = list->elems;  // in the order of the questions
  for (PartitionStart& start : starts) {
    if (start.offset >= 0) continue;
    if (answer->err == RD_KAFKA_RESP_ERR_NO_ERROR && answer->offset >= 0) {
      start.offset = answer->offset;
      partitions_[start.partition].position = start.offset;
    }
    ++answer;
  }
}

Status KafkaConsumer::hand_over_assign(const std::vector<PartitionStart>& starts) {
  PartitionListPtr list = new_list(starts.size());
  for (const PartitionStart& start : starts) add(list, start.partition)->offset = start.offset;
  const ErrorPtr error(rd_kafka_incremental_assign(handle_->get(), list.get()));
  if (error != nullptr) {
    for (const PartitionStart& start : starts) drop(start.partition);
  }
  return from(error, "Assigning " + std::to_string(starts.size()) + " partitions");
}

Status KafkaConsumer::unassign(std::span<const TopicPartition> partitions) {
  std::vector<TopicPartition> known;
  for (const TopicPartition& partition : partitions) {
    if (drop(partition)) known.push_back(partition);
  }
  // Otherwise the call would be taken for the answer to a callback that has not been made yet.
  if (in_callback_ || (listener_ != nullptr && handle_->join_state() == JoinState::kRevoking)) {
    to_unassign_.insert(to_unassign_.end(), known.begin(), known.end());
    return {};
  }
  return known.empty() ? Status() : hand_over_unassign(known);
}

Status KafkaConsumer::hand_over_unassign(const std::vector<TopicPartition>& partitions) {
  const PartitionListPtr list = to_list(partitions);
  const ErrorPtr error(rd_kafka_incremental_unassign(handle_->get(), list.get()));
  return from(error, "Unassigning " + std::to_string(partitions.size()) + " partitions");
}

bool KafkaConsumer::drop(const TopicPartition& name) {
  const auto found = partitions_.find(name);
  if (found == partitions_.end()) return false;
  rd_kafka_queue_cb_event_enable(found->second.queue.get(), nullptr, nullptr);
  partitions_.erase(found);
  return true;
}

Status KafkaConsumer::seek(const PartitionStart& start) {
  const auto found = partitions_.find(start.partition);
  if (found == partitions_.end()) return not_assigned(start.partition, "Seeking in");
  std::vector<PartitionStart> resolved{start};
  resolve(resolved);
  const std::int64_t offset = resolved[0].offset;
  found->second.position = std::max<std::int64_t>(offset, -1);
  found->second.at_end = false;
  found->second.heard = false;
  const auto waiting = std::ranges::find(to_assign_, start.partition, &PartitionStart::partition);
  if (waiting != to_assign_.end()) {
    waiting->offset = offset;
    return {};
  }
  PartitionListPtr list = new_list(1);
  add(list, start.partition)->offset = offset;
  const ErrorPtr error(rd_kafka_seek_partitions(handle_->get(), list.get(), kSeekTimeoutMs));
  if (error == nullptr && list->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return restart(resolved[0]);
}

// librdkafka cannot seek before fetching has begun.
Status KafkaConsumer::restart(const PartitionStart& start) {
  if (const Status status = hand_over_unassign({start.partition}); !status.ok()) return status;
  return hand_over_assign({start});
}

void KafkaConsumer::rebalance(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t* list) {
  in_callback_ = true;
  called_back_ = true;
  const std::vector<TopicPartition> partitions = names(list);
  try {
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      was_assigned_ = true;
      owned_.insert(partitions.begin(), partitions.end());
      if (listener_ != nullptr) listener_->on_assigned(partitions);
    } else if (listener_ != nullptr) {
      for (const TopicPartition& partition : partitions) owned_.erase(partition);
      // A consumer that did not poll may have left the group since it was asked to give something back.
      if (rd_kafka_assignment_lost(handle_->get()) != 0 || !group_metadata().ok()) {
        listener_->on_lost(partitions);
      } else {
        listener_->on_revoked(partitions);
      }
    }
  } catch (...) {  // not through librdkafka's frames: poll or close throws it
    thrown_ = std::current_exception();
  }
  in_callback_ = false;
  answer(error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS);
}

// The first call is the answer to the callback, even if it is about nothing.
void KafkaConsumer::answer(bool assigned) {
  const std::vector<PartitionStart> added = std::exchange(to_assign_, {});
  const std::vector<TopicPartition> removed = std::exchange(to_unassign_, {});
  const auto assign_now = [&] {
    const Status status = hand_over_assign(added);
    if (!status.ok()) pending_errors_.push_back({{}, status});
    return status.ok();
  };
  const auto unassign_now = [&] {
    const Status status = hand_over_unassign(removed);
    if (!status.ok()) pending_errors_.push_back({{}, status});
    return status.ok();
  };
  if (assigned) {
    if (!assign_now()) hand_over_assign({}).ignore("the failure is reported; this only ends the callback");
    if (!removed.empty()) unassign_now();
  } else {
    if (!unassign_now()) hand_over_unassign({}).ignore("the failure is reported; this only ends the callback");
    if (!added.empty()) assign_now();
  }
}

void KafkaConsumer::poll(int timeout_ms, std::vector<ConsumerError>& errors) {
  if (handle_ == nullptr) return;
  const bool something = serve(errors) || std::exchange(left_some_, false);
  if (something || timeout_ms <= 0) return;
  waker_.wait(std::chrono::milliseconds(timeout_ms));
  serve(errors);
}

bool KafkaConsumer::serve(std::vector<ConsumerError>& errors) {
  const std::size_t before = errors.size();
  called_back_ = false;
  while (rd_kafka_message_t* message = rd_kafka_consumer_poll(handle_->get(), 0)) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) note_error(*message, RD_KAFKA_PARTITION_UA);
    rd_kafka_message_destroy(message);
  }
  for (const Handle::Event& event : handle_->take_events()) {
    Status status = handle_->failure(event.error, "Consumer", event.reason, {may_join()});
    if (event.fatal) status = as_fatal(std::move(status));
    if (event.fatal || concerns_user(event.error)) {
      errors.push_back({{}, std::move(status)});
    } else {
      handle_->log(LogLevel::kInfo, status.message());
    }
  }
  std::ranges::move(std::exchange(pending_errors_, {}), std::back_inserter(errors));
  if (thrown_ != nullptr) std::rethrow_exception(std::exchange(thrown_, nullptr));
  return called_back_ || errors.size() > before;
}

void KafkaConsumer::note_error(const rd_kafka_message_t& message, std::int32_t partition) {
  if (!has_group_ && message.err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) return;  // of no interest
  ConsumerError error;
  if (message.rkt != nullptr) error.partition = {rd_kafka_topic_name(message.rkt), partition};
  std::string what = "Consumer";
  if (!error.partition.topic.empty()) {
    what = "Reading " + (partition < 0 ? error.partition.topic : name_of(error.partition));
    if (message.offset >= 0) what += " at offset " + std::to_string(message.offset);
  }
  error.status = handle_->failure(message.err, what, rd_kafka_message_errstr(&message),
                                  {{Permission::Resource::kTopic, error.partition.topic, "Read"}, may_join()});
  pending_errors_.push_back(std::move(error));
}

std::unique_ptr<RecordBatch> KafkaConsumer::fetch(const TopicPartition& name, std::size_t max) {
  const auto found = partitions_.find(name);
  if (found == partitions_.end()) return nullptr;
  Partition& partition = found->second;
  // Asking first keeps librdkafka from waiting on an empty queue, for a timeout of 0 is a wait as well.
  const std::size_t queued = rd_kafka_queue_length(partition.queue.get());
  if (queued == 0 || max == 0) return nullptr;
  if (queued > max) left_some_ = true;
  scratch_.resize(std::min(queued, max));
  const ssize_t taken = rd_kafka_consume_batch_queue(partition.queue.get(), 0, scratch_.data(), scratch_.size());
  if (taken <= 0) return nullptr;
  auto batch = std::make_unique<KafkaRecordBatch>(handle_, static_cast<std::size_t>(taken));
  for (rd_kafka_message_t* message : std::span(scratch_).first(static_cast<std::size_t>(taken))) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      partition.position = message->offset + 1;
      partition.at_end = false;
      partition.heard = true;
      batch->add(message);
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      partition.position = message->offset;
      partition.at_end = true;
    } else {
      note_error(*message, name.partition);
    }
    rd_kafka_message_destroy(message);
  }
  if (batch->records().empty()) return nullptr;
  if (kicks_) keep_fetching();
  return batch;
}

// Before 2.2, librdkafka's broker thread sleeps up to a second when every queue is full, and nobody tells it that there
// is room again. New credentials, even the same ones, are the one call that wakes it without a request to the broker.
void KafkaConsumer::keep_fetching() {
  const Clock::time_point now = Clock::now();
  if (now - last_kick_ < kKickInterval) return;
  last_kick_ = now;
  const ErrorPtr error(rd_kafka_sasl_set_credentials(handle_->get(), kick_user_.c_str(), kick_password_.c_str()));
}

bool KafkaConsumer::at_end(const TopicPartition& name) const {
  const auto found = partitions_.find(name);
  if (found == partitions_.end()) return false;
  const Partition& partition = found->second;
  if (partition.at_end) return true;
  // The event that says so comes only with the broker's next answer, which waits for records. Most often the answer
  // that brought the last record told where the end is (of all records: under read_committed it may be further on).
  std::int64_t low = -1;
  std::int64_t high = -1;
  return partition.heard && partition.position >= 0 &&
         rd_kafka_get_watermark_offsets(handle_->get(), name.topic.c_str(), name.partition, &low, &high) ==
             RD_KAFKA_RESP_ERR_NO_ERROR &&
         high == partition.position;
}

std::int64_t KafkaConsumer::position(const TopicPartition& name) const {
  const auto found = partitions_.find(name);
  return found != partitions_.end() ? found->second.position : -1;
}

}  // namespace streams::client::kafka
