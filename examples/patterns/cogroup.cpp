// Cogroup: several streams fill one aggregate, here how much of what was ordered has been shipped.
#include "pattern.hpp"

#include <streams/json.hpp>

namespace patterns {

struct FillRate {
  std::int64_t ordered = 0, shipped = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FillRate, ordered, shipped)

namespace {

streams::Topology cogroup_topology() {
  streams::StreamsBuilder builder;
  const auto ordered = builder.stream<std::string, std::int64_t>("pieces-ordered").group_by_key();
  const auto shipped = builder.stream<std::string, std::int64_t>("pieces-shipped").group_by_key();
  // One store, one update for each record. Two aggregations and a join of their tables would need three stores, and
  // every record would come out twice.
  ordered
      .cogroup<FillRate>([](const std::string&, std::int64_t pieces, FillRate rate) {
        rate.ordered += pieces;
        return rate;
      })
      .cogroup(shipped,
               [](const std::string&, std::int64_t pieces, FillRate rate) {
                 rate.shipped += pieces;
                 return rate;
               })
      .aggregate([] { return FillRate{}; }, {.store_name = "fill-rate"})
      .to_stream()
      .map_values([](const FillRate& rate) {
        const auto percent = rate.ordered == 0 ? 0 : 100 * rate.shipped / rate.ordered;
        return std::to_string(rate.shipped) + " of " + std::to_string(rate.ordered) + ", " + std::to_string(percent) +
               " %";
      })
      .to("fill-rate");
  return builder.build();
}

}  // namespace

Pattern cogroup_pattern() {
  const Topic<std::string, std::int64_t> ordered("pieces-ordered"), shipped("pieces-shipped");
  const Topic<std::string, std::string> rate("fill-rate");
  return {.name = "cogroup",
          .teaches = "several streams into one aggregate and one store",
          .topology = cogroup_topology,
          .inputs = {ordered, shipped},
          .outputs = {rate},
          .steps = {{{ordered(1s, "lamp", 8)}, 1},
                    {{shipped(2s, "lamp", 6), shipped(3s, "sofa", 1)}, 2},
                    {{ordered(4s, "sofa", 1), shipped(5s, "lamp", 2)}, 2}}};
}

}  // namespace patterns
