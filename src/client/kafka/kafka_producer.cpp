// A producer, transactional where "transactional.id" is set.
#include "client/kafka/kafka_producer.hpp"

#include "client/kafka/deadline.hpp"
#include "client/kafka/group_membership.hpp"
#include "client/kafka/kafka_status.hpp"
#include "client/kafka/partition_list.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace streams::client::kafka {
namespace {

constexpr std::chrono::seconds kQueueFullWait{60};  // as Java's max.block.ms
constexpr std::size_t kMaxHeldBytes = 32 << 20;     // as Java's buffer.memory
constexpr std::size_t kRecordOverhead = 32;         // in a request, at most, without headers
constexpr int kQueueFullPollMs = 20;
constexpr double kJoinShare = 0.8;
constexpr int kSendsPerPoll = 500;
constexpr int kRetryPauseMs = 10;
constexpr int kLookMs = 500;                           ///< whether there is reason to wait on
constexpr std::chrono::minutes kPartitionCountAge{5};  // as Java's metadata.max.age.ms

/// An empty view may have no address, which librdkafka would take for null.
rd_kafka_vu_t bytes(rd_kafka_vtype_t type, const OptionalView& view) {
  rd_kafka_vu_t result{};
  result.vtype = type;
  if (view.has_value()) {
    result.u.mem.ptr = const_cast<char*>(view->empty() ? "" : view->data());
    result.u.mem.size = view->size();
  }
  return result;
}

rd_kafka_headers_t* to_rdkafka(const Headers& headers) {
  rd_kafka_headers_t* list = rd_kafka_headers_new(headers.size());
  for (const Header& header : headers) {
    const char* value = header.value.has_value() ? header.value->c_str() : nullptr;
    const auto size = header.value.has_value() ? static_cast<ssize_t>(header.value->size()) : 0;
    rd_kafka_header_add(list, header.key.data(), static_cast<ssize_t>(header.key.size()), value, size);
  }
  return list;
}

/// librdkafka takes timestamp 0 for "now", but for Kafka it is a time like any other. So such a record is handed over
/// with this one, and corrected before librdkafka queues it.
constexpr Timestamp kInsteadOfZero = 1;

/// The timestamp is in librdkafka's own part of the message, behind the public one. Where exactly, the accessor
/// confirms: if it does not (in a version built differently), the record keeps its millisecond.
void set_time_zero(rd_kafka_message_t* message) {
  constexpr std::size_t kPrivateWordsToTry = 6;
  const Timestamp zero = 0;
  for (std::size_t i = 0; i < kPrivateWordsToTry; ++i) {
    char* place = reinterpret_cast<char*>(message + 1) + i * sizeof(Timestamp);
    Timestamp before = 0;
    std::memcpy(&before, place, sizeof before);
    if (before != kInsteadOfZero) continue;
    std::memcpy(place, &zero, sizeof zero);
    if (rd_kafka_message_timestamp(message, nullptr) == 0) return;
    std::memcpy(place, &before, sizeof before);
  }
}

double number(const rd_kafka_conf_t* conf, const char* setting) {
  char text[64];
  std::size_t size = sizeof text;
  if (rd_kafka_conf_get(conf, setting, text, &size) != RD_KAFKA_CONF_OK) return 0;
  return std::strtod(text, nullptr);
}

std::size_t size_of(const OptionalView& text) { return text.has_value() ? text->size() : 0; }

std::size_t bytes_of(const ProducerRecord& record) {
  std::size_t bytes = kRecordOverhead + size_of(record.key) + size_of(record.value);
  if (record.headers == nullptr) return bytes;
  for (const Header& header : *record.headers) {
    bytes += kRecordOverhead + header.key.size() + (header.value.has_value() ? header.value->size() : 0);
  }
  return bytes;
}

Permission may_write(std::string_view topic) { return {Permission::Resource::kTopic, std::string(topic), "Write"}; }

OptionalBytes copy(const void* data, std::size_t size) {
  if (data == nullptr) return {};
  return Bytes(static_cast<const char*>(data), size);
}

}  // namespace

KafkaProducer::KafkaProducer(const Settings& settings, LoggerPtr logger, bool show_debug) {
  ConfPtr conf = make_conf(settings);
  if (const auto id = settings.find("transactional.id"); id != settings.end()) transactional_id_ = id->second;
  max_batch_records_ = static_cast<std::size_t>(number(conf.get(), "batch.num.messages"));
  max_message_bytes_ = static_cast<std::size_t>(number(conf.get(), "message.max.bytes"));
  max_batch_bytes_ = std::min(max_message_bytes_, static_cast<std::size_t>(number(conf.get(), "batch.size")));
  // The batch leaves after linger.ms: what joins it just before would be left behind, old enough to be sent.
  const std::chrono::duration<double, std::milli> linger(number(conf.get(), "linger.ms"));
  batch_window_ = std::chrono::duration_cast<Clock::duration>(linger * kJoinShare);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &KafkaProducer::delivered);
  const auto when_new = [](rd_kafka_t* handle, const rd_kafka_conf_t*, void* self, char*, std::size_t) {
    return rd_kafka_interceptor_add_on_send(handle, "time zero", &KafkaProducer::sending, self);
  };
  rd_kafka_conf_interceptor_add_on_new(conf.get(), "time zero", when_new, this);
  handle_ = Handle::open(Kind::kProducer, std::move(conf), std::move(logger), show_debug);
}

