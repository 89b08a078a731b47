// Maps that forget the row used longest ago.
#include "support.hpp"

#include <gtest/gtest.h>

namespace streams::state {
namespace {

using Texts = std::vector<std::string>;

/// The conformance case kv_store__lru at the level of bytes.
TEST(LruMap, ForgetsTheRowUsedLongestAgoAndSaysSoInTheChangelog) {
  Surroundings s;
  const auto map = make_lru_map(s.rows(), ValueFormat::kPlain, 3, s.context());
  Bytes value;
  for (const char* key : {"a", "b", "c"}) map->put(key, "1");
  EXPECT_TRUE(map->get("a", value));
  map->put("d", "2");
  EXPECT_FALSE(map->get("b", value));
  EXPECT_EQ(s.changelog.records, (Texts{"61=1@0", "62=1@0", "63=1@0", "62=null@0", "64=2@0"}));
  EXPECT_EQ(rows_of(map->range(std::nullopt, std::nullopt, false)), (Rows{{"a", "1"}, {"c", "1"}, {"d", "2"}}));
  EXPECT_EQ(map->approximate_entries(), 3);
  map->put("c", "3");
  map->put("d", std::nullopt);
  map->put("e", "4");
  map->put("f", "5");
  EXPECT_EQ(rows_of(map->prefix("")), (Rows{{"c", "3"}, {"e", "4"}, {"f", "5"}}));
}

TEST(LruMap, TimestampedMapsKeepEvictionsToThemselves) {
  Surroundings s;
  const auto map = make_lru_map(s.rows(), ValueFormat::kTimestamped, 1, s.context());
  map->put("a", "12345678v");
  map->put("b", "12345678v");
  EXPECT_EQ(s.changelog.records.size(), 2U);
  EXPECT_EQ(rows_of(s.rows().range(std::nullopt, std::nullopt)), (Rows{{"b", "12345678v"}}));
}

TEST(LruMap, EvictsWhileItRestores) {
  Surroundings s;
  const auto map = make_lru_map(s.rows(), ValueFormat::kPlain, 2, s.context());
  for (const char* key : {"a", "b", "a", "c"}) map->restore(key, "1", 0, {});
  map->restore("a", std::nullopt, 0, {});
  EXPECT_EQ(rows_of(map->prefix("")), (Rows{{"c", "1"}}));
  EXPECT_TRUE(s.changelog.records.empty());
}

TEST(LruMap, CountsTheRowsItFinds) {
  Surroundings s;
  for (const char* key : {"a", "b", "c"}) s.rows().put(key, "1");
  const auto map = make_lru_map(s.rows(), ValueFormat::kPlain, 3, s.context());
  EXPECT_EQ(map->approximate_entries(), 3);
  map->put("d", "1");
  EXPECT_EQ(map->approximate_entries(), 3);
}

TEST(LruMap, KeepsNothingIfItMayNot) {
  Surroundings s;
  const auto map = make_lru_map(s.rows(), ValueFormat::kPlain, 0, s.context());
  map->put("a", "1");
  EXPECT_EQ(rows_of(map->prefix("")), Rows{});
}

}  // namespace
}  // namespace streams::state
