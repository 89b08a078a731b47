// Buffers that are restored from a changelog with anything in it, then emptied: of suppressions and of joins.
#include "surroundings.hpp"

#include <streams/detail/join_buffer.hpp>
#include <streams/detail/outer_join_store.hpp>
#include <streams/detail/suppress_buffer.hpp>
#include <streams/errors.hpp>

namespace streams::fuzz {
namespace {

using namespace streams::detail;

constexpr std::uint8_t kTombstone = 2;

void suppress_buffer(BytesView input) {
  Parts parts(input);
  SuppressRows rows(true);
  while (!parts.empty()) {
    const std::uint8_t flags = parts.byte();
    const Bytes key = parts.bytes(), value = parts.bytes();
    Headers headers;
    headers.add("v", Bytes(1, static_cast<char>(flags >> 2)));
    try {
      rows.restore(key, (flags & kTombstone) != 0 ? OptionalView() : OptionalView(value), headers);
    } catch (const SerializationError&) {
    }
    require(rows.bytes() >= 0 && rows.empty() == (rows.records() == 0), "a buffer loses count");
  }
  while (!rows.empty()) rows.remove_first();
  require(rows.bytes() == 0, "an empty buffer has bytes");
}

Bytes buffered_row(const OptionalBytes& prior, const OptionalBytes& old_value) {
  Bytes row;
  append_buffered_update(row, {prior, old_value, Bytes("new"), {5, 6, "topic", 0, {}}});
  append_big_endian(row, std::int64_t{5});
  return row;
}

std::vector<Bytes> suppress_seeds() {
  const Bytes row = buffered_row(Bytes("prior"), Bytes("old"));
  std::vector<Bytes> seeds;
  for (std::uint8_t version = 0; version < 4; ++version) {
    const auto flags = static_cast<std::uint8_t>(version << 2);
    PartsWriter parts;
    for (const char* key : {"k", "l"}) parts.byte(flags).bytes(key).bytes(row);
    seeds.push_back(parts.byte(flags | kTombstone).bytes("k").bytes("").input());
  }
  return seeds;
}

/// Gives rows of a changelog until the input ends.
template <class Restore>
void restore_all(Parts& parts, Restore&& restore) {
  while (!parts.empty()) {
    const std::uint8_t flags = parts.byte();
    const Bytes key = parts.bytes(), value = parts.bytes();
    restore(key, (flags & kTombstone) != 0 ? OptionalView() : OptionalView(value));
  }
}

void join_buffer(BytesView input) {
  Parts parts(input);
  Surroundings around;
  WaitingRows rows(parts.number() & INT64_MAX);
  rows.open(around, {});
  restore_all(parts, [&](BytesView key, OptionalView value) { rows.restore(key, value); });
  const auto use = [](BytesView, const BufferedUpdate& update) { require(update.new_value.has_value(), "no value"); };
  if (rows.takes(7)) rows.put("k", "v", {7, 8, "topic", 0, {}});
  rows.take_due(use);
  if (rows.takes(INT64_MAX)) rows.put("k", "v", {INT64_MAX, 9, "topic", 0, {}});
  rows.take_due(use);
}

std::vector<Bytes> join_buffer_seeds() {
  std::vector<Bytes> seeds;
  for (const Timestamp time : {Timestamp{5}, INT64_MAX}) {
    PartsWriter parts;
    parts.number(10);
    for (const std::int32_t sequence : {1, INT32_MAX}) {
      Bytes key(1, '\0');
      append_big_endian(key, time);
      key += "k";
      append_big_endian(key, sequence);
      parts.byte(0).bytes(key).bytes(buffered_row(std::nullopt, std::nullopt));
    }
    seeds.push_back(parts.input());
  }
  return seeds;
}

void outer_join_store(BytesView input) {
  Parts parts(input);
  Surroundings around;
  const auto text = DefaultSerde<std::string>::get();
  const auto number = DefaultSerde<std::int32_t>::get();
  OuterJoinStore<std::string, std::string, std::int32_t> store({}, text, text, number);
  store.open(around);
  restore_all(parts, [&](BytesView key, OptionalView value) { store.restore(key, value, 0, {}); });
  EitherValue<std::string, std::int32_t> right;
  right.right = 5;
  store.append({"k", 5, false}, right);
  store.for_each([](const Bytes&, const auto&, const auto& value) {
    require(value.left.has_value() != value.right.has_value(), "a value is of no side, or of both");
    return true;
  });
}

std::vector<Bytes> outer_join_seeds() {
  PartsWriter parts;
  for (const bool left : {false, true}) {
    Bytes key, list;
    append_big_endian(key, std::int64_t{5});
    key += left ? '\1' : '\0';
    for (int i = 0; i < 2; ++i) append_list_item(list, left ? BytesView("\1text") : BytesView("\0\0\0\0\5", 5));
    parts.byte(0).bytes(key + "k").bytes(list);
  }
  return {parts.input()};
}

}  // namespace

std::vector<Target> buffer_targets() {
  return {{"suppress_buffer", suppress_buffer, suppress_seeds},
          {"join_buffer", join_buffer, join_buffer_seeds},
          {"outer_join_store", outer_join_store, outer_join_seeds}};
}

}  // namespace streams::fuzz
