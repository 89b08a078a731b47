// Sum: records with any key become one number.
#include "pattern.hpp"

namespace patterns {
namespace {

streams::Topology sum_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, std::int64_t>("numbers")
      .filter([](std::int64_t n) { return n % 2 != 0; })
      // One key for all: they must meet in one place to be added up. So one task does all the work, whatever the number
      // of partitions. Where that is too much, add up by partition first, then add up the sums.
      .group_by([](std::int64_t) { return std::string("sum of odd numbers"); }, {.name = "odd-numbers"})
      .reduce([](std::int64_t sum, std::int64_t n) { return sum + n; }, {.store_name = "sum"})
      .to_stream()
      .to("sum-of-odd-numbers");
  return builder.build();
}

}  // namespace

Pattern sum_pattern() {
  const Topic<std::string, std::int64_t> numbers("numbers"), sum("sum-of-odd-numbers");
  Step step{.in = {}, .out = 5};
  for (std::int64_t n = 1; n <= 10; ++n) step.in.push_back(numbers(n * 1s, std::nullopt, n));
  return {.name = "sum",
          .teaches = "reduce; what a single key for everything costs",
          .topology = sum_topology,
          .inputs = {numbers},
          .outputs = {sum},
          .steps = {step}};
}

}  // namespace patterns
