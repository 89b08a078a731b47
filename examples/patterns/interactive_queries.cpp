// Interactive queries: a word count whose counts are read out of the running application, without a database beside it.
#include "pattern.hpp"

#include <streams/kafka_streams.hpp>

#include <ranges>
#include <sstream>
#include <thread>

namespace patterns {
namespace {

using WordCount = std::int64_t;

constexpr const char* kCountsStore = "word-counts";
constexpr const char* kByMinuteStore = "word-counts-by-minute";

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

streams::Topology interactive_queries_topology() {
  streams::StreamsBuilder builder;
  const auto by_word = builder.stream<std::string, std::string>("text-lines")
                           .flat_map_values(words_of)
                           .group_by([](const std::string& word) { return word; }, {.name = "by-word"});
  // Without a retention a window can be read until it closes.
  by_word.windowed_by(streams::TimeWindows::of_size_with_no_grace(1min))
      .count({.store_name = kByMinuteStore, .retention = 24h});
  by_word.count({.store_name = kCountsStore}).to_stream().to("word-counts-by-word");
  return builder.build();
}

/// Stores cannot be read while tasks are on their way from one instance to another: then one asks again.
template <class Read>
auto when_ready(Read read) {
  while (true) {
    try {
      return read();
    } catch (const streams::StreamsRebalancing&) {
      std::this_thread::sleep_for(10ms);
    }
  }
}

/// On any thread, here that of main(); a service would do this where it answers its own requests. With several
/// instances one asks query_metadata_for_key() first which of them has the word, and that one over the network.
std::vector<std::string> ask_for_words(const streams::KafkaStreams& app) {
  const auto counts = app.store(kCountsStore, streams::queryable::key_value<std::string, WordCount>());
  const auto by_minute = app.store(kByMinuteStore, streams::queryable::window<std::string, WordCount>());
  std::vector<std::string> answers;
  when_ready([&] { answers.push_back("kafka: " + std::to_string(counts->get("kafka").value_or(0))); });
  when_ready([&] { answers.push_back("rabbit: " + std::to_string(counts->get("rabbit").value_or(0))); });
  answers.push_back(when_ready([&] {
    std::string text = "from a to k:";
    for (const auto& [word, count] : counts->range("a", "k")) text += " " + word + "=" + std::to_string(count);
    return text;
  }));
  answers.push_back(when_ready([&] {
    std::string text = "more than once:";
    const auto often = [](const auto& row) { return row.second > 1; };
    for (const auto& [word, count] : counts->all() | std::views::filter(often)) text += " " + word;
    return text;
  }));
  answers.push_back(when_ready([&] {
    std::string text = "kafka by minute:";
    for (const auto& [start, count] : by_minute->fetch("kafka", 0, INT64_MAX)) text += " " + std::to_string(count);
    return text;
  }));
  return answers;
}

}  // namespace

Pattern interactive_queries_pattern() {
  const Topic<std::string, std::string> lines("text-lines");
  const Topic<std::string, WordCount> counts("word-counts-by-word");
  return {.name = "interactive_queries",
          .teaches = "a word count whose stores are read by another thread while it runs",
          .topology = interactive_queries_topology,
          .inputs = {lines},
          .outputs = {counts},
          .steps = {{{lines(1s, "a", "all streams lead to kafka"), lines(2s, "b", "hello kafka streams"),
                      lines(61s, "c", "join kafka summit")},
                     11}},
          .ask = ask_for_words};
}

}  // namespace patterns
