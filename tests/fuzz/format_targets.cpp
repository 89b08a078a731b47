// Formats of keys and values of internal topics and stores.
#include "fuzz_target.hpp"

#include <streams/detail/change_serde.hpp>
#include <streams/detail/foreign_key_format.hpp>
#include <streams/detail/list_value.hpp>
#include <streams/detail/suppress_format.hpp>
#include <streams/detail/value_codec.hpp>

namespace streams::fuzz {
namespace {

using namespace streams::detail;
using state::ValueFormat;

constexpr ValueFormat kFormats[] = {ValueFormat::kPlain, ValueFormat::kTimestamped, ValueFormat::kTimestampedHeaders,
                                    ValueFormat::kHeaders};

Headers some_headers() {
  Headers headers;
  headers.add("a", Bytes("1"));
  headers.add("none", std::nullopt);
  return headers;
}

void stored_value(BytesView input) {
  Parts parts(input);
  const ValueFormat format = kFormats[parts.byte() % 4];
  const StoredValue value = split_value(parts.rest(), format);
  const Headers headers = parse_headers(value.headers);
  Bytes again;
  append_value_prefix(again, format, value.timestamp, headers);
  again += value.value;
  const StoredValue second = split_value(again, format);
  require(second.value == value.value && second.timestamp == value.timestamp, "a stored value changes when rewritten");
  require(parse_headers(second.headers) == headers, "headers change when rewritten");
}
std::vector<Bytes> stored_value_seeds() {
  std::vector<Bytes> seeds;
  for (std::uint8_t i = 0; i < 4; ++i) {
    for (const bool with : {false, true}) {
      Bytes seed(1, static_cast<char>(i));
      append_value_prefix(seed, kFormats[i], 1234, with ? some_headers() : Headers());
      seeds.push_back(seed + "value");
    }
  }
  return seeds;
}

void change(BytesView input) {
  const RawChange change = parse_change(input);
  Bytes again;
  append_change(again, change.new_value, change.old_value);
  const RawChange second = parse_change(again);
  require(second.new_value == change.new_value && second.old_value == change.old_value, "an update changes");
}
std::vector<Bytes> change_seeds() {
  std::vector<Bytes> seeds(3);
  append_change(seeds[0], "new", std::nullopt);
  append_change(seeds[1], std::nullopt, "old");
  append_change(seeds[2], "new", "old");
  seeds.push_back(Bytes("new\1\4", 5));
  return seeds;
}

void list_value(BytesView input) {
  try {
    Bytes more(input);
    append_list_item(more, "more");
  } catch (const SerializationError&) {
  }
  const auto items = parse_list(input);
  Bytes list;
  for (const BytesView item : items) append_list_item(list, item);
  if (!items.empty()) require(parse_list(list) == items, "a list changes when rewritten");
}
std::vector<Bytes> list_seeds() {
  std::vector<Bytes> seeds(1);
  for (const char* item : {"one", "", "three"}) append_list_item(seeds[0], item);
  seeds.push_back(Bytes("\1\0\0\0\0", 5));
  return seeds;
}

void subscription(BytesView input) {
  const Subscription parsed = parse_subscription(input);
  Bytes again;
  append_subscription(again, parsed);
  const Subscription second = parse_subscription(again);
  require(second.hash == parsed.hash && second.primary_key == parsed.primary_key &&
              second.primary_partition == parsed.primary_partition && second.instruction == parsed.instruction,
          "a subscription changes when rewritten");
}
void response(BytesView input) {
  const SubscriptionResponse parsed = parse_subscription_response(input);
  Bytes again;
  append_subscription_response(again, parsed);
  const SubscriptionResponse second = parse_subscription_response(again);
  require(second.hash == parsed.hash && second.foreign_value == parsed.foreign_value, "a response changes");
}
/// Both directions of a foreign-key join.
void foreign_key(BytesView input) {
  try {
    subscription(input);
  } catch (const SerializationError&) {
  }
  response(input);
}
std::vector<Bytes> foreign_key_seeds() {
  std::vector<Bytes> seeds(4);
  append_subscription(seeds[0], {Hash128{1, 2}, SubscriptionInstruction::kPropagateOnlyIfFkValAvailable, "key", 3});
  append_subscription(seeds[1], {std::nullopt, SubscriptionInstruction::kDeleteKeyNoPropagate, "key", std::nullopt});
  append_subscription_response(seeds[2], {Hash128{1, 2}, "value", std::nullopt});
  append_subscription_response(seeds[3], {std::nullopt, std::nullopt, std::nullopt});
  return seeds;
}

void suppress_row(BytesView input) {
  BytesView rest = input;
  const BufferedUpdate parsed = parse_buffered_update(rest);
  require(memory_estimate(parsed) >= 0, "a row has a negative size");
  Bytes again;
  append_buffered_update(again, parsed);
  BytesView second = again;
  require(parse_buffered_update(second) == parsed && second.empty(), "a row of a buffer changes when rewritten");
}
std::vector<Bytes> suppress_seeds() {
  std::vector<Bytes> seeds(2);
  append_buffered_update(seeds[0], {"prior", "prior", "new", {5, 6, "topic", 0, some_headers()}});
  append_buffered_update(seeds[1], {std::nullopt, "old", std::nullopt, {5, 6, "topic", 0, {}}});
  return seeds;
}

}  // namespace

std::vector<Target> format_targets() {
  return {{"stored_value", stored_value, stored_value_seeds},
          {"change", change, change_seeds},
          {"list_value", list_value, list_seeds},
          {"foreign_key", foreign_key, foreign_key_seeds},
          {"suppress_row", suppress_row, suppress_seeds}};
}

}  // namespace streams::fuzz
