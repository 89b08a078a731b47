// Lines of text in streams and files.
#include <streams/detail/print.hpp>
#include <streams/errors.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iostream>
#include <mutex>

namespace streams::detail {
namespace {

/// What is printed to a terminal is seen at once.
class StreamPrinter final : public LinePrinter {
 public:
  explicit StreamPrinter(std::ostream& out) : out_(out) {}
  void print(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    out_ << std::string(line) + "\n" << std::flush;  // in one piece: others write there too
  }
  void flush() override {}

 private:
  std::mutex mutex_;
  std::ostream& out_;
};

class FilePrinter final : public LinePrinter {
 public:
  explicit FilePrinter(const std::string& path) : out_(path, std::ios::trunc) {
    if (!out_) {
      throw TopologyError("Invalid topology: Unable to write stream to file at [" + path + "] " + std::strerror(errno));
    }
  }
  void print(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    out_ << line << '\n';
  }
  void flush() override {
    const std::lock_guard lock(mutex_);
    out_ << std::flush;
  }

 private:
  std::mutex mutex_;
  std::ofstream out_;
};

}  // namespace

std::shared_ptr<LinePrinter> make_line_printer(const Printed& printed) {
  if (!printed.file.empty()) return std::make_shared<FilePrinter>(printed.file);
  return std::make_shared<StreamPrinter>(printed.stream == nullptr ? std::cout : *printed.stream);
}

std::string shown_number(double value) {
  std::array<char, 32> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), result.ptr};
}

}  // namespace streams::detail
