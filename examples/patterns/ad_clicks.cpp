// Ad clicks: two streams joined by time, and those that found no partner.
#include "pattern.hpp"

namespace patterns {
namespace {

streams::Topology ad_clicks_topology() {
  streams::StreamsBuilder builder;
  const auto impressions = builder.stream<std::string, std::string>("ad-impressions");
  const auto clicks = builder.stream<std::string, std::string>("ad-clicks");
  impressions
      .outer_join(clicks,
                  [](const std::string* shown, const std::string* clicked) {
                    return (shown == nullptr ? "not shown" : *shown) + "/" +
                           (clicked == nullptr ? "not clicked" : *clicked);
                  },
                  // Both sides wait in window stores. That somebody stayed alone is only known, and told, when the
                  // window and its grace are over; a click without an impression may be fraud.
                  streams::JoinWindows::of_time_difference_with_no_grace(5s), {.name = "ads", .store_name = "ads"})
      .to("ad-results");
  return builder.build();
}

}  // namespace

Pattern ad_clicks_pattern() {
  const Topic<std::string, std::string> impressions("ad-impressions"), clicks("ad-clicks"), results("ad-results");
  return {.name = "ad_clicks",
          .teaches = "a windowed outer join of streams; when missing partners are told",
          .topology = ad_clicks_topology,
          .inputs = {impressions, clicks},
          .outputs = {results},
          .steps = {{{impressions(1s, "ad1", "shown"), impressions(2s, "ad2", "shown"), clicks(4s, "ad1", "clicked"),
                      clicks(6s, "ad3", "clicked")},
                     1},
                    // An application looks for windows that have closed at most once a second.
                    {.in = {impressions(20s, "ad4", "shown")}, .out = 2, .pause = 1500ms}}};
}

}  // namespace patterns
