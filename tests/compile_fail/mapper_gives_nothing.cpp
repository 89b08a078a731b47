// A mapper without a result.
// expect: streams: a mapper takes (const V&) or (const K&, const V&) and gives the new value
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
#ifdef FIXED
  orders.map_values([](std::int64_t amount) { return amount + 1; });
#else
  orders.map_values([](std::int64_t amount) { static_cast<void>(amount); });
#endif
}
