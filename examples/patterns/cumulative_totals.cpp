// Cumulative totals: what was sold today so far, told once an hour.
#include "pattern.hpp"

#include <streams/windowed_serdes.hpp>

namespace patterns {
namespace {

constexpr Millis kDay = 24h;

streams::Topology cumulative_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, std::int64_t>("sales")
      .group_by_key()
      // A window of a day gives its sum so far with every record ...
      .windowed_by(streams::TimeWindows::of_size_with_no_grace(kDay))
      .reduce([](std::int64_t sum, std::int64_t cents) { return sum + cents; }, {.store_name = "sales-today"})
      // ... of which one an hour is enough: an update waits until stream time is an hour past the first that it
      // replaces. Such results are not final: the next one of the day takes the place of this one.
      .suppress(streams::Suppressed::until_time_limit(1h, {}, "hourly"))
      .to_stream()
      .to("sales-today-so-far");
  return builder.build();
}

}  // namespace

Pattern cumulative_totals_pattern() {
  const Topic<std::string, std::int64_t> sales("sales");
  const Topic<streams::Windowed<std::string>, std::int64_t> totals(
      "sales-today-so-far", streams::time_windowed_serde<std::string>(kDay.count()));
  return {.name = "cumulative_totals",
          .teaches = "a day's running total, one update an hour: suppress with a time limit",
          .topology = cumulative_topology,
          .inputs = {sales},
          .outputs = {totals},
          .steps = {{{sales(0min, "books", 10), sales(20min, "books", 20), sales(40min, "books", 30)}, 0},
                    {{sales(60min, "books", 5)}, 1},
                    {{sales(90min, "books", 1), sales(135min, "books", 2)}, 0},
                    {{sales(24h, "books", 7), sales(25h, "books", 8)}, 2}}};
}

}  // namespace patterns
