// Byte formats of updates, lists and compound keys, without types.
#include <streams/detail/change_serde.hpp>
#include <streams/detail/list_value.hpp>
#include <streams/detail/outer_join_store.hpp>
#include <streams/detail/value_codec.hpp>
#include <streams/windowed_serdes.hpp>

#include <cstdint>

namespace streams::detail {
namespace {

[[noreturn]] void throw_bad_change(const std::string& why) {
  throw SerializationError("These bytes are no update of a table: " + why);
}

constexpr char kVariableSize = 1;  // in topics: do not renumber
constexpr std::size_t kListHeader = 5;

[[noreturn]] void throw_bad_list() { throw SerializationError("These bytes are no list of values."); }

}  // namespace

void append_change(Bytes& out, OptionalView new_value, OptionalView old_value) {
  if (!new_value && !old_value)
    throw SerializationError("Both old and new values are null, which is not allowed in an update.");
  char flag = new_value ? 1 : 0;
  if (new_value && old_value) {
    append_varint(out, static_cast<std::int32_t>(new_value->size()));
    flag = 2;
  }
  if (new_value) out += *new_value;
  if (old_value) out += *old_value;
  out += flag;
}

RawChange parse_change(BytesView bytes) {
  if (bytes.empty()) throw_bad_change("they are empty");
  int flag = bytes.back();
  bytes.remove_suffix(1);
  RawChange change;
  if (flag >= 3 && flag <= 5) {
    if (bytes.empty() || static_cast<unsigned char>(bytes.back()) > 1)
      throw_bad_change("the flag for latest is missing");
    change.is_latest = bytes.back() == 1;
    bytes.remove_suffix(1);
    flag -= 3;
  }
  if (flag == 0) {
    change.old_value = bytes;
  } else if (flag == 1) {
    change.new_value = bytes;
  } else if (flag == 2) {
    const std::int32_t size = read_varint(bytes);
    if (size < 0 || static_cast<std::size_t>(size) > bytes.size())
      throw_bad_change("the size of the new value is wrong");
    change.new_value = bytes.substr(0, static_cast<std::size_t>(size));
    change.old_value = bytes.substr(static_cast<std::size_t>(size));
  } else {
    throw_bad_change("the last byte is " + std::to_string(flag) + ", not 0 to 5");
  }
  return change;
}

void append_list_item(Bytes& list, BytesView item) {
  std::int32_t count = 0;
  if (list.empty()) {
    list += kVariableSize;
    append_big_endian(list, count);
  } else if (list.size() < kListHeader || list[0] != kVariableSize) {
    throw_bad_list();
  }
  count = read_big_endian<std::int32_t>(BytesView(list).substr(1));
  if (count < 0 || count == INT32_MAX) throw_bad_list();
  Bytes count_bytes;
  append_big_endian(count_bytes, count + 1);
  list.replace(1, sizeof count, count_bytes);
  append_big_endian(list, static_cast<std::int32_t>(item.size()));
  list += item;
}

std::vector<BytesView> parse_list(BytesView list) {
  if (list.size() < kListHeader || list[0] != kVariableSize) throw_bad_list();
  const auto count = read_big_endian<std::int32_t>(list.substr(1));
  if (count < 0) throw_bad_list();
  list.remove_prefix(kListHeader);
  std::vector<BytesView> items;
  for (std::int32_t i = 0; i < count; ++i) {
    if (list.size() < sizeof(std::int32_t)) throw_bad_list();
    const auto size = read_big_endian<std::int32_t>(list);
    list.remove_prefix(sizeof size);
    if (size < 0 || static_cast<std::size_t>(size) > list.size()) throw_bad_list();
    items.push_back(list.substr(0, static_cast<std::size_t>(size)));
    list.remove_prefix(static_cast<std::size_t>(size));
  }
  return items;
}

void throw_short_join_key(std::size_t size) {
  throw SerializationError("A row of a join's store has a key or value of only " + std::to_string(size) + " bytes.");
}

void throw_short_windowed_key(std::size_t expected, std::size_t actual) {
  throw SerializationError("A windowed key has at least " + std::to_string(expected) + " bytes, these are " +
                           std::to_string(actual) + ".");
}

}  // namespace streams::detail
