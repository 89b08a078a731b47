// What the typed views of local stores have in common: encode, ask the reader, decode. Serdes run outside of the
// stores.
#pragma once

#include <streams/detail/store_reader.hpp>
#include <streams/detail/typed_stores.hpp>
#include <streams/errors.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

/// Throws InvalidStateStore: the store is not what was asked for.
[[noreturn]] void throw_other_type(const StoreSpec& spec, const char* asked);

template <class Row>
struct RowValue {
  using type = Row;
  static constexpr bool kTimestamped = false;
};
template <class V>
struct RowValue<ValueAndTimestamp<V>> {
  using type = V;
  static constexpr bool kTimestamped = true;
};

/// What the views of all kinds have in common.
template <class K, class V>
struct ViewParts {
  StoreSpec spec;
  std::shared_ptr<const StoreCodec<K, V>> codec;
  std::shared_ptr<const StoreReader> reader;

  Bytes key(const K& key) const {
    Bytes out;
    codec->key(key, out);
    return out;
  }
  OptionalBytes key(const std::optional<K>& bound) const { return bound ? OptionalBytes(key(*bound)) : std::nullopt; }
  static OptionalView view(const OptionalBytes& bytes) { return bytes ? OptionalView(*bytes) : std::nullopt; }
  template <class Row>
  Row row(BytesView value) const {
    return decode_row<Row>(*codec, value);
  }
  template <class Row>
  static Row decode_row(const StoreCodec<K, V>& codec, BytesView value) {
    if constexpr (RowValue<Row>::kTimestamped) {
      return codec.value(value);
    } else {
      return codec.plain_value(value);
    }
  }
  /// Rows as typed ones; they live on without the view.
  template <class T, class Read>
  StoreRange<T> range(std::function<std::unique_ptr<RowWalk>(const LocalStore&)> open, Read read) const {
    return mapped_range<T>(reader->scan(std::move(open)),
                           [keep = codec, read](const RowWalk& at) { return T(read(*keep, at)); });
  }
};

/// The parts of a view of shells of these kinds; throws InvalidStateStore if the store is of none of them.
template <class K, class V, class... Shells>
ViewParts<K, V> view_parts(const ReadableStore& store, const char* asked) {
  std::shared_ptr<StoreCodec<K, V>> codec;
  if (store.spec.make) {
    const std::unique_ptr<StateStore> shell = store.spec.make(store.spec);
    const auto look = [&](const auto* typed) {
      if (typed != nullptr) codec = std::make_shared<StoreCodec<K, V>>(typed->codec());
    };
    (look(dynamic_cast<const Shells*>(shell.get())), ...);
  }
  if (!codec) throw_other_type(store.spec, asked);
  codec->open(store.topic);
  return {store.spec, std::move(codec), store.reader};
}

/// from(const ReadableStore&) gives the view.
template <class View>
struct MakeView;

}  // namespace streams::detail
