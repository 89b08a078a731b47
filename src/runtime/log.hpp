// Log lines with a prefix, put together only if somebody wants them.
#pragma once

#include <streams/logging.hpp>

#include <charconv>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace streams::runtime {

namespace detail {
inline void append_text(std::string& out, std::string_view text) { out += text; }
template <class Number>
requires std::is_arithmetic_v<Number>
void append_text(std::string& out, Number number) {
  if constexpr (std::is_same_v<Number, bool>) {
    out += number ? "true" : "false";
  } else if constexpr (std::is_same_v<Number, char>) {
    out += number;
  } else {
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }
}
}  // namespace detail

/// The arguments as one text: strings as they are, numbers in decimal.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::string out;
  (detail::append_text(out, parts), ...);
  return out;
}

/// A logger and the prefix that says who speaks. Copies are cheap enough for every component to keep one.
class Log {
 public:
  Log(LoggerPtr logger, std::string prefix) : logger_(std::move(logger)), prefix_(std::move(prefix)) {}

  template <class... Parts>
  void debug(const Parts&... parts) const {
    write(LogLevel::kDebug, parts...);
  }
  template <class... Parts>
  void info(const Parts&... parts) const {
    write(LogLevel::kInfo, parts...);
  }
  template <class... Parts>
  void warn(const Parts&... parts) const {
    write(LogLevel::kWarn, parts...);
  }
  template <class... Parts>
  void error(const Parts&... parts) const {
    write(LogLevel::kError, parts...);
  }

  const LoggerPtr& logger() const { return logger_; }
  /// The same logger with more in front of each line.
  Log with(const std::string& more) const { return {logger_, prefix_ + more}; }

 private:
  template <class... Parts>
  void write(LogLevel level, const Parts&... parts) const {
    if (logger_->enabled(level)) logger_->write(level, text(prefix_, parts...));
  }

  LoggerPtr logger_;
  std::string prefix_;
};

}  // namespace streams::runtime
