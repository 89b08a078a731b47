// Final results: one result for each window, when nothing can change it any more.
#include "pattern.hpp"

#include <streams/windowed_serdes.hpp>

#include <algorithm>

namespace patterns {
namespace {

constexpr Millis kHighestWindow = 10s;

streams::Topology final_results_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, double>("temperatures")
      .group_by_key()
      // A window takes late records until stream time is 5 s past its end; then it closes.
      .windowed_by(streams::TimeWindows::of_size_and_grace(kHighestWindow, 5s))
      .reduce([](double a, double b) { return std::max(a, b); }, {.store_name = "highest-temperature"})
      // A mail cannot be taken back: hold the updates until the window has closed. The price is memory, and that the
      // last windows stay open while no newer records come: stream time stands still then.
      .suppress(streams::Suppressed::until_window_closes({}, "final"))
      .to_stream()
      .to("highest-temperatures");
  return builder.build();
}

}  // namespace

Pattern final_results_pattern() {
  const Topic<std::string, double> temperatures("temperatures");
  const Topic<streams::Windowed<std::string>, double> highest(
      "highest-temperatures", streams::time_windowed_serde<std::string>(kHighestWindow.count()));
  return {.name = "final_results",
          .teaches = "suppress until a window closes; grace, and what is too late",
          .topology = final_results_topology,
          .inputs = {temperatures},
          .outputs = {highest},
          .steps = {{{temperatures(1s, "hall", 20), temperatures(8s, "hall", 21), temperatures(12s, "hall", 19),
                      temperatures(9s, "hall", 22.5)},
                     0},  // the last is late, but in time
                    {{temperatures(15s, "hall", 18)}, 1},
                    {{temperatures(7s, "hall", 99)}, 0},  // too late: dropped, and counted as such
                    {{temperatures(30s, "hall", 20)}, 1}}};
}

}  // namespace patterns
