// Versioned join: each record finds the row that was valid at its time, also when it comes late.
#include "pattern.hpp"

namespace patterns {
namespace {

streams::Topology versioned_topology() {
  streams::StreamsBuilder builder;
  // A plain table knows today's price only: a sale that comes late would be charged what was not asked then. This one
  // keeps an hour of history.
  const auto prices =
      builder.table<std::string, double>("prices", {.store_name = "price-history", .history_retention = 1h});
  builder.stream<std::string, std::int64_t>("pieces-sold")
      .join(prices, [](std::int64_t pieces, double price) { return static_cast<double>(pieces) * price; })
      .to("revenue");
  return builder.build();
}

}  // namespace

Pattern versioned_join_pattern() {
  const Topic<std::string, double> prices("prices"), revenue("revenue");
  const Topic<std::string, std::int64_t> sold("pieces-sold");
  return {.name = "versioned_join",
          .teaches = "a table with history: joins see the row of the record's time",
          .topology = versioned_topology,
          .inputs = {prices, sold},
          .outputs = {revenue},
          .steps = {{{prices(0min, "tea", 2), prices(10min, "tea", 3), sold(11min, "tea", 10)}, 1},
                    {{sold(5min, "tea", 10)}, 1},
                    {{sold(12min, "tea", 1)}, 1}}};
}

}  // namespace patterns
