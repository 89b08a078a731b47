// The error handlers that come with the library, and the dead letters that they write.
#include <runtime/config.hpp>
#include <runtime/log.hpp>

namespace streams::runtime {

namespace {

/// Source: org.apache.kafka.streams.errors.internals.ExceptionHandlerUtils (KIP-1034). There is no stack trace to
/// write.
std::vector<DeadLetter> dead_letters(const std::string& topic, const ErrorContext& context) {
  if (topic.empty()) return {};
  DeadLetter letter;
  letter.topic = topic;
  if (context.source_key) letter.key = Bytes(*context.source_key);
  if (context.source_value) letter.value = Bytes(*context.source_value);
  letter.timestamp = context.timestamp;
  letter.headers = *context.headers;
  letter.headers.add("__streams.errors.exception", Bytes("streams::StreamsError"));
  letter.headers.add("__streams.errors.message", Bytes(context.message));
  letter.headers.add("__streams.errors.stacktrace", Bytes());
  letter.headers.add("__streams.errors.topic", Bytes(context.topic));
  letter.headers.add("__streams.errors.partition", std::to_string(context.partition));
  letter.headers.add("__streams.errors.offset", std::to_string(context.offset));
  return {std::move(letter)};
}

ErrorResponse answer(bool fail, const std::string& topic, const ErrorContext& context) {
  return {fail ? ErrorAction::kFail : ErrorAction::kContinue, dead_letters(topic, context)};
}

void say(const LoggerPtr& logger, bool fail, const char* what, const ErrorContext& context) {
  const LogLevel level = fail ? LogLevel::kError : LogLevel::kWarn;
  if (!logger->enabled(level)) return;
  logger->write(level, text(what, " task ", context.task_id, ", node ", context.node, ", record ", context.topic, "-",
                            context.partition, " offset ", context.offset, ": ", context.message));
}

}  // namespace

DeserializationHandler builtin_deserialization_handler(bool fail, const std::string& dead_letter_topic,
                                                       const LoggerPtr& logger) {
  return [=](const ErrorContext& context) {
    say(logger, fail, "A record cannot be decoded:", context);
    return answer(fail, dead_letter_topic, context);
  };
}

ProcessingHandler builtin_processing_handler(bool fail, const std::string& dead_letter_topic, const LoggerPtr& logger) {
  return [=](const ErrorContext& context) {
    say(logger, fail, "A record cannot be processed:", context);
    return answer(fail, dead_letter_topic, context);
  };
}

ProductionHandler builtin_production_handler(const std::string& dead_letter_topic) {
  return [=](const ErrorContext& context, const ProductionError& error) {
    if (error.kind == ProductionError::Kind::kSend && error.retriable) return ErrorResponse{ErrorAction::kRetry, {}};
    return answer(true, dead_letter_topic, context);
  };
}

}  // namespace streams::runtime
