// Serdes for values whose type is known at run time only, and for windowed keys of them.
#pragma once

#include "dyn.hpp"

#include <streams/serde.hpp>

#include <optional>

namespace streams {

/// None: whatever needs a serde has to be given one, or to take over that of the stream it works on.
template <>
struct DefaultSerde<conformance::Dyn> {
  static SerdePtr<conformance::Dyn> get() { return nullptr; }
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

/// Bytes of a value in a topic; nullopt for null.
OptionalBytes to_bytes(const Dyn& value, const Type& type);
/// A value from the bytes of a topic; null for nullopt. Throws SerializationError.
Dyn from_bytes(const OptionalBytes& bytes, const Type& type);

}  // namespace conformance
}  // namespace streams
