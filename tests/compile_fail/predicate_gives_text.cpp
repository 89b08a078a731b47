// A predicate that does not give a bool.
// expect: streams: a predicate takes (const V&) or (const K&, const V&) and gives bool
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
#ifdef FIXED
  orders.filter([](std::int64_t amount) { return amount > 0; });
#else
  orders.filter([](std::int64_t amount) { return std::to_string(amount); });
#endif
}
