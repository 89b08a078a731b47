// Writing, reading and administration of plain topics of the embedded cluster.
#include "embedded_fixture.hpp"

#include <gmock/gmock.h>

namespace streams::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using EmbeddedLog = EmbeddedTest;

TEST_F(EmbeddedLog, ReturnsWhatWasSentInOrderWithOffsets) {
  ASSERT_OK(cluster_.create_topic("t", 2));
  const auto p = producer();
  ASSERT_OK(send(*p, "t", "a", "1", 1));
  ASSERT_OK(send(*p, "t", "b", "2", 0));
  ASSERT_OK(send(*p, "t", "a", "3", 1));
  EXPECT_EQ(p->acked_offset({"t", 1}), 1);
  EXPECT_EQ(p->acked_offset({"t", 0}), 0);

  const auto c = consumer();
  const PartitionStart starts[] = {{{"t", 0}, PartitionStart::kEarliest}, {{"t", 1}, 1}};
  ASSERT_OK(c->assign(starts));
  EXPECT_FALSE(c->at_end({"t", 1}));
  EXPECT_THAT(take(*c, {"t", 0}), ElementsAre("0:b=2"));
  EXPECT_THAT(take(*c, {"t", 1}), ElementsAre("1:a=3"));
  EXPECT_TRUE(c->at_end({"t", 0}));
  EXPECT_EQ(c->position({"t", 1}), 2);
}

TEST_F(EmbeddedLog, KeepsNullAndEmptyApartAndHeadersInOrder) {
  ASSERT_OK(cluster_.create_topic("t"));
  const Headers headers{{"h", "1"}, {"h", std::nullopt}, {"", ""}};
  ASSERT_TRUE(cluster_.produce("t", {.key = std::nullopt, .value = "", .timestamp = 7, .headers = headers}).ok());
  ASSERT_TRUE(cluster_.produce("t", {.key = "", .value = std::nullopt}).ok());
  EXPECT_THAT(cluster_.read("t").value(),
              ElementsAre(StoredRecord{0, 0, 7, std::nullopt, "", headers},
                          StoredRecord{0, 1, clock_.now_ms(), "", std::nullopt, {}}));
}

TEST_F(EmbeddedLog, KeepsABatchReadableAfterItsRecordsAreDeleted) {
  ASSERT_OK(cluster_.create_topic("t"));
  const auto p = producer();
  for (int i = 0; i < 1000; ++i) ASSERT_OK(send(*p, "t", "key" + std::to_string(i), std::string(100, 'v')));
  const auto c = consumer();
  const PartitionStart starts[] = {{{"t", 0}, 0}};
  ASSERT_OK(c->assign(starts));
  const auto batch = c->fetch({"t", 0}, 1000);
  ASSERT_OK(admin()->delete_records({{{"t", 0}, 1000, ""}}, 0));
  ASSERT_EQ(batch->records().size(), 1000u);
  EXPECT_EQ(*batch->records()[999].key, "key999");
  EXPECT_THAT(stored("t"), IsEmpty());
}

}  // namespace
}  // namespace streams::client
