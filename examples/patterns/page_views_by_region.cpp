// Page views by region: a stream is enriched from a table, then counted by what it found there.
#include "pattern.hpp"

#include <streams/windowed_serdes.hpp>

namespace patterns {
namespace {

constexpr Millis kViewWindow = 5min;

streams::Topology page_views_topology() {
  streams::StreamsBuilder builder;
  const auto regions = builder.table<std::string, std::string>("regions-of-users");
  builder
      .stream<std::string, std::string>("page-views")  // user, by page
      .select_key([](const std::string& /*page*/, const std::string& user) { return user; })
      // The stream has another key now. To meet the user's row it goes through a repartition topic; the library sees
      // that by itself. Names keep such topics the same when the topology changes later.
      .left_join(regions,
                 [](const std::string&, const std::string* region) {
                   return region == nullptr ? std::string("unknown") : *region;
                 },
                 {.name = "views-by-user"})
      .group_by([](const std::string& region) { return region; }, {.name = "views-by-region"})
      // Hopping windows: five minutes long, and every two and a half minutes a new one. A view is in two of them.
      .windowed_by(streams::TimeWindows::of_size_with_no_grace(kViewWindow).advance_by(150s))
      .count({.store_name = "views-per-region"})
      .to_stream()
      .to("views-per-region");
  return builder.build();
}

}  // namespace

Pattern page_views_by_region_pattern() {
  const Topic<std::string, std::string> regions("regions-of-users"), views("page-views");
  const Topic<streams::Windowed<std::string>, std::int64_t> counts(
      "views-per-region", streams::time_windowed_serde<std::string>(kViewWindow.count()));
  return {.name = "page_views_by_region",
          .teaches = "a stream joined with a table, two repartitionings, hopping windows",
          .topology = page_views_topology,
          .inputs = {regions, views},
          .outputs = {counts},
          .steps = {{{regions(0s, "alice", "asia"), regions(0s, "bob", "europe"), views(200s, "home", "alice"),
                      views(320s, "news", "bob"), views(330s, "home", "alice"), views(340s, "news", "carol")},
                     8}}};
}

}  // namespace patterns
