// An aggregator whose result is not the aggregate.
// expect: streams: an aggregator takes (const K&, const V&, Aggregate) and gives the new aggregate.
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
  const auto zero = [] { return std::int64_t{0}; };
#ifdef FIXED
  orders.group_by_key().aggregate(zero, [](const std::string&, std::int64_t v, std::int64_t sum) { return sum + v; });
#else
  orders.group_by_key().aggregate(zero, [](const std::string& k, std::int64_t, std::int64_t) { return k; });
#endif
}
