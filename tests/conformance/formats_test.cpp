// Serialised forms, compared with those that Kafka Streams writes (formats.json).
#include "dyn_serde.hpp"

#include <streams/detail/change_serde.hpp>
#include <streams/detail/foreign_key_format.hpp>
#include <streams/detail/list_value.hpp>
#include <streams/detail/outer_join_store.hpp>
#include <streams/detail/suppress_format.hpp>
#include <streams/detail/value_codec.hpp>
#include <streams/partitioner.hpp>

#include <state/window_rows.hpp>

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

void check_store_key(const Json& example, std::int32_t sequence, const char* field) {
  Bytes key;
  state::append_window_key(key, from_hex(example.at("key_hex").get<std::string>()),
                           example.at("start").get<Timestamp>(), sequence);
  EXPECT_EQ(to_hex(key), example.at(field).get<std::string>());
}

void check_time_windowed_key(const Json& example) {
  check_store_key(example, 0, "store_key_seq_0_hex");
  check_store_key(example, 7, "store_key_seq_7_hex");
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

detail::Hash128 hash_of(const Json& value) { return detail::murmur3_hash128(value.get<std::string>()); }

std::optional<detail::Hash128> maybe_hash_of(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(hash_of(value));
}

void check_murmur3(const Json& example) {
  const detail::Hash128 hash = detail::murmur3_hash128(from_hex(example.at("bytes_hex").get<std::string>()));
  EXPECT_EQ(Json({std::to_string(static_cast<std::int64_t>(hash.first)),
                  std::to_string(static_cast<std::int64_t>(hash.second))}),
            example.at("hash"));
}

void check_combined_key(const Json& example) {
  const Bytes foreign_key = from_hex(example.at("foreign_key_hex").get<std::string>());
  Bytes key, prefix;
  detail::append_combined_key(key, foreign_key, from_hex(example.at("primary_key_hex").get<std::string>()));
  detail::append_combined_key(prefix, foreign_key, "");
  EXPECT_EQ(to_hex(key), example.at("hex").get<std::string>());
  EXPECT_EQ(to_hex(prefix), example.at("prefix_hex").get<std::string>());
}

void check_subscription(const Json& example) {
  static const std::vector<std::string> instructions = {"DELETE_KEY_NO_PROPAGATE", "DELETE_KEY_AND_PROPAGATE",
                                                        "PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE",
                                                        "PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE"};
  const Bytes bytes = from_hex(example.at("hex").get<std::string>());
  const detail::Subscription read = detail::parse_subscription(bytes);
  EXPECT_EQ(read.hash, maybe_hash_of(example.at("hash_of")));
  EXPECT_EQ(instructions.at(static_cast<std::size_t>(read.instruction)), example.at("instruction").get<std::string>());
  EXPECT_EQ(read.primary_key, example.at("primary_key").get<std::string>());
  EXPECT_EQ(read.primary_partition ? Json(*read.primary_partition) : Json(), example.at("primary_partition"));
  Bytes written;
  detail::append_subscription(written, read);
  EXPECT_EQ(to_hex(written), to_hex(bytes));
}

void check_response(const Json& example) {
  const Json& value = example.at("foreign_value");
  detail::SubscriptionResponse response{maybe_hash_of(example.at("hash_of")), {}, {}};
  if (!value.is_null()) response.foreign_value = value.get<std::string>();
  Bytes bytes;
  detail::append_subscription_response(bytes, response);
  EXPECT_EQ(to_hex(bytes), example.at("hex").get<std::string>());
  const detail::SubscriptionResponse read = detail::parse_subscription_response(bytes);
  EXPECT_EQ(read.hash, response.hash);
  EXPECT_EQ(read.foreign_value.value_or(""), response.foreign_value.value_or(""));
}

/// A string that may be null.
OptionalBytes text_or_null(const Json& json) {
  return json.is_null() ? OptionalBytes() : OptionalBytes(json.get<std::string>());
}

void check_change(const Json& example) {
  const OptionalBytes fresh = text_or_null(example.at("new")), old = text_or_null(example.at("old"));
  Bytes bytes;
  detail::append_change(bytes, fresh, old);
  EXPECT_EQ(to_hex(bytes), example.at("hex").get<std::string>());
  const detail::RawChange change = detail::parse_change(bytes);
  EXPECT_EQ(change.new_value, OptionalView(fresh));
  EXPECT_EQ(change.old_value, OptionalView(old));
}

void check_list_value(const Json& example) {
  const auto items = example.at("items").get<std::vector<std::string>>();
  Bytes bytes = from_hex("0100000000");
  for (const std::string& item : items) detail::append_list_item(bytes, item);
  EXPECT_EQ(to_hex(bytes), example.at("hex").get<std::string>());
  const std::vector<BytesView> read = detail::parse_list(bytes);
  EXPECT_EQ(std::vector<std::string>(read.begin(), read.end()), items);
}

/// The rows of a store of waiting outer-join records after it was given one.
class OuterJoinRows final : public detail::StoreHost {
 public:
  std::map<Bytes, Bytes> rows;

  void append(const std::string& key, bool left, Timestamp timestamp, const std::string& value) {
    const auto serde = DefaultSerde<std::string>::get();
    detail::OuterJoinStore<std::string, std::string, std::string> store({}, serde, serde, serde);
    store.open(*this);
    detail::EitherValue<std::string, std::string> either;
    (left ? either.left : either.right) = value;
    store.append({key, timestamp, left}, either);
  }

  std::unique_ptr<state::KeyValueBytes> key_value(const detail::StoreSpec&) override {
    return std::make_unique<MapRows>(rows);
  }
  std::unique_ptr<state::WindowBytes> window(const detail::StoreSpec&) override { return nullptr; }
  std::unique_ptr<state::SessionBytes> session(const detail::StoreSpec&) override { return nullptr; }
  std::unique_ptr<state::VersionedBytes> versioned(const detail::StoreSpec&) override { return nullptr; }
  void log(const detail::StoreSpec&, BytesView, OptionalView, Timestamp, const Headers&) override {}
  std::string changelog_topic(const std::string& store) const override { return store; }
  RecordContext& record() override { return record_; }

 private:
  class MapRows final : public state::KeyValueBytes {
   public:
    explicit MapRows(std::map<Bytes, Bytes>& rows) : rows_(rows) {}
    bool get(BytesView key, Bytes& out) override {
      const auto found = rows_.find(Bytes(key));
      if (found != rows_.end()) out = found->second;
      return found != rows_.end();
    }
    void put(BytesView key, OptionalView value) override { rows_[Bytes(key)] = Bytes(*value); }
    std::unique_ptr<state::ByteIterator> range(OptionalView, OptionalView, bool) override { return nullptr; }
    std::unique_ptr<state::ByteIterator> prefix(BytesView) override { return nullptr; }
    std::int64_t approximate_entries() const override { return 0; }
    void restore(BytesView, OptionalView, Timestamp, const Headers&) override {}

   private:
    std::map<Bytes, Bytes>& rows_;
  };

  RecordContext record_;
};

void check_outer_join_key(const Json& example) {
  OuterJoinRows host;
  host.append(example.at("key").get<std::string>(), example.at("side") == "left", example.at("ts").get<Timestamp>(),
              "");
  EXPECT_EQ(to_hex(host.rows.begin()->first), example.at("hex").get<std::string>());
}

void check_outer_join_value(const Json& example) {
  OuterJoinRows host;
  host.append("", example.at("side") == "left", 0, example.at("value").get<std::string>());
  EXPECT_EQ(to_hex(detail::parse_list(host.rows.begin()->second).front()), example.at("hex").get<std::string>());
}

detail::BufferedContext buffered_context_of(const Json& example, const std::string& topic) {
  return {example.at("ts").get<Timestamp>(), example.at("offset").get<std::int64_t>(), topic,
          example.at("partition").get<std::int32_t>(), headers_of(example.at("headers"))};
}

void check_buffered_context(const Json& example) {
  const auto topic = example.at("topic").get<std::string>();
  const detail::BufferedContext context = buffered_context_of(example, topic);
  Bytes bytes;
  detail::append_buffered_context(bytes, context);
  EXPECT_EQ(to_hex(bytes), example.at("hex").get<std::string>());
  EXPECT_EQ(detail::memory_estimate(context), example.at("memory_estimate").get<std::int64_t>());
  BytesView rest = bytes;
  EXPECT_EQ(detail::parse_buffered_context(rest), context);
  EXPECT_EQ(rest, "");
}

OptionalBytes maybe_text(const Json& value) {
  return value.is_null() ? std::nullopt : OptionalBytes(value.get<std::string>());
}

void check_buffered_update(const Json& example) {
  const auto topic = example.at("topic").get<std::string>();
  const detail::BufferedUpdate update{maybe_text(example.at("prior")), maybe_text(example.at("old")),
                                      maybe_text(example.at("new")), buffered_context_of(example, topic)};
  Bytes bytes;
  detail::append_buffered_update(bytes, update);
  EXPECT_EQ(to_hex(bytes), example.at("hex").get<std::string>());
  BytesView rest = bytes;
  EXPECT_EQ(detail::parse_buffered_update(rest), update);
  EXPECT_EQ(rest, "");
  detail::append_big_endian(bytes, example.at("buffer_time").get<std::int64_t>());
  EXPECT_EQ(to_hex(bytes), example.at("changelog_value_hex").get<std::string>());
}

const std::map<std::string, std::function<void(const Json&)>>& checks() {
  using state::ValueFormat;
  static const std::map<std::string, std::function<void(const Json&)>> table = {
      {"murmur2_partitions", check_murmur2},
      {"serdes", check_serde},
      {"time_windowed_key", check_time_windowed_key},
      {"session_windowed_key", check_session_windowed_key},
      {"headers", check_headers},
      {"change", check_change},
      {"list_value", check_list_value},
      {"processor_record_context", check_buffered_context},
      {"suppress_buffer_value", check_buffered_update},
      {"outer_join_key", check_outer_join_key},
      {"outer_join_value", check_outer_join_value},
      {"murmur3_hash128", check_murmur3},
      {"foreign_key_combined_key", check_combined_key},
      {"foreign_key_subscription", check_subscription},
      {"foreign_key_response", check_response},
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
  // Rows of a persistent versioned store are no format of this library: what it has on disk is its own.
  const std::set<std::string> expected = {"position", "versioned_latest_value", "versioned_segment"};
  EXPECT_EQ(unchecked, expected);
}

}  // namespace
}  // namespace streams::conformance
