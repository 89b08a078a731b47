// A reducer that takes one value.
// expect: streams: a reducer takes (const V&, const V&) and gives a V.
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
#ifdef FIXED
  orders.group_by_key().reduce([](std::int64_t a, std::int64_t b) { return a + b; });
#else
  orders.group_by_key().reduce([](std::int64_t a) { return a; });
#endif
}
