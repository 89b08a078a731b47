// Windows of one's own that lack a member.
// expect: streams: windows of your own have the members of TimeWindowing: size_ms(), grace_ms() and
// for_each_window(timestamp, fn).
#include <streams/streams_builder.hpp>

using namespace streams;

struct Days {
#ifdef FIXED
  std::int64_t size_ms() const { return kDay; }
#endif
  std::int64_t grace_ms() const { return 0; }
  template <class Fn>
  void for_each_window(Timestamp timestamp, Fn&& fn) const {
    fn(timestamp / kDay * kDay, (timestamp / kDay + 1) * kDay);
  }
  static constexpr Timestamp kDay = 86'400'000;
};

void build(StreamsBuilder& builder) {
  builder.stream<std::string, std::string>("in").group_by_key().windowed_by(Days{}).count();
}
