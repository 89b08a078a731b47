// Windows of one's own: business days that end at six in the evening.
#include "pattern.hpp"

#include <streams/windowed_serdes.hpp>

namespace patterns {
namespace {

/// Whatever says how long its windows are, for how long they take late records, and which of them hold a time, is a
/// kind of windows. (Here the days of UTC; those of a place with summer time are not all equally long.)
struct BusinessDays {
  static constexpr std::int64_t kDay = 86'400'000, kClosing = 18 * 3'600'000;

  std::int64_t size_ms() const { return kDay; }
  std::int64_t grace_ms() const { return 1'800'000; }
  template <class Fn>
  void for_each_window(streams::Timestamp time, Fn&& fn) const {
    const streams::Timestamp start = (time - kClosing) / kDay * kDay + kClosing;
    fn(start, start + kDay);
  }
};

streams::Topology daily_windows_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, std::string>("transfers")
      .group_by_key()
      .windowed_by(BusinessDays{})
      .count({.store_name = "transfers-per-business-day"})
      .to_stream()
      .to("transfers-per-business-day");
  return builder.build();
}

}  // namespace

Pattern daily_windows_pattern() {
  const Topic<std::string, std::string> transfers("transfers");
  const Topic<streams::Windowed<std::string>, std::int64_t> counts(
      "transfers-per-business-day", streams::time_windowed_serde<std::string>(BusinessDays::kDay));
  return {.name = "daily_windows",
          .teaches = "windows of one's own: days that begin at six in the evening",
          .topology = daily_windows_topology,
          .inputs = {transfers},
          .outputs = {counts},
          .steps = {{{transfers(17h + 59min, "acme", "t1"), transfers(18h, "acme", "t2"), transfers(26h, "acme", "t3"),
                      transfers(17h + 50min, "acme", "t4"), transfers(42h, "acme", "t5")},
                     4}}};
}

}  // namespace patterns
