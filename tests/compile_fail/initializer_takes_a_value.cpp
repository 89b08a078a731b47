// An initializer that takes an argument.
// expect: streams: an initializer takes nothing and gives the first aggregate.
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders").group_by_key();
  const auto add = [](const std::string&, std::int64_t amount, std::int64_t sum) { return sum + amount; };
#ifdef FIXED
  orders.aggregate([] { return std::int64_t{0}; }, add);
#else
  orders.aggregate([](std::int64_t first) { return first; }, add);
#endif
}
