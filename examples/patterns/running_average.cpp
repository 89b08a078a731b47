// Running average: an aggregate of another type than the values.
#include "pattern.hpp"

#include <streams/json.hpp>

namespace patterns {

/// An average alone cannot be continued; count and sum can. Keep what can be continued, derive what is shown.
struct Ratings {
  std::int64_t count = 0;
  double sum = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Ratings, count, sum)

namespace {

streams::Topology running_average_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, double>("movie-ratings")
      .group_by_key()
      .aggregate([] { return Ratings{}; },
                 [](const std::string&, double rating, const Ratings& so_far) {
                   return Ratings{so_far.count + 1, so_far.sum + rating};
                 },
                 {.store_name = "ratings-by-movie"})
      // Not materialized: the average is computed from the row above whenever it is needed, and has no store.
      .map_values([](const Ratings& ratings) { return ratings.sum / static_cast<double>(ratings.count); })
      .to_stream()
      .to("average-ratings");
  return builder.build();
}

}  // namespace

Pattern running_average_pattern() {
  const Topic<std::string, double> ratings("movie-ratings"), averages("average-ratings");
  return {.name = "running_average",
          .teaches = "aggregate into a type of its own (JSON), derive the result from it",
          .topology = running_average_topology,
          .inputs = {ratings},
          .outputs = {averages},
          .steps = {{{ratings(1s, "Tampopo", 10), ratings(2s, "Tampopo", 7), ratings(3s, "Ran", 9),
                      ratings(4s, "Tampopo", 4)},
                     4}}};
}

}  // namespace patterns
