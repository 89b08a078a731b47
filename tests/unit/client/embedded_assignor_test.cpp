// The sticky assignor: every partition once, even loads, no move without need.
#include "client/embedded/assignor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace streams::client::embedded {
namespace {

using Topics = std::map<std::string, std::int32_t>;

std::set<TopicPartition> flat(const PartitionSet& set) {
  std::set<TopicPartition> result;
  for (const auto& [topic, partitions] : set) {
    for (const std::int32_t p : partitions) result.insert({topic, p});
  }
  return result;
}

std::size_t kept(const std::vector<Claim>& claims, const std::vector<PartitionSet>& assigned) {
  std::size_t count = 0;
  for (std::size_t m = 0; m < claims.size(); ++m) {
    for (const TopicPartition& p : flat(assigned[m])) count += claims[m].owned.count(p);
  }
  return count;
}

TEST(EmbeddedAssignor, SpreadsEachTopicOverTheMembers) {
  const std::vector<Claim> claims(2, Claim{{"a", "b"}, {}});
  const auto assigned = assign_sticky(claims, {{"a", 3}, {"b", 3}});
  EXPECT_EQ(assigned[0], (PartitionSet{{"a", {0, 2}}, {"b", {1}}}));
  EXPECT_EQ(assigned[1], (PartitionSet{{"a", {1}}, {"b", {0, 2}}}));
}

TEST(EmbeddedAssignor, IgnoresClaimsForWhatIsNotSubscribedOrDoesNotExist) {
  const std::vector<Claim> claims{{{"a"}, {{"a", 0}, {"a", 9}, {"b", 0}}}, {{"a", "b"}, {{"a", 0}}}};
  const auto assigned = assign_sticky(claims, {{"a", 1}, {"b", 1}});
  EXPECT_EQ(assigned[0], (PartitionSet{{"a", {0}}}));
  EXPECT_EQ(assigned[1], (PartitionSet{{"b", {0}}}));
}

TEST(EmbeddedAssignor, StaysEvenAndStickyWhileMembersComeAndGo) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const Topics topics{{"a", 7}, {"b", 12}, {"c", 1}};
  constexpr std::size_t kPartitions = 20;
  std::vector<Claim> claims;
  for (int step = 0; step < 200; ++step) {
    const std::size_t before = claims.size();
    if (before < 2 || (before < 25 && random() % 2 == 0))
      claims.push_back({{"a", "b", "c"}, {}});
    else
      claims.erase(claims.begin() + static_cast<std::ptrdiff_t>(random() % before));
    const auto assigned = assign_sticky(claims, topics);

    std::size_t held = 0;
    std::size_t smallest = kPartitions;
    std::size_t largest = 0;
    std::set<TopicPartition> all;
    for (std::size_t m = 0; m < claims.size(); ++m) {
      const auto mine = flat(assigned[m]);
      held += claims[m].owned.size();
      smallest = std::min(smallest, mine.size());
      largest = std::max(largest, mine.size());
      all.insert(mine.begin(), mine.end());
    }
    ASSERT_EQ(all.size(), kPartitions);
    ASSERT_LE(largest - smallest, 1u);
    // A newcomer takes its fair share and no more; a leaver's partitions move, nobody else's.
    const bool grew = claims.size() > before;
    const std::size_t moved = held - kept(claims, assigned);
    ASSERT_LE(moved, grew ? kPartitions / claims.size() : 0u);
    for (std::size_t m = 0; m < claims.size(); ++m) claims[m].owned = flat(assigned[m]);
  }
}

TEST(EmbeddedAssignor, EvensOutLoadsAsFarAsSubscriptionsAllow) {
  const std::vector<Claim> claims{{{"a"}, {}}, {{"a", "b"}, {}}, {{"b"}, {{"b", 0}, {"b", 1}, {"b", 2}, {"b", 3}}}};
  const auto assigned = assign_sticky(claims, {{"a", 1}, {"b", 4}});
  EXPECT_EQ(assigned[0], (PartitionSet{{"a", {0}}}));
  EXPECT_EQ(assigned[1], (PartitionSet{{"b", {2, 3}}}));
  EXPECT_EQ(assigned[2], (PartitionSet{{"b", {0, 1}}}));
}

}  // namespace
}  // namespace streams::client::embedded
