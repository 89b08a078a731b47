#include "dyn_serde.hpp"

#include <algorithm>
#include <limits>

namespace streams {

namespace {

using conformance::CaseError;
using conformance::Dyn;
using conformance::Type;
using conformance::WindowedDyn;

/// One of the library's own serdes for one kind of content.
template <class T>
struct ContentSerde final : Serde<Dyn> {
  void serialize(std::string_view topic, const Dyn& value, Bytes& out) const override {
    const T* content = value.as<T>();
    if (content == nullptr)
      throw SerializationError("A value is of another type than its serde for " + std::string(topic));
    serde->serialize(topic, *content, out);
  }
  Dyn deserialize(std::string_view topic, BytesView bytes) const override {
    return Dyn(serde->deserialize(topic, bytes));
  }
  SerdePtr<T> serde = DefaultSerde<T>::get();
};

struct BlobSerde final : Serde<Dyn> {
  void serialize(std::string_view topic, const Dyn& value, Bytes& out) const override {
    const auto* blob = value.as<Dyn::Blob>();
    if (blob == nullptr)
      throw SerializationError("A value is of another type than its serde for " + std::string(topic));
    out += blob->bytes;
  }
  Dyn deserialize(std::string_view, BytesView bytes) const override { return Dyn(Dyn::Blob{Bytes(bytes)}); }
};

/// Key bytes, then start (time windows) or end and start (sessions).
class WindowedKeySerde final : public Serde<WindowedDyn> {
 public:
  explicit WindowedKeySerde(const Type& type) : type_(type), inner_(conformance::serde_of(*type.inner)) {}

  void serialize(std::string_view topic, const WindowedDyn& key, Bytes& out) const override {
    inner_->serialize(topic, key.key, out);
    if (session()) detail::append_big_endian(out, key.end);
    detail::append_big_endian(out, key.start);
  }
  WindowedDyn deserialize(std::string_view topic, BytesView bytes) const override {
    if (bytes.size() < suffix())
      throw SerializationError("A windowed key has at least " + std::to_string(suffix()) + " bytes");
    const BytesView times = bytes.substr(bytes.size() - suffix());
    WindowedDyn key;
    key.key = inner_->deserialize(topic, partition_key(bytes));
    key.start = detail::read_big_endian<std::int64_t>(times.substr(times.size() - 8));
    key.end = session() ? detail::read_big_endian<std::int64_t>(times) : end_of_window(key.start);
    return key;
  }
  BytesView partition_key(BytesView serialized) const override {
    return serialized.substr(0, serialized.size() - std::min(serialized.size(), suffix()));
  }

 private:
  bool session() const { return type_.kind == Type::Kind::kSessionWindowed; }
  std::size_t suffix() const { return session() ? 16 : 8; }
  Timestamp end_of_window(Timestamp start) const {
    return start > std::numeric_limits<Timestamp>::max() - type_.size_ms ? std::numeric_limits<Timestamp>::max()
                                                                         : start + type_.size_ms;
  }

  Type type_;
  SerdePtr<Dyn> inner_;
};

/// A windowed key inside of a Dyn.
struct BoxedWindowSerde final : Serde<Dyn> {
  explicit BoxedWindowSerde(const Type& type) : serde(type) {}
  void serialize(std::string_view topic, const Dyn& value, Bytes& out) const override {
    if (value.window() == nullptr) throw SerializationError("Not a windowed key, for " + std::string(topic));
    serde.serialize(topic, *value.window(), out);
  }
  Dyn deserialize(std::string_view topic, BytesView bytes) const override {
    return Dyn(serde.deserialize(topic, bytes));
  }
  BytesView partition_key(BytesView serialized) const override { return serde.partition_key(serialized); }
  WindowedKeySerde serde;
};

thread_local SerdePtr<Dyn> default_serde;

}  // namespace

SerdePtr<Dyn> DefaultSerde<Dyn>::get() { return default_serde; }

namespace conformance {

DefaultDynSerde::DefaultDynSerde(const Type& type) { default_serde = serde_of(type); }
DefaultDynSerde::~DefaultDynSerde() { default_serde = nullptr; }

SerdePtr<Dyn> serde_of(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kString:
      return std::make_shared<ContentSerde<std::string>>();
    case Type::Kind::kLong:
      return std::make_shared<ContentSerde<std::int64_t>>();
    case Type::Kind::kDouble:
      return std::make_shared<ContentSerde<double>>();
    case Type::Kind::kBytes:
      return std::make_shared<BlobSerde>();
    case Type::Kind::kTimeWindowed:
    case Type::Kind::kSessionWindowed:
      return std::make_shared<BoxedWindowSerde>(type);
  }
  throw CaseError("unknown type");
}

SerdePtr<WindowedDyn> windowed_serde_of(const Type& type) {
  if (!type.windowed()) throw CaseError("not a windowed type");
  return std::make_shared<WindowedKeySerde>(type);
}

OptionalBytes to_bytes(const Dyn& value, const Type& type) {
  if (value.is_null()) return std::nullopt;
  Bytes out;
  serde_of(type)->serialize("", value, out);
  return out;
}

Dyn from_bytes(const OptionalBytes& bytes, const Type& type) {
  return bytes ? serde_of(type)->deserialize("", *bytes) : Dyn();
}

}  // namespace conformance
}  // namespace streams
