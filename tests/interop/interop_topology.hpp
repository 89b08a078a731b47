// The twin of tests/interop/java/src/main/java/interop/Main.java.
#pragma once

#include <streams/streams.hpp>

#include <chrono>
#include <string>

namespace streams::testing {

inline Topology interop_topology(const std::string& prefix) {
  using namespace std::chrono_literals;
  using Text = std::string;
  constexpr auto kWindow = 10s;
  constexpr auto kGrace = 2s;
  StreamsBuilder builder;

  builder.stream<Text, Text>(prefix + "counted")
      .group_by_key()
      .count({.store_name = "counts"})
      .to_stream()
      .to(prefix + "counts");

  builder.stream<Text, Text>(prefix + "windowed")
      .group_by_key()
      .windowed_by(TimeWindows::of_size_and_grace(kWindow, kGrace))
      .count({.store_name = "window-counts"})
      .to_stream()
      .to(prefix + "window-counts");

  builder.stream<Text, Text>(prefix + "sessions")
      .group_by_key()
      .windowed_by(SessionWindows::of_inactivity_gap_and_grace(kWindow, kGrace))
      .count({.store_name = "session-counts"})
      .to_stream()
      .to(prefix + "session-counts");

  builder.stream<Text, Text>(prefix + "final")
      .group_by_key()
      .windowed_by(TimeWindows::of_size_and_grace(kWindow, kGrace))
      .count({.store_name = "final-window-counts"})
      .suppress(Suppressed::until_window_closes({}, "suppressed"))
      .to_stream()
      .to(prefix + "final-counts");

  // Java shows an absent side as "null".
  const auto pair = [](const Text* a, const Text* b) { return (a ? *a : "null") + "/" + (b ? *b : "null"); };
  const auto left = builder.table<Text, Text>(prefix + "left", {.store_name = "left-rows"});
  const auto right = builder.table<Text, Text>(prefix + "right", {.store_name = "right-rows"});
  left.outer_join(right, pair, {.store_name = "joined-rows"}).to_stream().to(prefix + "joined");

  const auto orders = builder.table<Text, Text>(prefix + "orders", {.store_name = "order-rows"});
  const auto customers = builder.table<Text, Text>(prefix + "customers", {.store_name = "customer-rows"});
  orders
      .left_join(
          customers, [](const Text& order) { return order.substr(0, 1); },
          [](const Text& order, const Text* customer) { return order + "/" + (customer ? *customer : "null"); },
          {.store_name = "order-customers"})
      .to_stream()
      .to(prefix + "order-customers");

  const auto prices =
      builder.table<Text, Text>(prefix + "prices", {.store_name = "price-versions", .history_retention = 1min});
  builder.stream<Text, Text>(prefix + "sales")
      .left_join(prices, [](const Text& sale, const Text* price) { return sale + "@" + (price ? *price : "null"); })
      .to(prefix + "priced");

  return builder.build();
}

}  // namespace streams::testing
