// Serdes for values whose type is known at run time only, and for windowed keys of them.
#pragma once

#include "dyn.hpp"

#include <streams/serde.hpp>

#include <optional>

namespace streams {

/// None, so that whatever needs a serde has to be given one, or to take over that of the stream it works on; but for
/// the places where Kafka Streams uses the default serde of the configuration (conformance::DefaultDynSerde).
template <>
struct DefaultSerde<conformance::Dyn> {
  static SerdePtr<conformance::Dyn> get();
};

namespace conformance {

using WindowedDyn = Windowed<Dyn>;

/// The serde of a type, windowed ones included (their values hold a Dyn::Window).
SerdePtr<Dyn> serde_of(const Type& type);
/// The serde of a windowed type for streams and tables whose keys are windowed.
SerdePtr<WindowedDyn> windowed_serde_of(const Type& type);

/// The serde of a type for keys of K: Dyn or WindowedDyn.
template <class K>
SerdePtr<K> key_serde_of(const Type& type);
template <>
inline SerdePtr<Dyn> key_serde_of<Dyn>(const Type& type) {
  return serde_of(type);
}
template <>
inline SerdePtr<WindowedDyn> key_serde_of<WindowedDyn>(const Type& type) {
  return windowed_serde_of(type);
}

/// As long as it lives, values of this type are the default ones.
class DefaultDynSerde {
 public:
  explicit DefaultDynSerde(const Type& type);
  ~DefaultDynSerde();
  DefaultDynSerde(const DefaultDynSerde&) = delete;
  DefaultDynSerde& operator=(const DefaultDynSerde&) = delete;
};

/// Bytes of a value in a topic; nullopt for null.
OptionalBytes to_bytes(const Dyn& value, const Type& type);
/// A value from the bytes of a topic; null for nullopt. Throws SerializationError.
Dyn from_bytes(const OptionalBytes& bytes, const Type& type);

}  // namespace conformance
}  // namespace streams
