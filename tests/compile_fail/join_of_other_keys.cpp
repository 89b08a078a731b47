// A join of two streams whose keys have different types.
// expect: streams: both sides of a join have keys of one type
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
  const auto payments = builder.stream<std::int64_t, std::int64_t>("payments");
  const auto sum = [](std::int64_t a, std::int64_t b) { return a + b; };
  const auto windows = JoinWindows::of_time_difference_with_no_grace(Millis(1000));
#ifdef FIXED
  orders.join(payments.select_key([](std::int64_t id, std::int64_t) { return std::to_string(id); }), sum, windows);
#else
  orders.join(payments, sum, windows);
#endif
}
