// The loggers that come with the library.
#include <runtime/log.hpp>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>

namespace streams {

namespace {

class StderrLogger final : public Logger {
 public:
  using Logger::Logger;
  void write(LogLevel level, std::string_view line) override {
    const auto now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    std::tm parts{};
    localtime_r(&seconds, &parts);
    char when[48];
    const std::size_t length = std::strftime(when, sizeof when, "%F %T", &parts);
    std::snprintf(when + length, sizeof when - length, ".%03d", static_cast<int>(millis));
    const std::string_view name = name_of(level);
    // One call, so that lines of several threads do not mix.
    std::fprintf(stderr, "%s %-5.*s %.*s\n", when, static_cast<int>(name.size()), name.data(),
                 static_cast<int>(line.size()), line.data());
  }
};

class NullLogger final : public Logger {
 public:
  NullLogger() : Logger(LogLevel::kOff) {}
  void write(LogLevel, std::string_view) override {}
};

class FunctionLogger final : public Logger {
 public:
  FunctionLogger(std::function<void(LogLevel, std::string_view)> function, LogLevel level)
      : Logger(level), function_(std::move(function)) {}
  void write(LogLevel level, std::string_view line) override {
    std::lock_guard lock(mutex_);
    function_(level, line);
  }

 private:
  std::mutex mutex_;
  std::function<void(LogLevel, std::string_view)> function_;
};

}  // namespace

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarn:
      return "WARN";
    case LogLevel::kError:
      return "ERROR";
    case LogLevel::kOff:
      break;
  }
  return "OFF";
}

LoggerPtr stderr_logger(LogLevel level) { return std::make_shared<StderrLogger>(level); }
LoggerPtr null_logger() { return std::make_shared<NullLogger>(); }
LoggerPtr function_logger(std::function<void(LogLevel, std::string_view)> function, LogLevel level) {
  return std::make_shared<FunctionLogger>(std::move(function), level);
}

}  // namespace streams
