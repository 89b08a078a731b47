// Map: every record gives one other record, nothing is remembered.
#include "pattern.hpp"

#include <cctype>

namespace patterns {
namespace {

std::string upper_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

streams::Topology map_topology() {
  streams::StreamsBuilder builder;
  const auto words = builder.stream<std::string, std::string>("words");
  // map_values() cannot touch the key, so the records stay in their partitions. Prefer it wherever it is enough.
  words.map_values(upper_case).to("loud-words");
  // map() may give another key. Whatever groups or joins after it goes through a repartition topic first.
  words
      .map([](const std::string& key, const std::string& word) {
        return std::pair{word, key + " " + upper_case(word)};
      })
      .to("words-by-word");
  return builder.build();
}

}  // namespace

Pattern map_pattern() {
  const Topic<std::string, std::string> words("words"), loud("loud-words"), by_word("words-by-word");
  return {.name = "map",
          .teaches = "new values or new records, one for one; when keys may change",
          .topology = map_topology,
          .inputs = {words},
          .outputs = {loud, by_word},
          .steps = {{{words(1s, "1", "hello"), words(2s, "2", "streams")}, 4}}};
}

}  // namespace patterns
