// Serdes of windowed keys as they stand in topics.
#pragma once

#include <streams/serde.hpp>
#include <streams/state_store.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace streams {

namespace detail {
[[noreturn]] void throw_short_windowed_key(std::size_t expected, std::size_t actual);

template <class K>
class TimeWindowedSerde final : public Serde<Windowed<K>> {
 public:
  TimeWindowedSerde(SerdePtr<K> inner, std::int64_t window_ms) : inner_(std::move(inner)), window_ms_(window_ms) {}
  void serialize(std::string_view topic, const Windowed<K>& key, Bytes& out) const override {
    inner_->serialize(topic, key.key, out);
    append_big_endian(out, key.start);
  }
  Windowed<K> deserialize(std::string_view topic, BytesView bytes) const override {
    if (bytes.size() < sizeof(Timestamp)) throw_short_windowed_key(sizeof(Timestamp), bytes.size());
    const auto start = read_big_endian<Timestamp>(bytes.substr(bytes.size() - sizeof(Timestamp)));
    return {inner_->deserialize(topic, partition_key(bytes)), start, window_end(start, window_ms_)};
  }
  BytesView partition_key(BytesView serialized) const override {
    return serialized.substr(0, serialized.size() - sizeof(Timestamp));
  }

 private:
  SerdePtr<K> inner_;
  std::int64_t window_ms_;
};

template <class K>
class SessionWindowedSerde final : public Serde<Windowed<K>> {
 public:
  explicit SessionWindowedSerde(SerdePtr<K> inner) : inner_(std::move(inner)) {}
  void serialize(std::string_view topic, const Windowed<K>& key, Bytes& out) const override {
    inner_->serialize(topic, key.key, out);
    append_big_endian(out, key.end);
    append_big_endian(out, key.start);
  }
  Windowed<K> deserialize(std::string_view topic, BytesView bytes) const override {
    if (bytes.size() < kTimes) throw_short_windowed_key(kTimes, bytes.size());
    const BytesView times = bytes.substr(bytes.size() - kTimes);
    return {inner_->deserialize(topic, partition_key(bytes)),
            read_big_endian<Timestamp>(times.substr(sizeof(Timestamp))), read_big_endian<Timestamp>(times)};
  }
  BytesView partition_key(BytesView serialized) const override {
    return serialized.substr(0, serialized.size() - kTimes);
  }

 private:
  static constexpr std::size_t kTimes = 2 * sizeof(Timestamp);
  SerdePtr<K> inner_;
};
}  // namespace detail

/// Keys of session windows: the key's bytes, then end and start as 8 bytes each.
/// Source: org.apache.kafka.streams.kstream.SessionWindowedSerializer.
template <class K>
SerdePtr<Windowed<K>> session_windowed_serde(SerdePtr<K> inner = nullptr) {
  return std::make_shared<detail::SessionWindowedSerde<K>>(serde_or_default<K>(std::move(inner)));
}

/// Keys of tumbling, hopping and sliding windows: the key's bytes, then the start as 8 bytes. The size of the windows
/// gives the end. Source: org.apache.kafka.streams.kstream.TimeWindowedSerdes.
template <class K>
SerdePtr<Windowed<K>> time_windowed_serde(std::int64_t window_ms, SerdePtr<K> inner = nullptr) {
  return std::make_shared<detail::TimeWindowedSerde<K>>(serde_or_default<K>(std::move(inner)), window_ms);
}

/// There is none: the size of the windows must be known. The results of windowed aggregations carry theirs.
template <class K>
struct DefaultSerde<Windowed<K>> {
  /// Null: who needs a serde of windowed keys is given one, or TopologyError is thrown.
  static SerdePtr<Windowed<K>> get() { return nullptr; }
};

}  // namespace streams