KafkaProducer::~KafkaProducer() {
  topics_.clear();  // their handles go before the client's
}

rd_kafka_resp_err_t KafkaProducer::sending(rd_kafka_t*, rd_kafka_message_t* message, void* self) {
  if (static_cast<KafkaProducer*>(self)->at_time_zero_) set_time_zero(message);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void KafkaProducer::delivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto& partition = *static_cast<Partition*>(message->_private);
  if (--partition.under_way == 0 && !partition.held.empty()) {
    partition.producer->acknowledged_.push_back(&partition);
  }
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    // A retried record may have been written before, and then comes without its offset (-1001).
    partition.acked = std::max(partition.acked, message->offset);
    return;
  }
  if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
    return;  // an aborted transaction's, given up by us
  }
  DeliveryError& error = partition.producer->errors_.emplace_back();
  error.partition = {rd_kafka_topic_name(message->rkt), message->partition};
  error.key = copy(message->key, message->key_len);
  error.value = copy(message->payload, message->len);
  error.status = partition.producer->failure(message->err, "Sending to " + name_of(error.partition),
                                             {may_write(error.partition.topic)});
}

/// The client's fatal error, where it has one.
Status KafkaProducer::failure(rd_kafka_resp_err_t error, std::string_view what, const Permissions& needed) const {
  char reason[512];
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(handle_->get(), reason, sizeof reason);
  if (fatal == RD_KAFKA_RESP_ERR_NO_ERROR) return handle_->failure(error, what, {}, needed);
  return as_fatal(handle_->failure(fatal, what, reason, needed));
}

/// Not ok: the transaction has failed for a topic that it must not write to.
Status KafkaProducer::refused() {
  if (const auto topic = handle_->take_refused_topic()) {
    refused_ =
        handle_->failure(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "Sending to " + *topic, {}, {may_write(*topic)});
  }
  return refused_;
}

KafkaProducer::Topic& KafkaProducer::topic(std::string_view name) {
  if (last_topic_ != nullptr && last_topic_->name == name) return *last_topic_;
  auto found = topics_.find(name);
  if (found == topics_.end()) {
    auto created = std::make_unique<Topic>();
    created->name = name;
    created->handle.reset(rd_kafka_topic_new(handle_->get(), created->name.c_str(), nullptr));
    const std::string_view key = created->name;
    found = topics_.emplace(key, std::move(created)).first;
  }
  return *(last_topic_ = found->second.get());
}

Status KafkaProducer::send(const ProducerRecord& record) {
  if (record.partition < 0 || record.topic.empty()) {
    return {StatusCode::kInvalidArgument, "Sending to " + name_of(record.topic, record.partition) +
                                              ": a record needs a topic and a partition from 0."};
  }
  Topic& to = topic(record.topic);
  const std::size_t bytes = bytes_of(record);
  while (to.partitions.size() <= static_cast<std::size_t>(record.partition)) {
    to.partitions.emplace_back(this, &to, static_cast<std::int32_t>(to.partitions.size()));
  }
  Partition& partition = to.partitions[static_cast<std::size_t>(record.partition)];
  if (++sent_since_poll_ >= kSendsPerPoll) serve(0);
  if (size_of(record.key) + size_of(record.value) > max_message_bytes_) {
    return send_failure(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, partition);
  }
  if (!partition.held.empty() || !joins_batch(partition, bytes)) return hold(record, partition);
  rd_kafka_resp_err_t error = produce(record, partition);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const auto deadline = Clock::now() + kQueueFullWait;
  while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && Clock::now() < deadline) {
    serve(kQueueFullPollMs);
    error = produce(record, partition);
  }
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? Status() : send_failure(error, partition);
}

bool KafkaProducer::joins_batch(Partition& partition, std::size_t bytes) const {
  if (partition.under_way == 0) {
    partition.batch_records = 0;
    partition.batch_bytes = 0;
    partition.batch_begun = Clock::now();
    partition.batch_closed = false;
  } else if (partition.batch_closed) {
    return false;
  } else if (partition.batch_records == max_batch_records_ || partition.batch_bytes + bytes > max_batch_bytes_ ||
             Clock::now() - partition.batch_begun > batch_window_) {
    partition.batch_closed = true;
    return false;
  }
  ++partition.batch_records;
  partition.batch_bytes += bytes;
  return true;
}

