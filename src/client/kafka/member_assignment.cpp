// What the group's leader gave a member, as consumers write it.
#include "client/kafka/member_assignment.hpp"

#include <streams/detail/value_codec.hpp>

namespace streams::client::kafka {
namespace {

/// Numbers and names from the front of some bytes; `bad` once they do not suffice.
struct Reader {
  template <class Number>
  Number number() {
    if (bad || rest.size() < sizeof(Number)) return bad = true, Number{0};
    const auto value = streams::detail::read_big_endian<Number>(rest);
    rest.remove_prefix(sizeof(Number));
    return value;
  }
  std::string name() {
    const auto size = number<std::int16_t>();
    if (bad || size < 0 || rest.size() < static_cast<std::size_t>(size)) return bad = true, std::string();
    std::string out(rest.substr(0, static_cast<std::size_t>(size)));
    rest.remove_prefix(out.size());
    return out;
  }
  BytesView rest;
  bool bad = false;
};

}  // namespace

std::optional<std::vector<TopicPartition>> partitions_of_assignment(BytesView assignment) {
  std::vector<TopicPartition> out;
  if (assignment.empty()) return out;
  Reader reader{assignment};
  reader.number<std::int16_t>();
  for (auto topics = reader.number<std::int32_t>(); topics > 0 && !reader.bad; --topics) {
    const std::string topic = reader.name();
    for (auto count = reader.number<std::int32_t>(); count > 0 && !reader.bad; --count)
      out.push_back({topic, reader.number<std::int32_t>()});
  }
  if (reader.bad) return std::nullopt;
  return out;
}

}  // namespace streams::client::kafka
