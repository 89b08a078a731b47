// A function that cannot be copied, though every task needs its own.
// expect: streams: a function given to an operator must be copyable, because every task has its own
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
#ifdef FIXED
  orders.filter([limit = std::make_shared<std::int64_t>(3)](std::int64_t amount) { return amount > *limit; });
#else
  orders.filter([limit = std::make_unique<std::int64_t>(3)](std::int64_t amount) { return amount > *limit; });
#endif
}
