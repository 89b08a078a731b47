// Serdes: how keys and values become bytes. Built-in ones produce the bytes of Kafka's own serdes.
#pragma once

#include <streams/bytes.hpp>
#include <streams/errors.hpp>

#include <bit>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace streams {

/// Turns a T into bytes and back. Implementations are immutable and may be used from any thread.
/// `topic` is the topic (or changelog topic) that the bytes are for. Null never reaches a serde.
/// Source: org.apache.kafka.common.serialization.Serde.
template <class T>
class Serde {
 public:
  virtual ~Serde() = default;
  /// Appends the bytes of `value` to `out`. Throws SerializationError.
  virtual void serialize(std::string_view topic, const T& value, Bytes& out) const = 0;
  /// Throws SerializationError if the bytes are not a T.
  virtual T deserialize(std::string_view topic, BytesView bytes) const = 0;
  /// The part of a serialised key that decides its partition where records go by the key inside: all of it, but for
  /// windowed keys the inner key without the window. A view into `serialized`.
  /// Source: org.apache.kafka.streams.kstream.internals.WindowedStreamPartitioner.
  virtual BytesView partition_key(BytesView serialized) const { return serialized; }
};

/// A serde as options and handles hold it. Null: take the default of the type.
template <class T>
using SerdePtr = std::shared_ptr<const Serde<T>>;

/// The serde used for T where none is given: specialise it with `static SerdePtr<T> get()`.
/// Built in: std::string, 32/64-bit integers, double, float, bool, Uuid. `streams/json.hpp` adds JSON types.
template <class T, class Enable = void>
struct DefaultSerde;

/// Types that need no serde to be given. Kafka Streams' default.key.serde and default.value.serde have no counterpart:
/// the type decides.
template <class T>
concept HasDefaultSerde = requires {
  DefaultSerde<T>::get();
};

/// A UUID; Kafka's serde writes its 36-character text. Source: org.apache.kafka.common.serialization.UUIDSerializer.
struct Uuid {
  std::string text;  ///< as 8-4-4-4-12 hexadecimal digits
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

namespace detail {

/// For calls without a serde: a type without one does not compile.
template <class T>
constexpr void check_default_serde() {
  static_assert(
      HasDefaultSerde<T>,
      "streams: no serde for this type. Pass one in the options (for example Consumed{.value_serde = ...}), specialise "
      "streams::DefaultSerde<T>, or include <streams/json.hpp> for types that nlohmann/json converts.");
}

/// Throws TopologyError.
[[noreturn]] void throw_no_serde(std::string_view where, const char* what);

/// The serde given, or the default one of the type, or null.
template <class T>
SerdePtr<T> any_serde(SerdePtr<T> given) {
  if constexpr (HasDefaultSerde<T>) {
    if (!given) return DefaultSerde<T>::get();
  }
  return given;
}

/// Throws TopologyError if there is neither a given nor a default serde; `where` says who needs it.
template <class T>
SerdePtr<T> needed_serde(SerdePtr<T> given, std::string_view where, const char* what) {
  SerdePtr<T> serde = any_serde<T>(std::move(given));
  if (!serde) throw_no_serde(where, what);
  return serde;
}

}  // namespace detail

/// The given serde, or that of DefaultSerde<T> if it is null: for options of your own. Throws TopologyError if there is
/// neither.
template <class T>
SerdePtr<T> serde_or_default(SerdePtr<T> given = {}) {
  return detail::needed_serde<T>(std::move(given), "an operator", "keys or values");
}

namespace detail {

[[noreturn]] void throw_wrong_size(const char* type, std::size_t expected, std::size_t actual);

struct StringSerde final : Serde<std::string> {
  void serialize(std::string_view, const std::string& value, Bytes& out) const override { out += value; }
  std::string deserialize(std::string_view, BytesView bytes) const override { return std::string(bytes); }
};

template <class Int>
struct IntegerSerde final : Serde<Int> {
  void serialize(std::string_view, const Int& value, Bytes& out) const override { append_big_endian(out, value); }
  Int deserialize(std::string_view, BytesView bytes) const override {
    if (bytes.size() != sizeof(Int)) throw_wrong_size("integer", sizeof(Int), bytes.size());
    return read_big_endian<Int>(bytes);
  }
};

template <class Float, class Bits>
struct FloatSerde final : Serde<Float> {
  void serialize(std::string_view, const Float& value, Bytes& out) const override {
    append_big_endian(out, std::bit_cast<Bits>(value));
  }
  Float deserialize(std::string_view, BytesView bytes) const override {
    if (bytes.size() != sizeof(Float)) throw_wrong_size("floating-point number", sizeof(Float), bytes.size());
    return std::bit_cast<Float>(read_big_endian<Bits>(bytes));
  }
};

struct BooleanSerde final : Serde<bool> {
  void serialize(std::string_view topic, const bool& value, Bytes& out) const override;
  bool deserialize(std::string_view topic, BytesView bytes) const override;
};

struct UuidSerde final : Serde<Uuid> {
  void serialize(std::string_view topic, const Uuid& value, Bytes& out) const override;
  Uuid deserialize(std::string_view topic, BytesView bytes) const override;
};

}  // namespace detail

#define STREAMS_DEFAULT_SERDE(type, impl)                           \
  template <>                                                       \
  struct DefaultSerde<type> {                                       \
    static SerdePtr<type> get() {                                   \
      static const SerdePtr<type> serde = std::make_shared<impl>(); \
      return serde;                                                 \
    }                                                               \
  };

STREAMS_DEFAULT_SERDE(std::string, detail::StringSerde)
STREAMS_DEFAULT_SERDE(std::int16_t, detail::IntegerSerde<std::int16_t>)
STREAMS_DEFAULT_SERDE(std::int32_t, detail::IntegerSerde<std::int32_t>)
STREAMS_DEFAULT_SERDE(std::int64_t, detail::IntegerSerde<std::int64_t>)
STREAMS_DEFAULT_SERDE(bool, detail::BooleanSerde)
STREAMS_DEFAULT_SERDE(Uuid, detail::UuidSerde)
namespace detail {
using FloatSerde32 = FloatSerde<float, std::uint32_t>;
using FloatSerde64 = FloatSerde<double, std::uint64_t>;
}  // namespace detail
STREAMS_DEFAULT_SERDE(float, detail::FloatSerde32)
STREAMS_DEFAULT_SERDE(double, detail::FloatSerde64)

}  // namespace streams
