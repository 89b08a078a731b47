// flat_map_values() with a function that gives one value.
// expect: and gives a range, for example a std::vector.
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
#ifdef FIXED
  orders.flat_map_values([](std::int64_t amount) { return std::vector{amount, amount}; });
#else
  orders.flat_map_values([](std::int64_t amount) { return amount; });
#endif
}
