// map() with a function that gives only a value.
// expect: streams: the function takes (const V&) or (const K&, const V&) and gives std::pair
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
#ifdef FIXED
  orders.map([](const std::string& id, std::int64_t amount) { return std::pair(amount, id); });
#else
  orders.map([](std::int64_t amount) { return amount; });
#endif
}
