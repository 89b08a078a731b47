// Split and merge: parts of a stream take different ways, then flow together again.
#include "pattern.hpp"

namespace patterns {
namespace {

streams::Topology split_topology() {
  streams::StreamsBuilder builder;
  // Every record takes the first branch that wants it. Without a default branch the rest would be dropped.
  auto parcels = builder.stream<std::string, double>("parcels-by-weight")
                     .split({.name = "parcel-"})
                     .branch([](const double& kg) { return kg <= 0; }, {.name = "invalid"})
                     .branch([](const double& kg) { return kg < 2; }, {.name = "light"})
                     .default_branch({.name = "heavy"});
  const auto letters = parcels.at("parcel-light").map_values([](double) { return std::string("by bicycle"); });
  const auto freight =
      parcels.at("parcel-heavy").map_values([](double kg) { return "by van, " + number_text(kg) + " kg"; });
  // merge() needs equal types. It promises nothing about the order between the two streams.
  letters.merge(freight).to("shipments");
  parcels.at("parcel-invalid").to("parcels-to-check");
  return builder.build();
}

}  // namespace

Pattern split_and_merge_pattern() {
  const Topic<std::string, double> parcels("parcels-by-weight"), invalid("parcels-to-check");
  const Topic<std::string, std::string> shipments("shipments");
  return {
      .name = "split_and_merge",
      .teaches = "branches by predicate, a default branch, one stream again",
      .topology = split_topology,
      .inputs = {parcels},
      .outputs = {shipments, invalid},
      .steps = {{{parcels(1s, "p1", 0.5), parcels(2s, "p2", 12), parcels(3s, "p3", -1), parcels(4s, "p4", 1.5)}, 4}}};
}

}  // namespace patterns
