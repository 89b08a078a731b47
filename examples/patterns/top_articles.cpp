// Top N for each window: a ranking that follows every change of the counts below it.
#include "pattern.hpp"

#include <streams/json.hpp>
#include <streams/windowed_serdes.hpp>

#include <algorithm>
#include <map>

namespace patterns {
namespace {

constexpr Millis kHour = 1h;
constexpr std::size_t kBest = 2;
using Counts = std::map<std::string, std::int64_t>;  // article to views
using ArticleCount = std::pair<std::string, std::int64_t>;
using Window = streams::Windowed<std::string>;

std::string best(const Counts& counts) {
  std::vector<ArticleCount> ranking(counts.begin(), counts.end());
  std::stable_sort(ranking.begin(), ranking.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min(kBest, ranking.size()); ++i) {
    text += (i == 0 ? "" : ", ") + ranking[i].first + " " + std::to_string(ranking[i].second);
  }
  return text;
}

streams::Topology top_articles_topology() {
  streams::StreamsBuilder builder;
  builder
      .stream<std::string, std::string>("article-views")  // article, by section: "sport" -> "Cup final"
      .group_by([](const std::string& section, const std::string& article) { return section + "/" + article; },
                {.name = "views-by-article"})
      .windowed_by(streams::TimeWindows::of_size_with_no_grace(kHour))
      .count({.store_name = "views-per-hour"})
      // The rows are regrouped: from (section and article, hour) to (section, hour). It is a table that is grouped, so
      // that a count which changes is first taken out as it was, by the subtractor, and then added as it is.
      .group_by(
          [](const Window& window, std::int64_t views) {
            const std::size_t slash = window.key.find('/');
            return std::pair{Window{window.key.substr(0, slash), window.start, window.end},
                             ArticleCount{window.key.substr(slash + 1), views}};
          },
          {.name = "counts-by-section", .key_serde = streams::time_windowed_serde<std::string>(kHour.count())})
      .aggregate([] { return Counts{}; },
                 [](const Window&, const ArticleCount& count, Counts counts) {
                   counts[count.first] = count.second;
                   return counts;
                 },
                 [](const Window&, const ArticleCount& count, Counts counts) {
                   counts.erase(count.first);
                   return counts;
                 },
                 {.store_name = "articles-by-section"})
      .map_values(best)
      .to_stream()
      .to("top-articles");
  return builder.build();
}

}  // namespace

Pattern top_articles_pattern() {
  const Topic<std::string, std::string> views("article-views");
  const Topic<Window, std::string> top("top-articles", streams::time_windowed_serde<std::string>(kHour.count()));
  return {.name = "top_articles",
          .teaches = "top N for each window: a table regrouped, with adder and subtractor",
          .topology = top_articles_topology,
          .inputs = {views},
          .outputs = {top},
          .steps = {{{views(1min, "sport", "Cup final")}, 1},
                    {{views(2min, "sport", "Chess")}, 1},
                    {{views(3min, "sport", "Chess")}, 1},
                    {{views(4min, "arts", "Opera")}, 1},
                    {{views(5min, "sport", "Rowing")}, 1},
                    {{views(61min, "sport", "Rowing")}, 1}}};
}

}  // namespace patterns
