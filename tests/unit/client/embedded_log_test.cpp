// Writing, reading and administration of plain topics of the embedded cluster.
#include <streams/errors.hpp>
#include <streams/partitioner.hpp>

#include "embedded_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>

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
  EXPECT_THAT(cluster_.read("t").value(), ElementsAre(StoredRecord{0, 0, 7, std::nullopt, "", headers},
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

TEST_F(EmbeddedLog, PartitionsRecordsByKeyAsKafkaDoesAndSendsTheOthersRound) {
  ASSERT_OK(cluster_.create_topic("t", 3));
  const auto partition = [&](OptionalBytes key) {
    return cluster_.produce("t", {.key = std::move(key)}).value().partition;
  };
  EXPECT_EQ(partition("a"), partition_for_key("a", 3));
  EXPECT_EQ(partition("bcd"), partition_for_key("bcd", 3));
  const std::vector<std::int32_t> keyless{partition(std::nullopt), partition(std::nullopt), partition(std::nullopt)};
  EXPECT_THAT(keyless, ElementsAre(0, 1, 2));
  EXPECT_EQ(cluster_.produce("t", {.partition = 3}).status().code(), StatusCode::kNotFound);
}

TEST_F(EmbeddedLog, StampsRecordsWhereTheTopicSaysSo) {
  ASSERT_OK(cluster_.create_topic("t", 1, {{"message.timestamp.type", "LogAppendTime"}}));
  ASSERT_OK(cluster_.produce("t", {.value = "v", .timestamp = 5}).status());
  EXPECT_EQ(cluster_.read("t").value()[0].timestamp, clock_.now_ms());
}

TEST_F(EmbeddedLog, SaysWhyATopicCannotBeMade) {
  const auto statuses = admin()->create_topics({{"t", 2, 3, {}},
                                                {"t", 2, -1, {}},
                                                {"bad name", 1, -1, {}},
                                                {"none", 0, -1, {}},
                                                {"typo", 1, -1, {{"retention", "1"}}},
                                                {"value", 1, -1, {{"retention.ms", "soon"}}},
                                                {"policy", 1, -1, {{"cleanup.policy", "shred"}}},
                                                {"default", -1, -1, {}}},
                                               0);
  std::vector<StatusCode> codes;
  for (const Status& status : statuses.value()) codes.push_back(status.code());
  EXPECT_THAT(codes, ElementsAre(StatusCode::kOk, StatusCode::kAlreadyExists, StatusCode::kInvalidArgument,
                                 StatusCode::kInvalidArgument, StatusCode::kInvalidArgument,
                                 StatusCode::kInvalidArgument, StatusCode::kInvalidArgument, StatusCode::kOk));
  EXPECT_EQ(cluster_.topics(), (std::map<std::string, std::int32_t>{{"default", 1}, {"t", 2}}));
}

TEST_F(EmbeddedLog, ShowsTheSettingsOfATopicWithKafkasDefaults) {
  ASSERT_OK(cluster_.create_topic("t", 1, {{"cleanup.policy", "compact,delete"}, {"retention.ms", "5"}}));
  const auto configs = admin()->topic_configs("t", 0).value();
  EXPECT_EQ(configs.at("cleanup.policy"), "compact,delete");
  EXPECT_EQ(configs.at("retention.ms"), "5");
  EXPECT_EQ(configs.at("max.message.bytes"), "1048588");
  EXPECT_EQ(admin()->topic_configs("other", 0).status().code(), StatusCode::kNotFound);
}

TEST_F(EmbeddedLog, MakesTopicsOnTheFirstWriteWhereAllowed) {
  EmbeddedCluster generous({.auto_create_partitions = 4}, clock_);
  const auto p = generous.clients().producer({});
  ASSERT_OK(send(*p, "t", "k", "v", 3));
  EXPECT_EQ(p->partitions("u", 0).value(), 4);
  EXPECT_EQ(generous.topics(), (std::map<std::string, std::int32_t>{{"t", 4}, {"u", 4}}));
  EXPECT_EQ(generous.produce("bad name", {}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(cluster_.produce("t", {}).status().code(), StatusCode::kNotFound);
}

TEST_F(EmbeddedLog, ReportsADeletedTopicOnceAndReadsItsSuccessor) {
  ASSERT_OK(cluster_.create_topic("t"));
  const auto p = producer();
  ASSERT_OK(send(*p, "t", "k", "old"));
  const auto c = consumer();
  const PartitionStart starts[] = {{{"t", 0}, 0}};
  ASSERT_OK(c->assign(starts));
  ASSERT_OK(cluster_.delete_topic("t"));
  EXPECT_EQ(cluster_.delete_topic("t").code(), StatusCode::kNotFound);
  std::vector<ConsumerError> errors;
  c->poll(0, errors);
  c->poll(0, errors);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].status.code(), StatusCode::kNotFound);
  ASSERT_OK(send(*p, "t", "k", "nowhere"));
  ASSERT_EQ(p->take_errors().size(), 1u);
  ASSERT_OK(cluster_.create_topic("t"));
  ASSERT_OK(send(*p, "t", "k", "new"));
  EXPECT_EQ(p->take_errors().size(), 0u);
  EXPECT_THAT(take(*c, {"t", 0}), ElementsAre("0:k=new"));
}

TEST_F(EmbeddedLog, AnnouncesRecordsOnceSoThatAPollCanWaitForOtherPartitions) {
  ASSERT_OK(cluster_.create_topic("t", 2));
  ASSERT_OK(cluster_.produce("t", {.value = "left alone", .partition = 0}).status());
  const auto c = consumer();
  const PartitionStart starts[] = {{{"t", 0}, 0}, {{"t", 1}, 0}};
  ASSERT_OK(c->assign(starts));
  std::vector<ConsumerError> errors;
  const auto poll_ms = [&] {
    const auto begun = std::chrono::steady_clock::now();
    c->poll(20, errors);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
  };
  poll_ms();
  EXPECT_GE(poll_ms(), 20);
  EXPECT_EQ(errors.size(), 0u);
}

TEST_F(EmbeddedLog, RefusesSettingsThatMakeNoSense) {
  EXPECT_THROW(consumer({{"isolation.level", "serializable"}}), ConfigError);
  EXPECT_THROW(consumer({{"session.timeout.ms", "long"}}), ConfigError);
  EXPECT_THROW(producer({{"transaction.timeout.ms", "0"}}), ConfigError);
}

TEST_F(EmbeddedLog, ClientsOutliveTheClusterObject) {
  auto cluster = std::make_unique<EmbeddedCluster>(clock_);
  ASSERT_OK(cluster->create_topic("t"));
  const auto p = cluster->clients().producer({});
  const auto c = cluster->clients().consumer({});
  const PartitionStart starts[] = {{{"t", 0}, 0}};
  ASSERT_OK(c->assign(starts));
  cluster.reset();
  ASSERT_OK(send(*p, "t", "k", "v"));
  EXPECT_THAT(take(*c, {"t", 0}), ElementsAre("0:k=v"));
}

}  // namespace
}  // namespace streams::client
