// A predicate that takes a type which the stream's values are not.
// expect: streams: a predicate takes (const V&) or (const K&, const V&) and gives bool
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
#ifdef FIXED
  orders.filter([](std::int64_t amount) { return amount > 0; });
#else
  orders.filter([](const std::string& amount) { return amount.empty(); });
#endif
}
