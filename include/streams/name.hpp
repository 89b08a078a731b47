// Names that users give to operators and stores.
#pragma once

#include <string>
#include <utility>

namespace streams {

/// A name that may be left out; the library makes one up then. Giving an empty one is an error where it is given.
/// Source: org.apache.kafka.streams.kstream.Named.
class Name {
 public:
  Name() = default;
  /// Both throw TopologyError for an empty text.
  Name(std::string text) : text_(std::move(text)) {  // NOLINT(google-explicit-constructor): `.name = "sink"`
    if (text_.empty()) refuse_empty();
  }
  Name(const char* text) : Name(std::string(text)) {}  // NOLINT(google-explicit-constructor)

  /// True if no name was given.
  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }
  operator const std::string&() const { return text_; }  // NOLINT(google-explicit-constructor): it is a text

 private:
  [[noreturn]] static void refuse_empty();
  std::string text_;
};

}  // namespace streams
