// Prints records and times.
#include "pattern.hpp"

#include <array>
#include <cstdio>

namespace patterns {

std::string time_text(streams::Timestamp time, streams::Timestamp base) {
  const std::int64_t ms = time - base, s = ms / 1000;
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%d:%02d:%02d", static_cast<int>(s / 3600),
                                   static_cast<int>(s / 60 % 60), static_cast<int>(s % 60));
  if (ms % 1000 != 0) {
    std::snprintf(text.data() + length, text.size() - static_cast<std::size_t>(length), ".%03d",
                  static_cast<int>(ms % 1000));
  }
  return text.data();
}

std::string number_text(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", number);
  return text.data();
}

std::string line_of(const TopicView& topic, streams::Timestamp base, streams::Timestamp time,
                    const streams::OptionalBytes& key, const streams::OptionalBytes& value,
                    const streams::Headers& headers) {
  std::string line = time_text(time, base) + " " + topic.name + " " + topic.key_text(key, base) + " -> " +
                     topic.value_text(value, base);
  for (const streams::Header& header : headers) {
    if (header.key.ends_with("stacktrace")) continue;  // several lines
    line += " [" + header.key + "=" + header.value.value_or("null") + "]";
  }
  return line;
}

const Pattern* find_pattern(const std::string& name) {
  for (const Pattern& pattern : all_patterns()) {
    if (pattern.name == name) return &pattern;
  }
  return nullptr;
}

}  // namespace patterns
