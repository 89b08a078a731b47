// JSON serdes for every type that nlohmann/json converts. A header of its own: who does not include it does not pay for
// it.
#pragma once

#include <streams/serde.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>

namespace streams {

/// Types that nlohmann/json turns into JSON and back: to_json()/from_json(), NLOHMANN_DEFINE_TYPE_..., containers,
/// enums.
template <class T>
concept JsonConvertible = std::is_constructible_v<nlohmann::json, const T&> && requires(const nlohmann::json& json) {
  { json.template get<T>() } -> std::convertible_to<T>;
};

/// Values as compact JSON text. Fields are written in the order of their names.
template <JsonConvertible T>
class JsonSerde final : public Serde<T> {
 public:
  void serialize(std::string_view topic, const T& value, Bytes& out) const override {
    try {
      out += nlohmann::json(value).dump();
    } catch (const std::exception& error) {
      throw SerializationError("A value for topic " + std::string(topic) +
                               " cannot be written as JSON: " + error.what());
    }
  }
  T deserialize(std::string_view topic, BytesView bytes) const override {
    try {
      return nlohmann::json::parse(bytes).template get<T>();
    } catch (const std::exception& error) {
      throw SerializationError("A value in topic " + std::string(topic) +
                               " is not the JSON that is expected: " + error.what());
    }
  }
};

/// The default for every such type that has no serde of its own.
template <class T>
struct DefaultSerde<T, std::enable_if_t<JsonConvertible<T>>> {
  /// One serde for the whole process.
  static SerdePtr<T> get() {
    static const SerdePtr<T> serde = std::make_shared<JsonSerde<T>>();
    return serde;
  }
};

}  // namespace streams
