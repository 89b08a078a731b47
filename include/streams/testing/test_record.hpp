// Records as tests pipe them in and read them back, typed and as bytes.
#pragma once

#include <streams/bytes.hpp>
#include <streams/record.hpp>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

namespace streams {

/// A typed record of a test: `key` and `value`, nullopt for null. Source: org.apache.kafka.streams.test.TestRecord.
template <class K, class V>
struct TestRecord {
  std::optional<K> key = std::nullopt;
  std::optional<V> value = std::nullopt;
  /// nullopt: when piped in, the input topic's own time; when read, the record was sent without one.
  std::optional<Timestamp> timestamp = std::nullopt;
  Headers headers = {};
  friend bool operator==(const TestRecord&, const TestRecord&) = default;
};

/// A record as bytes, with its topic: what goes in, and what the topology sent.
struct RawTestRecord {
  std::string topic{};  ///< full name
  OptionalBytes key = std::nullopt;
  OptionalBytes value = std::nullopt;
  Timestamp timestamp = -1;  ///< -1: none
  Headers headers = {};
  std::int32_t partition = 0;  ///< of what is read; what is piped in goes to the one partition there is
  friend bool operator==(const RawTestRecord&, const RawTestRecord&) = default;
};

namespace detail {

template <class T>
void print_test_value(std::ostream& out, const std::optional<T>& value) {
  if (!value) {
    out << "null";
  } else if constexpr (requires { out << *value; }) {
    out << *value;
  } else {
    out << "?";
  }
}
void print_test_headers(std::ostream& out, const Headers& headers);

}  // namespace detail

/// "key -> value @timestamp {name=value}": what a failed comparison shows.
template <class K, class V>
std::ostream& operator<<(std::ostream& out, const TestRecord<K, V>& record) {
  detail::print_test_value(out, record.key);
  out << " -> ";
  detail::print_test_value(out, record.value);
  out << " @";
  detail::print_test_value(out, record.timestamp);
  detail::print_test_headers(out, record.headers);
  return out;
}

}  // namespace streams
