// Counts words: text lines in, the count of each word out.
#pragma once

#include <streams/streams_builder.hpp>

#include <cctype>
#include <cstdint>
#include <string>
#include <vector>

/// The words of a line, in lower case.
inline std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words(1);
  for (const char c : line) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

inline streams::Topology word_count_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, std::string>("text-lines")
      .flat_map_values(words_of)
      .group_by([](const std::string& word) { return word; })
      .count({.store_name = "counts"})
      .to_stream()
      .to("word-counts");
  return builder.build();
}
