// Windows for a grouped table.
// expect: has no member named 'windowed_by'
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.table<std::string, std::int64_t>("orders");
  const auto by_amount = [](const std::string& id, std::int64_t amount) { return std::pair(amount, id); };
  const auto windows = TimeWindows::of_size_with_no_grace(Millis(1000));
#ifdef FIXED
  orders.to_stream().map(by_amount).group_by_key().windowed_by(windows).count();
#else
  orders.group_by(by_amount).windowed_by(windows).count();
#endif
}
