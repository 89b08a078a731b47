// Named operators: state belongs to names, so that a topology can change without losing it.
#include "pattern.hpp"

namespace patterns {
namespace {

streams::Topology named_topology() {
  streams::StreamsBuilder builder;
  // Without names the library numbers what it makes: KSTREAM-AGGREGATE-STATE-STORE-0000000003-changelog. Whoever adds
  // an operator above then moves all numbers below it, and the next version of the program looks for its state under
  // other names: it starts with empty stores and leaves the old topics lying around. `patterns named_operators
  // --describe` shows the names. The setting ensure.explicit.internal.resource.naming=true insists on them.
  builder.stream<std::string, std::string>("votes", {.name = "votes"})
      .filter([](const std::string& choice) { return !choice.empty(); }, {.name = "only-valid"})
      .group_by([](const std::string& choice) { return choice; }, {.name = "by-choice"})  // by-choice-repartition
      .count({.store_name = "votes-per-choice"}, {.name = "count-votes"})                 // votes-per-choice-changelog
      .to_stream({.name = "counts"})
      .to("votes-per-choice", {.name = "results"});
  return builder.build();
}

}  // namespace

Pattern named_operators_pattern() {
  const Topic<std::string, std::string> votes("votes");
  const Topic<std::string, std::int64_t> counts("votes-per-choice");
  return {.name = "named_operators",
          .teaches = "names for stores, repartition topics and nodes, so that programs can be upgraded",
          .topology = named_topology,
          .inputs = {votes},
          .outputs = {counts},
          .steps = {{{votes(1s, "v1", "yes"), votes(2s, "v2", "no"), votes(3s, "v3", ""), votes(4s, "v4", "yes")}, 3}}};
}

}  // namespace patterns
