// Serialised forms, compared with those that Kafka Streams writes (formats.json).
#include "dyn_serde.hpp"

#include <streams/detail/value_codec.hpp>
#include <streams/partitioner.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <set>

namespace streams::conformance {
namespace {

const Json& formats() {
  static const Json json = [] {
    std::ifstream file(CONFORMANCE_DIR "/formats.json");
    return Json::parse(file);
  }();
  return json;
}

Headers headers_of(const Json& list) {
  Headers headers;
  for (const Json& header : list) {
    headers.add(header[0].get<std::string>(), header[1].is_null() ? OptionalBytes() : header[1].get<std::string>());
  }
  return headers;
}

void check_murmur2(const Json& example) {
  const Bytes key = from_hex(example.at("key_hex").get<std::string>());
  EXPECT_EQ(murmur2(key), example.at("murmur2").get<std::int32_t>());
  for (const Json& pair : example.at("partitions")) {
    EXPECT_EQ(partition_for_key(key, pair[0].get<std::int32_t>()), pair[1].get<std::int32_t>()) << pair;
  }
}

void check_serde(const Json& example) {
  const Type type = Type::parse(example.at("type").get<std::string>());
  const Bytes bytes = from_hex(example.at("hex").get<std::string>());
  EXPECT_EQ(to_hex(*to_bytes(from_json(example.at("value"), type), type)), to_hex(bytes));
  EXPECT_EQ(to_json(from_bytes(bytes, type)), example.at("value"));
}

void check_topic_key(const Json& example, const Type& type, Timestamp end) {
  const Dyn::Window key{Dyn(Dyn::Blob{from_hex(example.at("key_hex").get<std::string>())}),
                        example.at("start").get<Timestamp>(), end};
  EXPECT_EQ(to_hex(*to_bytes(Dyn(key), type)), example.at("topic_key_hex").get<std::string>());
  EXPECT_TRUE(from_bytes(from_hex(example.at("topic_key_hex").get<std::string>()), type) == Dyn(key));
}

void check_time_windowed_key(const Json& example) {
  const auto size = example.at("size").get<std::int64_t>();
  check_topic_key(example, Type::time_windowed(Type::parse("bytes"), size),
                  example.at("start").get<Timestamp>() + size);
}

void check_session_windowed_key(const Json& example) {
  check_topic_key(example, Type::session_windowed(Type::parse("bytes")), example.at("end").get<Timestamp>());
}

/// A stored value with what stands in front of it, written and read back.
void check_stored_value(const Json& example, state::ValueFormat format) {
  const Headers headers = headers_of(example.value("headers", Json::array()));
  const Timestamp timestamp = example.value("ts", Timestamp(-1));
  Bytes bytes;
  detail::append_value_prefix(bytes, format, timestamp, headers);
  bytes += example.at("value").get<std::string>();
  EXPECT_EQ(to_hex(bytes), example.at("hex").get<std::string>());
  const detail::StoredValue stored = detail::split_value(bytes, format);
  EXPECT_EQ(stored.value, example.at("value").get<std::string>());
  EXPECT_EQ(stored.timestamp, timestamp);
  EXPECT_EQ(detail::parse_headers(stored.headers), headers);
}

void check_headers(const Json& example) {
  Bytes bytes;
  detail::append_headers(bytes, headers_of(example.at("headers")));
  EXPECT_EQ(to_hex(bytes), example.at("hex").get<std::string>());
  EXPECT_EQ(detail::parse_headers(bytes), headers_of(example.at("headers")));
}

const std::map<std::string, std::function<void(const Json&)>>& checks() {
  using state::ValueFormat;
  static const std::map<std::string, std::function<void(const Json&)>> table = {
      {"murmur2_partitions", check_murmur2},
      {"serdes", check_serde},
      {"time_windowed_key", check_time_windowed_key},
      {"session_windowed_key", check_session_windowed_key},
      {"headers", check_headers},
      {"value_and_timestamp", [](const Json& e) { check_stored_value(e, ValueFormat::kTimestamped); }},
      {"value_timestamp_headers", [](const Json& e) { check_stored_value(e, ValueFormat::kTimestampedHeaders); }},
      {"aggregation_with_headers", [](const Json& e) { check_stored_value(e, ValueFormat::kHeaders); }},
  };
  return table;
}

TEST(Formats, AreThoseOfKafkaStreams) {
  for (const auto& [name, check] : checks()) {
    for (const Json& example : formats().at(name)) {
      SCOPED_TRACE(name + " " + example.dump());
      check(example);
    }
  }
}

TEST(Formats, AllButTheseAreChecked) {
  std::set<std::string> unchecked;
  for (const auto& [name, examples] : formats().items()) {
    if (checks().count(name) == 0) unchecked.insert(name);
  }
  const std::set<std::string> expected = {
      "change",           "foreign_key_combined_key", "foreign_key_response",  "foreign_key_subscription",
      "list_value",       "murmur3_hash128",          "outer_join_key",        "outer_join_value",
      "position",         "processor_record_context", "suppress_buffer_value", "versioned_latest_value",
      "versioned_segment"};
  EXPECT_EQ(unchecked, expected);
}

}  // namespace
}  // namespace streams::conformance
