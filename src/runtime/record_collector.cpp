// Sending records and judging failures.
#include <runtime/record_collector.hpp>

#include <streams/partitioner.hpp>

#include <utility>

namespace streams::runtime {
namespace {

bool may_pass(StatusCode code) {
  return code == StatusCode::kTimedOut || code == StatusCode::kUnavailable || code == StatusCode::kNotFound;
}

std::string describe(std::string_view topic, std::string_view task_id, const Status& status) {
  return text("Error encountered sending record to topic ", topic, task_id.empty() ? "" : " for task ", task_id,
              " due to: ", status.message());
}

/// Failures that no handler is asked about.
void throw_if_fatal(std::string_view topic, std::string_view task_id, const Status& status) {
  switch (status.code()) {
    case StatusCode::kFenced:
      throw TaskMigrated(describe(topic, task_id, status) +
                         ". The producer is fenced: the task may have moved elsewhere.");
    case StatusCode::kFatal:
      throw TaskMigrated(describe(topic, task_id, status) + ". The producer cannot be used any more.");
    case StatusCode::kAbortable:
      throw TaskCorrupted(describe(topic, task_id, status) + ". The transaction must be aborted.");
    case StatusCode::kAuthorization:
      throw TaskError(describe(topic, task_id, status) + ". This cannot be recovered from.");
    default:
      break;
  }
}

ErrorResponse ask(const ProductionHandler& handler, const ErrorContext& context, const ProductionError& record) {
  static const ProductionHandler by_default = retry_or_fail();
  try {
    return handler ? handler(context, record) : by_default(context, record);
  } catch (...) {
    const std::exception_ptr thrown = std::current_exception();
    throw FailedProcessing(std::string(context.node), thrown,
                           text("The production exception handler threw: ", message_of(thrown),
                                ". It was told of topic ", record.topic, ": ", context.message));
  }
}

/// What follows from the answer about a failed send. Returns if that is to go on.
void act_on(const ErrorResponse& response, std::string_view topic, std::string_view task_id, const Status& status) {
  if (response.action == ErrorAction::kContinue) return;
  const std::string what = describe(topic, task_id, status);
  if (response.action == ErrorAction::kRetry && may_pass(status.code())) {
    throw TaskCorrupted(what +
                        ". The task starts again from its last commit; a larger delivery.timeout.ms waits longer.");
  }
  throw TaskError(what + ". The production exception handler chose to fail.");
}

void send_letters(TaskOutput& output, const std::vector<DeadLetter>& letters, std::string_view task_id) {
  for (const DeadLetter& letter : letters) {
    client::ProducerRecord record;
    record.topic = letter.topic;
    record.partition = -1;
    if (letter.key) {
      const Result<std::int32_t> count = output.partitions(letter.topic);
      if (!count.ok()) throw_if_fatal(letter.topic, task_id, count.status());
      if (count.ok() && count.value() > 0) record.partition = partition_for_key(*letter.key, count.value());
      record.key = *letter.key;
    }
    if (letter.value) record.value = *letter.value;
    record.timestamp = letter.timestamp;
    record.headers = &letter.headers;
    const Status status = output.send(record);
    if (status.ok()) continue;
    throw_if_fatal(letter.topic, task_id, status);
    throw TaskError("A dead letter could not be sent. " + describe(letter.topic, task_id, status));
  }
}

std::size_t bytes_of(const streams::detail::OutputRecord& record) {
  return record.topic.size() + (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
}

ErrorContext no_context(std::string_view message) {
  ErrorContext out;
  out.message = message;
  return out;
}

}  // namespace

void RecordCollector::send(std::string_view node, const streams::detail::OutputRecord& record) {
  client::ProducerRecord out;
  out.topic = record.topic;
  out.key = record.key;
  out.value = record.value;
  out.timestamp = record.timestamp;
  out.headers = record.headers;
  out.partition = -1;
  if (record.partition) {
    out.partition = *record.partition;
  } else if (record.partition_key) {
    const std::int32_t count = partitions(record.topic);
    out.partition = count == 1 ? 0 : partition_for_key(*record.partition_key, count);
  }
  const Status status = output_.send(out);
  if (!status.ok()) return send_failed(node, out, status);
  metrics_.sent.add();
  if (sensors_ == nullptr) return;
  const int outlet = record.outlet >= 0 ? record.outlet : sensors_->outlet(node, record.topic);
  if (outlet >= 0) sensors_->produced(outlet).add(bytes_of(record), *record.headers);
}

void RecordCollector::log_change(const client::ProducerRecord& record) {
  const Status status = output_.send(record);
  if (!status.ok()) return send_failed({}, record, status);
  metrics_.logged.add();
}

void RecordCollector::send_dead_letters(const std::vector<DeadLetter>& letters) {
  if (!letters.empty()) send_letters(output_, letters, scope_.task_id);
}

std::int32_t RecordCollector::partitions(std::string_view topic) {
  if (last_ != nullptr && last_->first == topic) return last_->second;
  auto found = partitions_.find(topic);
  if (found == partitions_.end()) {
    const Result<std::int32_t> count = output_.partitions(topic);
    if (!count.ok() || count.value() < 1) {
      if (!count.ok()) throw_if_fatal(topic, scope_.task_id, count.status());
      throw TaskError(text("Could not get partition information for topic ", topic, " for task ", scope_.task_id,
                           ". This can happen if the topic does not exist. ",
                           count.ok() ? "" : count.status().message()));
    }
    found = partitions_.emplace(std::string(topic), count.value()).first;
  }
  last_ = &*found;
  return last_->second;
}

void RecordCollector::forget_partitions() {
  partitions_.clear();
  last_ = nullptr;
}

void RecordCollector::send_failed(std::string_view node, const client::ProducerRecord& record, const Status& status) {
  throw_if_fatal(record.topic, scope_.task_id, status);
  ProductionError error;
  error.topic = record.topic;
  error.partition = record.partition;
  error.key = record.key;
  error.value = record.value;
  error.status = status;
  error.retriable = may_pass(status.code());
  ErrorContext context = no_context(status.message());
  context.node = node;
  context.task_id = scope_.task_id;
  if (!node.empty()) {
    context.topic = scope_.record->topic;
    context.partition = scope_.record->partition;
    context.offset = scope_.record->offset;
    context.timestamp = scope_.record->timestamp;
    context.headers = scope_.record->headers;
    context.source_key = scope_.source_key;
    context.source_value = scope_.source_value;
  }
  const ErrorResponse response = ask(handler_, context, error);
  send_dead_letters(response.dead_letters);
  act_on(response, record.topic, scope_.task_id, status);
  metrics_.dropped.add();
  log_.error(describe(record.topic, scope_.task_id, status), ". The record is dropped, as the handler says.");
}

void RecordCollector::serialization_failed(std::string_view node, std::string_view topic, bool is_key) {
  const std::exception_ptr thrown = std::current_exception();
  const std::string message = message_of(thrown);
  ProductionError error;
  error.kind = is_key ? ProductionError::Kind::kKeySerialization : ProductionError::Kind::kValueSerialization;
  error.topic = topic;
  ErrorContext context;
  context.topic = scope_.record->topic;
  context.partition = scope_.record->partition;
  context.offset = scope_.record->offset;
  context.timestamp = scope_.record->timestamp;
  context.headers = scope_.record->headers;
  context.node = node;
  context.task_id = scope_.task_id;
  context.source_key = scope_.source_key;
  context.source_value = scope_.source_value;
  context.error = thrown;
  context.message = message;
  const ErrorResponse response = ask(handler_, context, error);
  send_dead_letters(response.dead_letters);
  const std::string what = text("Unable to serialize ", is_key ? "key" : "value", " of a record for topic ", topic,
                                " in processor ", node, ": ", message);
  if (response.action != ErrorAction::kContinue) throw TaskError(what, thrown);
  log_.warn(what, ". The record is dropped.");
  metrics_.dropped.add();
}

void handle_delivery_error(const client::DeliveryError& error, const ProductionHandler& handler, TaskOutput& output,
                           Counter& dropped, const Log& log) {
  const std::string& topic = error.partition.topic;
  throw_if_fatal(topic, {}, error.status);
  ProductionError record;
  record.topic = topic;
  record.partition = error.partition.partition;
  if (error.key) record.key = *error.key;
  if (error.value) record.value = *error.value;
  record.status = error.status;
  record.retriable = may_pass(error.status.code());
  const ErrorResponse response = ask(handler, no_context(error.status.message()), record);
  send_letters(output, response.dead_letters, {});
  act_on(response, topic, {}, error.status);
  dropped.add();
  log.error(describe(topic, {}, error.status), ". The record is dropped, as the handler says.");
}

}  // namespace streams::runtime
