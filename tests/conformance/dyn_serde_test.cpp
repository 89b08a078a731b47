// The serdes of the types of the case language.
#include "dyn_serde.hpp"

#include <gtest/gtest.h>

namespace streams::conformance {
namespace {

std::string hex_of(const std::string& json, const Type& type) {
  return to_hex(*to_bytes(from_json(Json::parse(json), type), type));
}

std::string json_of(const std::string& hex, const Type& type) {
  return to_json(from_bytes(from_hex(hex), type)).dump();
}

TEST(DynSerde, WritesAndReadsEveryType) {
  EXPECT_EQ(hex_of(R"("aé")", Type::parse("string")), "61c3a9");
  EXPECT_EQ(json_of("61c3a9", Type::parse("string")), R"("aé")");
  EXPECT_EQ(hex_of("-2", Type::parse("long")), "fffffffffffffffe");
  EXPECT_EQ(json_of("fffffffffffffffe", Type::parse("long")), "-2");
  EXPECT_EQ(hex_of("1.5", Type::parse("double")), "3ff8000000000000");
  EXPECT_EQ(json_of("3ff8000000000000", Type::parse("double")), "1.5");
  EXPECT_EQ(hex_of(R"({"hex":"00ff"})", Type::parse("bytes")), "00ff");
  EXPECT_EQ(json_of("00ff", Type::parse("bytes")), R"({"hex":"00ff"})");
}

TEST(DynSerde, WritesTheStartOfTimeWindowsAndBothEndsOfSessions) {
  const Type time = Type::time_windowed(Type(), 10);
  EXPECT_EQ(hex_of(R"({"key":"a","start":5,"end":15})", time), "610000000000000005");
  EXPECT_EQ(json_of("610000000000000005", time), R"({"end":15,"key":"a","start":5})");
  const Type session = Type::session_windowed(Type());
  EXPECT_EQ(hex_of(R"({"key":"a","start":5,"end":15})", session), "61000000000000000f0000000000000005");
  EXPECT_EQ(json_of("61000000000000000f0000000000000005", session), R"({"end":15,"key":"a","start":5})");
}

TEST(DynSerde, PartitionsWindowedKeysByTheKeyInside) {
  const auto serde = windowed_serde_of(Type::time_windowed(Type(), 10));
  EXPECT_EQ(serde->partition_key(from_hex("61620000000000000005")), "ab");
}

TEST(DynSerde, RefusesValuesAndBytesOfOtherTypes) {
  Bytes out;
  EXPECT_THROW(serde_of(Type::parse("long"))->serialize("t", Dyn(std::string("a")), out), SerializationError);
  EXPECT_THROW(serde_of(Type::parse("bytes"))->serialize("t", Dyn(std::string("a")), out), SerializationError);
  EXPECT_THROW(serde_of(Type::parse("long"))->deserialize("t", "abc"), SerializationError);
  EXPECT_THROW(windowed_serde_of(Type::time_windowed(Type(), 1))->deserialize("t", "abc"), SerializationError);
}

}  // namespace
}  // namespace streams::conformance
