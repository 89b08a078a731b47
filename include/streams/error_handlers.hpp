// What to do about records that cannot be read, processed or written: continue, fail, retry, and the dead-letter queue.
//
// Source: org.apache.kafka.streams.errors (KIP-210, KIP-1033, KIP-1034).
#pragma once

#include <streams/record.hpp>
#include <streams/status.hpp>

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace streams {

/// Where an error happened. Everything it points to lives during the call of the handler.
/// Source: org.apache.kafka.streams.errors.ErrorHandlerContext.
struct ErrorContext {
  std::string_view topic{};  ///< of the source record; empty while punctuating
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  Timestamp timestamp = -1;
  const Headers* headers = &RecordContext::kNoHeaders;
  std::string_view node{};  ///< name of the processor; of the source for records that cannot be read
  std::string_view task_id{};
  OptionalView source_key{};  ///< as read from the source topic
  OptionalView source_value{};
  std::exception_ptr error{};  ///< null where no exception was thrown (a refused send)
  std::string_view message{};  ///< what the exception or the broker says
};

/// What becomes of the record, and of the thread.
enum class ErrorAction {
  kContinue,  ///< drop the record and go on
  kFail,      ///< the stream thread ends with this error
  kRetry,     ///< only for failed sends that may succeed later: the task goes back to its last commit
};

/// A record for a dead-letter topic, sent by the task's producer (within its transaction under exactly-once): `topic`,
/// which must exist, `key`, `value` and `headers` as they shall be stored, `timestamp` in milliseconds since the epoch.
struct DeadLetter {
  std::string topic{};
  OptionalBytes key{};
  OptionalBytes value{};
  Timestamp timestamp = -1;
  Headers headers{};
};

/// What a handler decides.
/// Source: DeserializationExceptionHandler.Response, ProcessingExceptionHandler.Response,
/// ProductionExceptionHandler.Response.
struct ErrorResponse {
  ErrorAction action = ErrorAction::kFail;  ///< what happens then
  std::vector<DeadLetter> dead_letters{};   ///< sent before the action is taken
};

/// A record that could not be written.
struct ProductionError {
  /// What failed: the cluster refused the record, or a serde could not write its key or its value.
  enum class Kind { kSend, kKeySerialization, kValueSerialization };
  Kind kind = Kind::kSend;      ///< what failed
  std::string_view topic{};     ///< where the record was to go
  std::int32_t partition = -1;  ///< -1: not chosen yet
  OptionalView key{};           ///< null if it could not be serialised
  OptionalView value{};
  Status status{};         ///< of failed sends
  bool retriable = false;  ///< sending again may succeed
};

/// Decides about a record that cannot be decoded.
///
/// Threads: all handlers are called by stream threads, several at once where there are several.
/// Errors:  an exception out of a handler fails the thread.
/// Source:  org.apache.kafka.streams.errors.DeserializationExceptionHandler.
using DeserializationHandler = std::function<ErrorResponse(const ErrorContext&)>;
/// Decides about a record whose processing threw. Source: ProcessingExceptionHandler (KIP-1033).
using ProcessingHandler = std::function<ErrorResponse(const ErrorContext&)>;
/// Decides about a record that cannot be encoded or sent. Source: ProductionExceptionHandler (KIP-210).
using ProductionHandler = std::function<ErrorResponse(const ErrorContext&, const ProductionError&)>;

/// The record for a dead-letter topic: key, value and timestamp of the source record, and headers
/// "__streams.errors.exception",
/// ".message", ".stacktrace", ".topic", ".partition", ".offset" that say what went wrong. Source: KIP-1034.
DeadLetter dead_letter(const std::string& topic, const ErrorContext& context);

/// Drops the record and goes on; with a topic, sends it there as a dead letter. For deserialization and processing.
/// Source: LogAndContinueExceptionHandler, LogAndContinueProcessingExceptionHandler.
std::function<ErrorResponse(const ErrorContext&)> log_and_continue(std::string dead_letter_topic = {});
/// Stops; with a topic, sends the record there before. The default for deserialization and processing.
/// Source: LogAndFailExceptionHandler, LogAndFailProcessingExceptionHandler.
std::function<ErrorResponse(const ErrorContext&)> log_and_fail(std::string dead_letter_topic = {});
/// Retries sends that may succeed later, else fails: the default for production.
/// Source: DefaultProductionExceptionHandler.
ProductionHandler retry_or_fail(std::string dead_letter_topic = {});

}  // namespace streams
