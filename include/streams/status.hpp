// Status and Result<T>: expected run-time failures as values.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace streams {

/// What went wrong, coarsely: enough to decide what to do next. The message says the rest.
enum class StatusCode {
  kOk,
  kTimedOut,             ///< no answer in time; trying again may help
  kUnavailable,          ///< broker or coordinator cannot be reached
  kNotFound,             ///< topic, partition, group or file does not exist
  kAlreadyExists,        ///< topic exists, lock is held
  kInvalidArgument,      ///< the request makes no sense
  kAuthorization,        ///< the principal lacks a permission
  kOffsetOutOfRange,     ///< position before the log start or after its end
  kFenced,               ///< another instance took over; this client object is finished
  kRebalanceInProgress,  ///< group metadata is outdated (generation or member id)
  kAbortable,            ///< the transaction must be aborted, then work can go on
  kIo,                   ///< disk failure: full, read-only, missing directory
  kCorrupted,            ///< stored bytes are not what was written
  kFatal,                ///< the client object cannot be used any more
};

/// Success, or what went wrong and a sentence about it. The compiler warns where one is not looked at.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  /// Whether nothing went wrong, else how it is classed and described.
  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }
  /// Says in the code that a failure here does not matter, and why.
  void ignore(const char* /*why*/) const {}

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

/// A value or the Status that says why there is none; shaped like std::expected.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor)

  /// Whether there is a value; `status()` says why not. value() must not be asked for then.
  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T value() && { return *std::move(value_); }  ///< by value: `for (x : f().value())` must not outlive its range

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace streams
