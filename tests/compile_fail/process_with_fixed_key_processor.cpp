// process() with a processor that keeps the key.
// expect: streams: process() takes a Processor; give a FixedKeyProcessor to process_values().
#include <streams/streams_builder.hpp>

using namespace streams;

struct Count : FixedKeyProcessor<std::string, std::int64_t, std::int64_t> {
  void process(FixedKeyRecord<std::string, std::int64_t>&&) override {}
};

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
#ifdef FIXED
  orders.process_values([] { return std::make_unique<Count>(); });
#else
  orders.process([] { return std::make_unique<Count>(); });
#endif
}
