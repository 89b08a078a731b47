// A merge of streams whose values have different types.
// expect: error: cannot convert 'const streams::KStream<
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
  const auto notes = builder.stream<std::string, std::string>("notes");
#ifdef FIXED
  orders.map_values([](std::int64_t amount) { return std::to_string(amount); }).merge(notes);
#else
  orders.merge(notes);
#endif
}
