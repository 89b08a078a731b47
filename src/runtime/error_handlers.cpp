// Handlers that come with the library, and the task's error boundary.
#include <runtime/error_handlers.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <typeinfo>
#include <utility>

namespace streams {
namespace {

std::string type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                         &std::free);
  return status == 0 && name ? name.get() : type.name();
}

/// Type and text of an exception, as Java's Throwable.toString() gives them.
std::string describe(const std::exception_ptr& error, std::string_view message) {
  if (!error) return std::string(message);
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return type_name(typeid(e)) + ": " + e.what();
  } catch (...) {
    return std::string(message);
  }
}

std::vector<DeadLetter> letters(const std::string& topic, const ErrorContext& context) {
  if (topic.empty()) return {};
  return {dead_letter(topic, context)};
}

}  // namespace

DeadLetter dead_letter(const std::string& topic, const ErrorContext& context) {
  DeadLetter out;
  out.topic = topic;
  if (context.source_key) out.key = Bytes(*context.source_key);
  if (context.source_value) out.value = Bytes(*context.source_value);
  out.timestamp = context.timestamp;
  const std::string exception = describe(context.error, context.message);
  const std::string place =
      exception + "\n\tat processor " + std::string(context.node) + " of task " + std::string(context.task_id) + "\n";
  out.headers.add("__streams.errors.exception", exception);
  out.headers.add("__streams.errors.message", Bytes(context.message));
  out.headers.add("__streams.errors.stacktrace", place);
  out.headers.add("__streams.errors.topic", context.topic.empty() ? OptionalBytes{} : Bytes(context.topic));
  out.headers.add("__streams.errors.partition", std::to_string(context.partition));
  out.headers.add("__streams.errors.offset", std::to_string(context.offset));
  return out;
}

DeserializationHandler log_and_continue(std::string dead_letter_topic) {
  return [topic = std::move(dead_letter_topic)](const ErrorContext& context) {
    return ErrorResponse{ErrorAction::kContinue, letters(topic, context)};
  };
}

DeserializationHandler log_and_fail(std::string dead_letter_topic) {
  return [topic = std::move(dead_letter_topic)](const ErrorContext& context) {
    return ErrorResponse{ErrorAction::kFail, letters(topic, context)};
  };
}

ProductionHandler retry_or_fail(std::string dead_letter_topic) {
  return [topic = std::move(dead_letter_topic)](const ErrorContext& context, const ProductionError& record) {
    if (record.kind == ProductionError::Kind::kSend && record.retriable) return ErrorResponse{ErrorAction::kRetry, {}};
    return ErrorResponse{ErrorAction::kFail, letters(topic, context)};
  };
}

namespace runtime {

std::string message_of(const std::exception_ptr& error) {
  if (!error) return {};
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

ErrorContext ErrorBoundary::context(std::string_view node, const std::exception_ptr& error,
                                    std::string_view message) const {
  ErrorContext out;
  const RecordContext& record = *scope_.record;
  out.topic = record.topic;
  out.partition = record.partition;
  out.offset = record.offset;
  out.timestamp = record.timestamp;
  out.headers = record.headers;
  out.node = node;
  out.task_id = scope_.task_id;
  out.source_key = scope_.source_key;
  out.source_value = scope_.source_value;
  out.error = error;
  out.message = message;
  return out;
}

void ErrorBoundary::deserialization_failed(std::string_view source_node, const streams::detail::RawRecord& raw) {
  const std::exception_ptr error = std::current_exception();
  const std::string message = message_of(error);
  ErrorContext where = context(source_node, error, message);
  where.topic = raw.topic;
  where.partition = raw.partition;
  where.offset = raw.offset;
  where.timestamp = raw.timestamp;
  where.headers = &raw.headers;
  where.source_key = raw.key;
  where.source_value = raw.value;
  const std::string place = text("topic=[", raw.topic, "] partition=[", raw.partition, "] offset=[", raw.offset, "]");
  ErrorResponse response;
  try {
    if (settings_.deserialization_handler) response = settings_.deserialization_handler(where);
  } catch (...) {
    const std::exception_ptr thrown = std::current_exception();
    throw TaskError(text("The deserialization exception handler threw: ", message_of(thrown), ". It was told of ",
                         place, ": ", message),
                    thrown);
  }
  sender_.send_dead_letters(response.dead_letters);
  if (response.action != ErrorAction::kContinue) {
    throw TaskError(
        text("Deserialization exception handler is set to fail upon a deserialization error at ", place, ": ", message,
             ". To go on after such errors, set deserialization.exception.handler accordingly."),
        error);
  }
  log_.warn("Skipping record due to deserialization error. ", place, ": ", message);
  metrics_.dropped.add();
}

void ErrorBoundary::processing_failed(std::string_view node) {
  const std::exception_ptr error = std::current_exception();
  const std::string message = message_of(error);
  const ErrorContext where = context(node, error, message);
  ErrorResponse response;
  try {
    if (settings_.processing_handler) response = settings_.processing_handler(where);
  } catch (...) {
    const std::exception_ptr thrown = std::current_exception();
    throw FailedProcessing(std::string(node), thrown,
                           text("The processing exception handler threw: ", message_of(thrown),
                                ". It was told of processor ", node, ": ", message));
  }
  sender_.send_dead_letters(response.dead_letters);
  const std::string place =
      text("processor node: ", node, ", source topic: ", where.topic, ", source partition: ", where.partition,
           ", source offset: ", where.offset, ": ", message);
  if (response.action != ErrorAction::kContinue) {
    log_.error("Exception caught during message processing, ", place);
    throw FailedProcessing(std::string(node), error);
  }
  log_.warn("Exception caught during message processing, the record is dropped, ", place);
  metrics_.dropped.add();
}

void ErrorBoundary::dropped(std::string_view node, std::string_view reason) {
  metrics_.dropped.add();
  // 1st, 2nd, 4th, 8th, ...: a topic full of bad records must not fill the log.
  const std::uint64_t count = metrics_.dropped.value();
  if ((count & (count - 1)) != 0) return;
  log_.warn("Skipping record: ", reason, ". processor=[", node, "] topic=[", scope_.record->topic, "] partition=[",
            scope_.record->partition, "] offset=[", scope_.record->offset, "] (", count, " dropped so far)");
}

}  // namespace runtime
}  // namespace streams
