// Where the library's log lines go.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace streams {

/// How grave a line is; kOff is above all of them.
enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };

/// Receives log lines. Lines begin with who speaks ("stream-thread [app-…-StreamThread-1] …").
///
/// Threads: write() is called from any thread, several at once. It must not throw.
class Logger {
 public:
  explicit Logger(LogLevel level = LogLevel::kInfo) : level_(level) {}
  virtual ~Logger() = default;

  /// Whether lines of this level are wanted; others are not even put together.
  bool enabled(LogLevel level) const { return level >= level_; }
  LogLevel level() const { return level_; }
  /// Takes one line, without an end of line. Called only for levels that are enabled.
  virtual void write(LogLevel level, std::string_view line) = 0;

 private:
  LogLevel level_;
};

/// Loggers are shared by the parts of an application.
using LoggerPtr = std::shared_ptr<Logger>;

/// "2026-11-21 08:15:30.123 WARN  line" on standard error: what an application gets that does not choose.
LoggerPtr stderr_logger(LogLevel level = LogLevel::kInfo);
/// Drops everything.
LoggerPtr null_logger();
/// Hands each line to a function, for instance to forward it to the application's own logging. Calls are serialised.
LoggerPtr function_logger(std::function<void(LogLevel, std::string_view)> function, LogLevel level = LogLevel::kInfo);

/// "DEBUG", "INFO", ...
std::string_view name_of(LogLevel level);

}  // namespace streams
