// Orders of Java's collections and hash codes. Expected values were printed by OpenJDK 25 and Kafka Streams 4.3.0.
#include "topology/java_order.hpp"

#include "topology/java_topics_hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace streams::detail {
namespace {

using testing::ElementsAre;
using Names = std::vector<std::string>;

Names numbered(const std::string& prefix, int count, int step = 1) {
  Names out;
  for (int i = 0; i < count; ++i) out.push_back(prefix + std::to_string(i * step));
  return out;
}

std::string joined(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

TEST(JavaOrder, HashesTheUtf16OfAName) {
  const std::vector<std::pair<std::string, std::int32_t>> cases = {
      {"", 0},         {"a", 97},        {"hello", 99162322}, {"KSTREAM-SOURCE-0000000000", 1861603632},
      {"äöü", 226986}, {"日本", 835047}, {"😀x", 54959989}};
  for (const auto& [text, hash] : cases) EXPECT_EQ(java_hash(text), hash) << text;
}

TEST(JavaOrder, ComparesByUtf16CodeUnits) {
  EXPECT_LT(java_compare("a", "b"), 0);
  EXPECT_GT(java_compare("é", "z"), 0);
  EXPECT_GT(java_compare("\xef\xbf\xbd", "😀"), 0);  // U+FFFD is above the surrogates, though not by UTF-8
  EXPECT_GT(java_compare("ab", "a"), 0);
  EXPECT_EQ(java_compare("日本", "日本"), 0);
}

TEST(JavaOrder, SetsIterateInTheOrderOfTheirBuckets) {
  const std::string expected =
      "node-84,node-70,node-91,node-0,node-14,node-35,node-56,node-7,node-77,node-21,node-42,node-63,node-28,node-49";
  EXPECT_EQ(joined(java_set_order(numbered("node-", 14, 7))), expected);
  EXPECT_EQ(joined(java_copied_set_order(numbered("node-", 14, 7))), expected);
}

TEST(JavaOrder, SetsGrowWhenTheyAreThreeQuartersFull) {
  EXPECT_EQ(joined(java_set_order(numbered("s", 12))), "s3,s4,s5,s11,s6,s10,s7,s8,s9,s0,s1,s2");
  EXPECT_EQ(joined(java_set_order(numbered("s", 13))), "s3,s4,s5,s6,s7,s8,s9,s11,s10,s12,s0,s1,s2");
  EXPECT_EQ(joined(java_set_order(numbered("s", 25))),
            "s11,s10,s13,s12,s15,s14,s17,s16,s19,s18,s0,s1,s2,s3,s4,s5,s6,s7,s8,s9,s20,s22,s21,s24,s23");
}

TEST(JavaOrder, CopiedSetsAreMadeLargeEnoughAtOnce) {
  EXPECT_EQ(joined(java_copied_set_order(numbered("s", 12))), "s3,s4,s5,s11,s6,s10,s7,s8,s9,s0,s1,s2");
  EXPECT_EQ(joined(java_copied_set_order(numbered("s", 24))),
            "s3,s4,s5,s6,s7,s8,s9,s20,s11,s22,s10,s21,s13,s12,s23,s15,s14,s17,s16,s19,s18,s0,s1,s2");
}

TEST(JavaOrder, NamesOfOneHashKeepTheirOrder) {
  const Names names = {"Aa", "BB", "C#", "a", "b", "AaAa", "BBBB", "AaBB", "BBAa"};
  EXPECT_EQ(java_set_order(names), names);
  // The ninth of them makes the table grow.
  EXPECT_EQ(joined(java_set_order(
                {"AaAaAa", "AaAaBB", "AaBBAa", "AaBBBB", "BBAaAa", "BBAaBB", "BBBBAa", "BBBBBB", "z", "C#AaAa", "y"})),
            "AaAaAa,AaAaBB,AaBBAa,AaBBBB,BBAaAa,BBAaBB,BBBBAa,BBBBBB,C#AaAa,y,z");
}

TEST(JavaOrder, ANameThatIsThereTwiceCountsOnce) {
  EXPECT_THAT(java_set_order({"a", "b", "a"}), ElementsAre("a", "b"));
}

TEST(JavaTopicsHash, IsThatOfKafkaStreams) {
  StoreSpec store;
  store.topic_configs = {{"x", "y"}, {"z", "1"}};
  const std::int32_t plain = java_changelog_hash("app-kv-changelog", store);
  store.topic_configs = {};
  store.kind = StoreKind::kWindow;
  store.retention_ms = 999'999'999'999;
  const std::int32_t windowed = java_changelog_hash("app-win-changelog", store);
  store.kind = StoreKind::kVersioned;
  store.retention_ms = 1000;
  const std::int32_t versioned = java_changelog_hash("app-ver-changelog", store);
  EXPECT_THAT((std::vector{plain, windowed, versioned}), ElementsAre(-1855651130, -2120984952, 1022832));
  EXPECT_EQ(java_topics_hash({"in-1", "in-2"}, {}), 6470419);
  EXPECT_EQ(java_topics_hash({"in-1", "in-2"}, {{"app-kv-changelog", plain}}), 941930539);
  EXPECT_EQ(java_topics_hash({"in-1", "in-2"}, {{"app-win-changelog", windowed}}), 229623762);
  EXPECT_EQ(java_topics_hash({"in-1"}, {{"app-ver-changelog", versioned}, {"app-kv-changelog", plain}}), 186674415);
}

TEST(JavaTreeSet, SortsByAnOrderThatDoesNotChange) {
  JavaTreeSet set;
  for (const std::size_t value : {5, 1, 9, 3, 7, 3, 0, 8, 2, 6, 4}) {
    set.add(value, [](std::size_t a, std::size_t b) { return static_cast<int>(a) - static_cast<int>(b); });
  }
  std::vector<std::size_t> expected(10);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(set.in_order(), expected);
}

TEST(JavaTreeSet, KeepsTheOrderOfTheTimeWhenANumberCame) {
  JavaTreeSet set;
  const auto up = [](std::size_t a, std::size_t b) { return static_cast<int>(a) - static_cast<int>(b); };
  const auto down = [](std::size_t a, std::size_t b) { return static_cast<int>(b) - static_cast<int>(a); };
  set.add(1, up);
  set.add(2, up);
  set.add(3, up);
  set.add(4, down);  // meets 2, then 1
  EXPECT_THAT(set.in_order(), ElementsAre(4, 1, 2, 3));
}

}  // namespace
}  // namespace streams::detail
