// Serdes of keys and values.
#include "fuzz_target.hpp"

#include <streams/json.hpp>
#include <streams/serde.hpp>
#include <streams/windowed_serdes.hpp>

#include <map>

namespace streams::fuzz {
namespace {

using detail::append_big_endian;

/// Reading and writing gives the same bytes again.
template <class T>
void round_trip(const SerdePtr<T>& serde, BytesView input) {
  try {
    const T value = serde->deserialize("topic", input);
    Bytes again;
    serde->serialize("topic", value, again);
    require(again == input, "a value changes when rewritten");
  } catch (const SerializationError&) {
  }
}
void serdes(BytesView input) {
  round_trip(DefaultSerde<std::string>::get(), input);
  round_trip(DefaultSerde<std::int64_t>::get(), input);
  round_trip(DefaultSerde<std::int32_t>::get(), input);
  round_trip(DefaultSerde<bool>::get(), input);
  const auto windows = time_windowed_serde<std::string>(10);
  const auto sessions = session_windowed_serde<std::string>();
  round_trip(windows, input);
  round_trip(sessions, input);
  require(windows->partition_key(input).size() <= input.size(), "a key's part is longer than the key");
  require(sessions->partition_key(input).size() <= input.size(), "a key's part is longer than the key");
  try {
    DefaultSerde<double>::get()->deserialize("topic", input);
  } catch (const SerializationError&) {
  }
  DefaultSerde<Uuid>::get()->deserialize("topic", input);
}
std::vector<Bytes> serde_seeds() {
  std::vector<Bytes> seeds{"text", Bytes(1, '\1'), "00112233-4455-6677-8899-aabbccddeeff"};
  for (const std::int64_t start : {std::int64_t{0}, INT64_MAX, INT64_MIN}) {
    Bytes key = "key";
    append_big_endian(key, start);
    seeds.push_back(key);
    append_big_endian(key, start);
    seeds.push_back(key);
  }
  return seeds;
}

void json(BytesView input) {
  const JsonSerde<std::map<std::string, std::vector<std::int64_t>>> typed;
  const JsonSerde<nlohmann::json> any;
  const nlohmann::json value = any.deserialize("topic", input);
  Bytes again;
  any.serialize("topic", value, again);
  require(any.deserialize("topic", again) == value, "a value changes when rewritten");
  typed.deserialize("topic", input);
}
std::vector<Bytes> json_seeds() { return {R"({"a":[1,2],"b":[]})", R"([1.5e300,"\u00e4",null,true])", "[[[[[]]]]]"}; }

}  // namespace

std::vector<Target> serde_targets() { return {{"serdes", serdes, serde_seeds}, {"json", json, json_seeds}}; }

}  // namespace streams::fuzz