Status KafkaProducer::hold(const ProducerRecord& record, Partition& partition) {
  const auto deadline = Clock::now() + kQueueFullWait;
  while (held_bytes_ >= kMaxHeldBytes) {
    if (Clock::now() >= deadline) return send_failure(RD_KAFKA_RESP_ERR__QUEUE_FULL, partition);
    serve(kQueueFullPollMs);
  }
  const std::size_t before = partition.held.bytes();
  partition.held.push(record);
  held_bytes_ += partition.held.bytes() - before;
  if (partition.under_way == 0) hand_over(partition);  // acknowledged while this waited
  return {};
}

void KafkaProducer::serve(int timeout_ms) {
  sent_since_poll_ = 0;
  rd_kafka_poll(handle_->get(), timeout_ms);
  for (Partition* partition : std::exchange(acknowledged_, {})) hand_over(*partition);
}

// The next batch of what is held. What librdkafka does not take is reported as if the broker had refused it.
void KafkaProducer::hand_over(Partition& partition) {
  HeldRecords& held = partition.held;
  while (!held.empty()) {
    const ProducerRecord& record = held.front();
    if (!joins_batch(partition, bytes_of(record))) break;
    const rd_kafka_resp_err_t error = produce(record, partition);
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      errors_.push_back({{partition.topic->name, partition.number},
                         detail::owned(record.key),
                         detail::owned(record.value),
                         send_failure(error, partition)});
    }
    const std::size_t before = held.bytes();
    held.pop();
    held_bytes_ -= before - held.bytes();
  }
  if (partition.under_way == 0 && !held.empty()) acknowledged_.push_back(&partition);  // tries again
}

void KafkaProducer::drop_held() {
  if (held_bytes_ == 0) return;
  for (const auto& [name, topic] : topics_) {
    for (Partition& partition : topic->partitions) partition.held.clear();
  }
  held_bytes_ = 0;
  acknowledged_.clear();
}

