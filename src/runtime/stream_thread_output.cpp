// Sending, flushing, and the steps of a transaction.
#include <runtime/stream_thread_output.hpp>

#include <runtime/record_collector.hpp>

#include <algorithm>

namespace streams::runtime {

namespace {

constexpr int kStepMs = 10000;
constexpr int kInitTransactionsMs = 5000;
/// Records without a key stay on one partition for this many, so that batches fill.
constexpr std::uint32_t kKeylessRun = 256;

bool is_superseded(StatusCode code) { return code == StatusCode::kFenced || code == StatusCode::kFatal; }

}  // namespace

ThreadOutput::ThreadOutput(const RuntimeConfig& config, client::ClientFactory& clients, const std::string& name,
                           const std::string& transactional_id, const Log& log)
    : config_(config), clients_(clients), name_(name), transactional_id_(transactional_id), log_(log) {}

Status ThreadOutput::open() {
  auto producer = clients_.producer(config_.producer(name_, transactional_id_));
  if (config_.exactly_once) {
    if (Status status = producer->init_transactions(kInitTransactionsMs); !status.ok()) return status;
  }
  producer_ = std::move(producer);
  in_transaction_ = false;
  return {};
}

void ThreadOutput::reset() {
  producer_.reset();
  in_transaction_ = false;
}

Status ThreadOutput::begin() {
  Status status = producer_->begin_transaction();
  in_transaction_ = status.ok();
  return status;
}

Status ThreadOutput::send(const client::ProducerRecord& record) {
  if (config_.exactly_once && !in_transaction_) {
    if (Status status = begin(); !status.ok()) return status;
  }
  if (record.partition >= 0) return producer_->send(record);
  client::ProducerRecord routed = record;
  routed.partition = any_partition(record.topic);
  return producer_->send(routed);
}

std::int32_t ThreadOutput::any_partition(std::string_view topic) {
  auto found = counts_.find(topic);
  if (found == counts_.end() || keyless_ % kKeylessRun == 0) {
    const Result<std::int32_t> count = partitions(topic);
    found = counts_.insert_or_assign(std::string(topic), count.ok() ? std::max(count.value(), 1) : 1).first;
  }
  return static_cast<std::int32_t>(keyless_++ / kKeylessRun % static_cast<std::uint32_t>(found->second));
}

Result<std::int32_t> ThreadOutput::partitions(std::string_view topic) {
  return producer_->partitions(std::string(topic), kStepMs);
}

std::int64_t ThreadOutput::acked_offset(const client::TopicPartition& partition) const {
  return producer_->acked_offset(partition);
}

void ThreadOutput::check_errors() {
  for (const client::DeliveryError& error : producer_->take_errors()) {
    handle_delivery_error(error, config_.production_handler, *this, dropped_, log_);
  }
}

void ThreadOutput::poll() {
  if (!producer_) return;
  producer_->poll();
  check_errors();
}

void ThreadOutput::flush() {
  const Status status = insist([&] { return producer_->flush(kStepMs); });
  check_errors();
  if (status.ok()) return;
  fail_transaction("Records cannot be sent", status);
}

Status ThreadOutput::insist(const std::function<Status()>& step) const {
  const std::int64_t limit = std::min(config_.task_timeout_ms, config_.max_poll_interval_ms / 2);
  Status status = step();
  for (std::int64_t spent = kStepMs; status.code() == StatusCode::kTimedOut && spent < limit; spent += kStepMs) {
    log_.warn("The brokers do not answer in time, trying again: ", status.message());
    status = step();
  }
  return status;
}

void ThreadOutput::commit_transaction(const std::vector<client::OffsetAndMetadata>& offsets,
                                      const client::GroupMetadata& group) {
  if (!in_transaction_) {
    if (const Status status = begin(); !status.ok()) fail_transaction("A transaction cannot be begun", status);
  }
  if (producer_->holding()) flush();  // what cannot be sent is told before the commit, not after
  if (!offsets.empty()) {
    const Status status = insist([&] { return producer_->send_offsets(offsets, group, kStepMs); });
    if (!status.ok()) fail_transaction("Offsets cannot be added to the transaction", status);
  }
  const Status status = insist([&] { return producer_->commit_transaction(kStepMs); });
  if (!status.ok()) fail_transaction("The transaction cannot be committed", status);
  in_transaction_ = false;
}

void ThreadOutput::fail_transaction(const std::string& what, const Status& status) {
  const std::string message = what + ": " + status.message();
  if (status.code() == StatusCode::kAuthorization) throw StreamsError(message);
  // What became of a step that timed out is unknown: only a new producer can tell.
  if (is_superseded(status.code()) || status.code() == StatusCode::kTimedOut) throw TaskMigrated(message);
  throw TaskCorrupted(message);
}

void ThreadOutput::abort_transaction() {
  if (!producer_ || !in_transaction_) return;
  const Status status = insist([&] { return producer_->abort_transaction(kStepMs); });
  in_transaction_ = false;
  static_cast<void>(producer_->take_errors());  // the purged records of the transaction
  if (status.ok()) return;
  log_.warn("The transaction cannot be aborted (", status.message(), "); going on with a new producer");
  reset();
}

}  // namespace streams::runtime
