// The error boundary of a task: asks the handlers, sends dead letters, counts what is dropped, decides what to throw.
#pragma once

#include <runtime/log.hpp>
#include <runtime/task_types.hpp>
#include <streams/error_handlers.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace streams::runtime {

/// A processing failure on its way up through the nodes to the task loop, which gives it its final text.
/// `what()` is empty unless it has a text of its own. Source: FailedProcessingException.
struct FailedProcessing : TaskError {
  FailedProcessing(std::string node_in, std::exception_ptr cause_in, const std::string& text = {})
      : TaskError(text, std::move(cause_in)), node(std::move(node_in)) {}
  std::string node;
};

/// What an exception says; exceptions that are no std::exception have a text that says so.
std::string message_of(const std::exception_ptr& error);

/// What the task is working on, for error contexts.
struct ErrorScope {
  std::string task_id;
  const RecordContext* record = nullptr;  ///< of the task
  OptionalView source_key;                ///< of the record in work, as read
  OptionalView source_value;
};

/// Sends dead letters: implemented by the record collector.
class DeadLetterSender {
 public:
  virtual void send_dead_letters(const std::vector<DeadLetter>& letters) = 0;

 protected:
  ~DeadLetterSender() = default;
};

/// Asks a handler (or the default, which fails) and guards against what it throws.
class ErrorBoundary {
 public:
  ErrorBoundary(const TaskSettings& settings, const ErrorScope& scope, DeadLetterSender& sender, TaskMetrics& metrics,
                const Log& log)
      : settings_(settings), scope_(scope), sender_(sender), metrics_(metrics), log_(log) {}

  /// A record could not be decoded. Call in a catch block. Returns if it is to be skipped (it is counted), else throws
  /// TaskError.
  void deserialization_failed(std::string_view source_node, const streams::detail::RawRecord& raw);
  /// A processor threw. Call in a catch block. Returns if the handler says continue, else throws FailedProcessing.
  void processing_failed(std::string_view node);
  /// A record that is dropped without asking anybody.
  void dropped(std::string_view node, std::string_view reason);

 private:
  ErrorContext context(std::string_view node, const std::exception_ptr& error, std::string_view message) const;

  const TaskSettings& settings_;
  const ErrorScope& scope_;
  DeadLetterSender& sender_;
  TaskMetrics& metrics_;
  const Log& log_;
};

}  // namespace streams::runtime