rd_kafka_resp_err_t KafkaProducer::produce(const ProducerRecord& record, Partition& partition) {
  std::array<rd_kafka_vu_t, 8> fields;
  std::size_t count = 7;
  fields[0].vtype = RD_KAFKA_VTYPE_RKT;
  fields[0].u.rkt = partition.topic->handle.get();
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = partition.number;
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  at_time_zero_ = record.timestamp == 0;
  fields[3].u.i64 = at_time_zero_ ? kInsteadOfZero : std::max<Timestamp>(record.timestamp, 0);  // librdkafka's 0 is now
  fields[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[4].u.ptr = &partition;
  fields[5] = bytes(RD_KAFKA_VTYPE_KEY, record.key);
  fields[6] = bytes(RD_KAFKA_VTYPE_VALUE, record.value);
  rd_kafka_headers_t* headers = nullptr;
  if (record.headers != nullptr && !record.headers->empty()) {
    headers = to_rdkafka(*record.headers);
    fields[count].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[count++].u.headers = headers;
  }
  const ErrorPtr error(rd_kafka_produceva(handle_->get(), fields.data(), count));
  if (error == nullptr) {
    ++partition.under_way;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  if (headers != nullptr) rd_kafka_headers_destroy(headers);  // still ours
  return rd_kafka_error_code(error.get());
}

Status KafkaProducer::send_failure(rd_kafka_resp_err_t error, const Partition& partition) {
  if (Status refusal = refused(); !refusal.ok()) return refusal;
  const std::string& topic = partition.topic->name;
  Status status = failure(error, "Sending to " + name_of(topic, partition.number), {may_write(topic)});
  if (error == RD_KAFKA_RESP_ERR__STATE && status.code() == StatusCode::kInvalidArgument && in_transaction_) {
    return {StatusCode::kAbortable, status.message() + " The transaction has failed: abort it and go on."};
  }
  return status;
}

Status KafkaProducer::flush(int timeout_ms) {
  const Clock::time_point begun = Clock::now();
  const Deadline deadline = deadline_in(timeout_ms);
  const char* what = "Flushing the producer";
  while (true) {
    const bool last = !holding();
    const rd_kafka_resp_err_t error = rd_kafka_flush(handle_->get(), std::min(left_ms(deadline), kLookMs));
    serve(0);  // hands over the next batch
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && last) return {};
    if (Status refusal = refused(); !refusal.ok()) return refusal;
    if (Status status = handle_->login_failure(begun, what); !status.ok()) return status;
    const bool goes_on = error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (!goes_on || Clock::now() >= deadline) {
      return handle_->failure(goes_on ? RD_KAFKA_RESP_ERR__TIMED_OUT : error, what);
    }
  }
}

void KafkaProducer::poll() {
  serve(0);
  for (const Handle::Event& event : handle_->take_events()) {
    handle_->log(event.fatal ? LogLevel::kError : LogLevel::kInfo,
                 make_status(event.error, "Producer", event.reason).message());
  }
}

std::int64_t KafkaProducer::acked_offset(const TopicPartition& partition) const {
  const auto found = topics_.find(partition.topic);
  const auto number = static_cast<std::size_t>(partition.partition);
  if (found == topics_.end() || found->second->partitions.size() <= number) return -1;
  return found->second->partitions[number].acked;
}

Result<std::int32_t> KafkaProducer::partitions(const std::string& name, int timeout_ms) {
  Topic& to = topic(name);
  const Clock::time_point now = Clock::now();
  if (to.count > 0 && now - to.counted < kPartitionCountAge) return to.count;
  const std::string what = "Asking for the partitions of topic " + name;
  const rd_kafka_metadata_t* answer = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(handle_->get(), 0, to.handle.get(), &answer, timeout_ms);
  const MetadataPtr metadata(answer);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return handle_->failure(error, what);
  if (metadata->topic_cnt != 1) return make_status(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, what);
  if (const auto refusal = metadata->topics[0].err) return handle_->failure(refusal, what, {}, {may_write(name)});
  to.count = metadata->topics[0].partition_cnt;
  to.counted = now;
  return to.count;
}

// Calls until the answer is no longer "try again", or the time is over.
template <class Call>
Status KafkaProducer::transact(const char* what, int timeout_ms, const Permissions& needed, Call call) {
  const Deadline deadline = deadline_in(timeout_ms);
  while (true) {
    const int left = left_ms(deadline);
    const ErrorPtr error(call(left));
    if (error == nullptr) return {};
    const bool again = rd_kafka_error_is_retriable(error.get()) != 0 && left > kRetryPauseMs;
    rd_kafka_poll(handle_->get(), again ? kRetryPauseMs : 0);
    if (again) continue;
    if (Status refusal = refused(); !refusal.ok()) return refusal;
    Permissions all = needed;
    all.push_back({Permission::Resource::kTransactionalId, transactional_id_, "Write"});
    return transaction_status(
        error.get(), handle_->failure(rd_kafka_error_code(error.get()), what, rd_kafka_error_string(error.get()), all));
  }
}

Status KafkaProducer::init_transactions(int timeout_ms) {
  return transact("Initialising transactions", timeout_ms, {},
                  [&](int left) { return rd_kafka_init_transactions(handle_->get(), left); });
}

Status KafkaProducer::begin_transaction() {
  Status status =
      transact("Beginning a transaction", 0, {}, [&](int) { return rd_kafka_begin_transaction(handle_->get()); });
  if (status.ok()) in_transaction_ = true;
  return status;
}

Status KafkaProducer::send_offsets(const std::vector<OffsetAndMetadata>& offsets, const GroupMetadata& group,
                                   int timeout_ms) {
  if (offsets.empty()) return {};
  rd_kafka_consumer_group_metadata_t* read = nullptr;
  const ErrorPtr unreadable(rd_kafka_consumer_group_metadata_read(&read, group.opaque.data(), group.opaque.size()));
  const GroupMetadataPtr metadata(read);
  if (unreadable != nullptr) {
    return {StatusCode::kInvalidArgument,
            "Adding offsets to the transaction: the group metadata is not one of this client library's."};
  }
  const PartitionListPtr list = to_list(offsets);
  Permissions needed = {{Permission::Resource::kGroup, std::string(read_membership(group.opaque).group), "Read"}};
  for (const OffsetAndMetadata& offset : offsets) {
    Permission one{Permission::Resource::kTopic, offset.partition.topic, "Read"};
    if (std::ranges::find(needed, one.name, &Permission::name) == needed.end()) needed.push_back(std::move(one));
  }
  return transact("Adding offsets to the transaction", timeout_ms, needed, [&](int left) {
    return rd_kafka_send_offsets_to_transaction(handle_->get(), list.get(), metadata.get(), left);
  });
}

Status KafkaProducer::commit_transaction(int timeout_ms) {
  if (holding()) {
    if (Status status = flush(timeout_ms); !status.ok()) return status;
  }
  Status status = transact("Committing the transaction", timeout_ms, {},
                           [&](int left) { return rd_kafka_commit_transaction(handle_->get(), left); });
  if (status.ok()) in_transaction_ = false;
  return status;
}

Status KafkaProducer::abort_transaction(int timeout_ms) {
  drop_held();
  refused().ignore("it concerns what is aborted");
  refused_ = {};
  Status status = transact("Aborting the transaction", timeout_ms, {},
                           [&](int left) { return rd_kafka_abort_transaction(handle_->get(), left); });
  if (status.ok()) in_transaction_ = false;
  return status;
}

}  // namespace streams::client::kafka
