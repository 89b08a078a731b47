// The producer: transactions whose steps fail or whose answers are lost, records that are not delivered.
#include <simulation/clients.hpp>

#include <utility>

namespace streams::simulation {

namespace {

using When = Verdict::When;

const Status kGone{StatusCode::kFatal, "the process is gone"};

bool for_good(StatusCode code) { return code == StatusCode::kFenced || code == StatusCode::kFatal; }

}  // namespace

Status SimProducer::state() const {
  if (process_.dead) return kGone;
  return broken_.ok() ? abortable_ : broken_;
}

SimProducer::SimProducer(World& world, Process& process, std::unique_ptr<client::Producer> inner, bool transactional)
    : world_(world),
      process_(process),
      inner_(std::move(inner)),
      transactional_(transactional),
      number_(++world.producers) {
  if (transactional_) return;
  world_.senders[number_] = [this] {
    if (!process_.dead && broken_.ok()) send_waiting(true);
  };
}

/// What a failure means for the calls to come.
Status SimProducer::remember(const Verdict& verdict) {
  if (for_good(verdict.code)) broken_ = verdict.status();
  if (verdict.code == StatusCode::kAbortable) abortable_ = verdict.status();
  return verdict.status();
}

Status SimProducer::init_transactions(int timeout_ms) {
  const Verdict verdict = world_.call(process_, "init_transactions", {StatusCode::kTimedOut, StatusCode::kUnavailable});
  if (Status now = state(); !now.ok()) return now;
  if (verdict.before()) return verdict.status();
  Status status = inner_->init_transactions(timeout_ms);
  return verdict.after() ? verdict.status() : status;
}

Status SimProducer::begin_transaction() {
  if (Status now = state(); !now.ok()) return now;
  return inner_->begin_transaction();
}

Status SimProducer::send_offsets(const std::vector<client::OffsetAndMetadata>& offsets,
                                 const client::GroupMetadata& group, int timeout_ms) {
  const Verdict verdict =
      world_.call(process_, "send_offsets",
                  {StatusCode::kTimedOut, StatusCode::kAbortable, StatusCode::kFenced, StatusCode::kFatal});
  if (Status now = state(); !now.ok()) return now;
  if (verdict.before()) return remember(verdict);
  Status status = inner_->send_offsets(offsets, group, timeout_ms);
  return verdict.after() ? remember(verdict) : status;
}

Status SimProducer::commit_transaction(int timeout_ms) {
  const Verdict verdict = world_.call(
      process_, "commit_transaction",
      {StatusCode::kTimedOut, StatusCode::kTimedOut, StatusCode::kAbortable, StatusCode::kFenced, StatusCode::kFatal});
  if (Status now = state(); !now.ok()) return now;
  if (ended_unnoticed_) {  // asked again: the answer is there now
    if (verdict.fails != When::kNever && verdict.code == StatusCode::kTimedOut) return verdict.status();
    ended_unnoticed_ = false;
    return {};
  }
  if (verdict.before()) return remember(verdict);
  send_waiting(true);
  Status status = inner_->commit_transaction(timeout_ms);
  if (!status.ok() || !verdict.after() || verdict.code == StatusCode::kAbortable) return status;
  ended_unnoticed_ = verdict.code == StatusCode::kTimedOut;
  world_.point(process_, "committed");
  return remember(verdict);
}

Status SimProducer::abort_transaction(int timeout_ms) {
  const Verdict verdict =
      world_.call(process_, "abort_transaction", {StatusCode::kTimedOut, StatusCode::kFenced, StatusCode::kFatal});
  if (process_.dead) return kGone;
  if (!broken_.ok()) return broken_;
  if (verdict.before()) return remember(verdict);
  for (auto& [to, queue] : waiting_) {  // what was not sent is given back, as librdkafka does
    for (Waiting& record : queue)
      errors_.push_back({to, std::move(record.key), std::move(record.value), {StatusCode::kTimedOut, "purged"}});
  }
  waiting_.clear();
  abortable_ = {};
  Status status = inner_->abort_transaction(timeout_ms);
  return verdict.after() ? remember(verdict) : status;
}

Status SimProducer::send(const client::ProducerRecord& record) {
  const Verdict verdict = world_.call(process_, "send", {StatusCode::kTimedOut, StatusCode::kUnavailable});
  if (Status now = state(); !now.ok()) return now;
  Waiting copy;
  if (record.key) copy.key.emplace(*record.key);
  if (record.value) copy.value.emplace(*record.value);
  const client::TopicPartition to{std::string(record.topic), record.partition};
  if (verdict.before()) {
    refuse(to, std::move(copy), verdict);
    return {};
  }
  if (!world_.plan.buffered_sends) return inner_->send(record);
  copy.timestamp = record.timestamp < 0 ? world_.clock.now_ms() : record.timestamp;
  if (record.headers != nullptr) copy.headers = *record.headers;
  waiting_[to].push_back(std::move(copy));
  return {};
}

/// A record that never arrives. What waits behind it for its partition is not sent either, so that order is kept.
void SimProducer::refuse(const client::TopicPartition& to, Waiting record, const Verdict& verdict) {
  for (Waiting& earlier : waiting_[to])
    errors_.push_back({to, std::move(earlier.key), std::move(earlier.value), verdict.status()});
  waiting_.erase(to);
  errors_.push_back({to, std::move(record.key), std::move(record.value), verdict.status()});
  if (transactional_) abortable_ = {StatusCode::kAbortable, verdict.status().message()};
}

void SimProducer::send_waiting(bool all) {
  for (auto& [to, queue] : waiting_) {
    std::size_t count = all ? queue.size() : world_.random.below(queue.size() + 1);
    for (; count > 0; --count) {
      const Waiting& record = queue.front();
      client::ProducerRecord out{to.topic, to.partition, {}, {}, record.timestamp, &record.headers};
      if (record.key) out.key = *record.key;
      if (record.value) out.value = *record.value;
      inner_->send(out).ignore("the transaction's end tells");
      queue.pop_front();
    }
  }
}

Status SimProducer::flush(int timeout_ms) {
  const Verdict verdict = world_.call(process_, "flush", {StatusCode::kTimedOut});
  if (process_.dead) return kGone;
  if (!broken_.ok()) return broken_;
  if (verdict.before()) {
    send_waiting(false);
    return verdict.status();
  }
  send_waiting(true);
  Status status = inner_->flush(timeout_ms);
  return verdict.after() ? verdict.status() : status;
}

void SimProducer::poll() {
  world_.point(process_, "producer poll");
  if (process_.dead || !broken_.ok()) return;
  if (!waiting_.empty() && world_.random.percent(30)) send_waiting(false);
  inner_->poll();
}

std::vector<client::DeliveryError> SimProducer::take_errors() {
  auto errors = std::exchange(errors_, {});
  for (client::DeliveryError& error : inner_->take_errors()) errors.push_back(std::move(error));
  return errors;
}

std::int64_t SimProducer::acked_offset(const client::TopicPartition& partition) const {
  return inner_->acked_offset(partition);
}

Result<std::int32_t> SimProducer::partitions(const std::string& topic, int timeout_ms) {
  if (process_.dead) return kGone;
  return inner_->partitions(topic, timeout_ms);
}

std::unique_ptr<client::Producer> SimClients::producer(const client::Settings& settings) {
  return std::make_unique<SimProducer>(world_, process_, world_.cluster.clients().producer(settings),
                                       settings.contains("transactional.id"));
}

}  // namespace streams::simulation
