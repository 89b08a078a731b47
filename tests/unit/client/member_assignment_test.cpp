// Assignments of members, as the group's coordinator keeps them.
#include "client/kafka/member_assignment.hpp"

#include <gtest/gtest.h>

namespace streams::client::kafka {
namespace {

const Bytes kTwoTopics("\0\1\0\0\0\2\0\1a\0\0\0\2\0\0\0\0\0\0\0\3\0\2bc\0\0\0\1\0\0\1\0\xff\xff\xff\xff", 37);

TEST(MemberAssignment, ListsItsPartitions) {
  EXPECT_EQ(partitions_of_assignment(kTwoTopics), (std::vector<TopicPartition>{{"a", 0}, {"a", 3}, {"bc", 256}}));
}

TEST(MemberAssignment, OfAMemberThatHasNoneIsEmpty) {
  EXPECT_EQ(partitions_of_assignment(""), std::vector<TopicPartition>());
  EXPECT_EQ(partitions_of_assignment(Bytes("\0\1\0\0\0\0", 6)), std::vector<TopicPartition>());
}

TEST(MemberAssignment, ThatEndsTooSoonIsNoAssignment) {
  for (std::size_t size = 1; size < kTwoTopics.size() - 4; ++size) {
    EXPECT_EQ(partitions_of_assignment(BytesView(kTwoTopics).substr(0, size)), std::nullopt) << size;
  }
  EXPECT_EQ(partitions_of_assignment(Bytes("\0\1\0\0\0\1\xff\xff\0\0\0\0", 12)), std::nullopt);
}

}  // namespace
}  // namespace streams::client::kafka
