// User regions: a count over the rows of a table, which moves when a row does.
#include "pattern.hpp"

namespace patterns {
namespace {

streams::Topology user_regions_topology() {
  streams::StreamsBuilder builder;
  builder
      .table<std::string, std::string>("user-regions")
      // Grouping a table, not a stream: when a user moves, the old region loses one and the new one gains one. Counting
      // a stream of moves would count moves.
      .group_by(
          [](const std::string& user, const std::string& region) {
            return std::pair{region, user};
          },
          {.name = "users-by-region"})
      .count({.store_name = "users-per-region"})
      .to_stream()
      .to("users-per-region");
  return builder.build();
}

}  // namespace

Pattern user_regions_pattern() {
  const Topic<std::string, std::string> regions("user-regions");
  const Topic<std::string, std::int64_t> counts("users-per-region");
  return {.name = "user_regions",
          .teaches = "group a table and count; rows that move or are deleted",
          .topology = user_regions_topology,
          .inputs = {regions},
          .outputs = {counts},
          .steps = {{{regions(1s, "alice", "asia")}, 1},
                    {{regions(2s, "bob", "asia")}, 1},
                    {{regions(3s, "alice", "europe")}, 2},
                    {{regions(4s, "bob", std::nullopt)}, 1}}};
}

}  // namespace patterns
