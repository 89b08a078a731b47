// Lists of values: what is no list is refused, whether it is read or added to.
#include <streams/detail/list_value.hpp>
#include <streams/errors.hpp>

#include <gtest/gtest.h>

namespace streams::detail {
namespace {

Bytes list_of(std::int32_t count, char kind = '\1') {
  Bytes list(1, kind);
  append_big_endian(list, count);
  return list;
}

TEST(ListValue, GrowsFromNothing) {
  Bytes list;
  for (const char* item : {"one", "", "three"}) append_list_item(list, item);
  EXPECT_EQ(parse_list(list), (std::vector<BytesView>{"one", "", "three"}));
}

TEST(ListValue, WhatIsNoListIsRefused) {
  for (const Bytes& bytes : {Bytes(4, '\1'), list_of(0, '\0'), list_of(-1), list_of(INT32_MIN)}) {
    Bytes list = bytes;
    EXPECT_THROW(append_list_item(list, "item"), SerializationError);
    EXPECT_EQ(list, bytes);
    EXPECT_THROW(parse_list(bytes), SerializationError);
  }
  EXPECT_THROW(parse_list(list_of(1)), SerializationError);
}

TEST(ListValue, AFullListTakesNoMore) {
  Bytes list = list_of(INT32_MAX);
  EXPECT_THROW(append_list_item(list, "item"), SerializationError);
  EXPECT_EQ(list, list_of(INT32_MAX));
}

}  // namespace
}  // namespace streams::detail
