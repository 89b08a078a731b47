// What window stores know of the keys they saw of late: never too little, and mostly not too much.
#include <state/recent_keys.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace streams::state {
namespace {

constexpr Timestamp kEver = std::numeric_limits<Timestamp>::min();
constexpr Timestamp kForever = std::numeric_limits<Timestamp>::max();
using Found = std::optional<RowsIn>;

TEST(RecentKeys, TellsWhereRowsMayBe) {
  RecentKeys keys(1000, kEver);
  EXPECT_EQ(keys.find("a", 0, kForever, 1), std::nullopt);
  keys.add("a", 1500, 1);
  EXPECT_EQ(keys.find("a", 0, kForever, 1), RowsIn::kUncommitted);
  EXPECT_EQ(keys.find("a", 1999, 1999, 1), RowsIn::kUncommitted) << "times are known by slice";
  EXPECT_EQ(keys.find("a", 2000, 2999, 1), std::nullopt);
  EXPECT_EQ(keys.find("a", 0, 999, 1), std::nullopt);
  EXPECT_EQ(keys.find("b", 0, kForever, 1), std::nullopt);
}

TEST(RecentKeys, WhatWasCommittedIsAnywhere) {
  RecentKeys keys(1000, kEver);
  keys.add("a", 1500, 1);
  keys.add("b", 1500, 2);
  keys.add("a", 5500, 2);
  EXPECT_EQ(keys.find("a", 1000, 2000, 2), RowsIn::kAll);
  EXPECT_EQ(keys.find("a", 5000, 6000, 2), RowsIn::kUncommitted);
  EXPECT_EQ(keys.find("a", 1000, 6000, 2), RowsIn::kAll);
  EXPECT_EQ(keys.find("b", 1000, 2000, 2), RowsIn::kUncommitted);
  EXPECT_EQ(keys.find("b", 1000, 2000, 3), RowsIn::kAll);
  EXPECT_EQ(keys.find("b", 1000, 2000, 2), RowsIn::kUncommitted) << "looking changes nothing";
}

TEST(RecentKeys, KnowsNothingOfWhatWasBefore) {
  RecentKeys keys(1000, 1233);
  EXPECT_FALSE(keys.add("a", 1233, 1));
  EXPECT_EQ(keys.find("b", 1233, 5000, 1), RowsIn::kAll);
  EXPECT_EQ(keys.find("b", 1234, 5000, 1), std::nullopt);
  EXPECT_EQ(RecentKeys(1000, kForever).find("a", kForever, kForever, 1), RowsIn::kAll);
}

TEST(RecentKeys, ForgetsOldSlicesFirst) {
  RecentKeys keys(1000, kEver);
  for (Timestamp start = 0; start <= 8000; start += 1000) keys.add("a", start, 1);
  EXPECT_EQ(keys.known_after(), 999);
  keys.add("late", 500, 1);
  EXPECT_EQ(keys.find("other", 999, 999, 1), RowsIn::kAll);
  EXPECT_EQ(keys.find("other", 1000, 8000, 1), std::nullopt);

  RecentKeys negative(1000, kEver);
  for (Timestamp start = -5000; start <= 3000; start += 1000) negative.add("a", start, 1);
  EXPECT_EQ(negative.known_after(), -5000);
  RecentKeys last(1000, kEver);
  for (Timestamp i = 0; i <= 8; ++i) last.add("a", kForever - i * 1000, 1);
  EXPECT_LT(last.known_after(), kForever - 7000);
}

TEST(RecentKeys, MissesNoneAndInventsFew) {
  RecentKeys keys(1000, kEver);
  int invented = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = "key-" + std::to_string(i);
    if (keys.find(key, 0, 999, 1)) ++invented;
    keys.add(key, 500, 1);
    ASSERT_TRUE(keys.find(key, 0, 999, 1)) << key;
  }
  for (int i = 0; i < 20'000; ++i) EXPECT_TRUE(keys.find("key-" + std::to_string(i), 0, 999, 1));
  EXPECT_LT(invented, 1000);
}

TEST(RecentKeys, TakesNoMoreThanAQuarterOfAMebibyte) {
  RecentKeys keys(1000, kEver);
  for (int i = 0; i < 400'000; ++i) {
    const std::size_t before = keys.bytes();
    const bool changed = keys.add("key-" + std::to_string(i), i, 1);
    ASSERT_EQ(changed, keys.bytes() != before);
    ASSERT_LE(keys.bytes(), 256U * 1024U);
  }
  RecentKeys many(1'000'000, kEver);
  for (int i = 0; i < 400'000; ++i) many.add("key-" + std::to_string(i), i, 1);
  EXPECT_EQ(many.known_after(), 999'999) << "the slice was too large";
  EXPECT_EQ(many.find("key-1", 0, 1, 1), RowsIn::kAll);
  EXPECT_EQ(many.bytes(), 0U);
}

}  // namespace
}  // namespace streams::state
