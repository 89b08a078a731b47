// The built-in serdes that need more than a line.
#include <streams/serde.hpp>

#include <cctype>

namespace streams::detail {

void throw_no_serde(std::string_view where, const char* what) {
  throw TopologyError("streams: \"" + std::string(where) + "\" needs a serde for its " + what +
                      ": give one in the options of the operator (Consumed, Grouped, Joined, Repartitioned, "
                      "Materialized, Produced, ...)"
                      " or specialise streams::DefaultSerde for the type.");
}

void throw_wrong_size(const char* type, std::size_t expected, std::size_t actual) {
  throw SerializationError("Size of data received by the " + std::string(type) + " deserializer is not " +
                           std::to_string(expected) + " but " + std::to_string(actual));
}

void BooleanSerde::serialize(std::string_view, const bool& value, Bytes& out) const {
  out.push_back(value ? '\1' : '\0');
}

bool BooleanSerde::deserialize(std::string_view, BytesView bytes) const {
  if (bytes.size() != 1) throw_wrong_size("boolean", 1, bytes.size());
  if (bytes[0] != '\0' && bytes[0] != '\1') {
    throw SerializationError("The boolean deserializer expects the byte 0 or 1, not " +
                             std::to_string(static_cast<unsigned char>(bytes[0])));
  }
  return bytes[0] == '\1';
}

void UuidSerde::serialize(std::string_view, const Uuid& value, Bytes& out) const { out += value.text; }

Uuid UuidSerde::deserialize(std::string_view, BytesView bytes) const {
  bool good = bytes.size() == 36;
  for (std::size_t i = 0; good && i < bytes.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    good = dash ? bytes[i] == '-' : std::isxdigit(static_cast<unsigned char>(bytes[i])) != 0;
  }
  if (!good) throw SerializationError("Not a UUID: " + std::string(bytes));
  return Uuid{std::string(bytes)};
}

}  // namespace streams::detail
