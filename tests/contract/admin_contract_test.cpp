// Client contract: administration.
#include "contract/client_contract.hpp"

namespace streams::client::contract {
namespace {

using ::testing::HasSubstr;

class AdminContract : public ClientContract {};

TEST_F(AdminContract, MakesTopicsAndSaysForEachWhatHappened) {
  const std::string existing = topic(2);
  const std::string made = fresh("made");
  const auto results = admin().create_topics(
      {{existing, 3, -1, {}}, {made, 3, 1, {{"cleanup.policy", "compact"}, {"segment.bytes", "1048576"}}}},
      kPatienceMs);
  ASSERT_OK(results);
  ASSERT_EQ(results.value().size(), 2u);
  EXPECT_EQ(results.value()[0].code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(results.value()[0].message(), HasSubstr(existing));
  EXPECT_OK(results.value()[1]);
  const auto counts = admin().topics({existing, made, fresh("missing")}, kPatienceMs);
  ASSERT_OK(counts);
  EXPECT_EQ(counts.value(), (std::map<std::string, std::int32_t>{{existing, 2}, {made, 3}}));
  const auto all = admin().topics({}, kPatienceMs);
  ASSERT_OK(all);
  EXPECT_EQ(all.value().count(made), 1u);
  const auto configs = admin().topic_configs(made, kPatienceMs);
  ASSERT_OK(configs);
  EXPECT_EQ(configs.value().at("cleanup.policy"), "compact");
  EXPECT_EQ(configs.value().at("segment.bytes"), "1048576");
  EXPECT_EQ(configs.value().count("retention.ms"), 1u);  // defaults are listed as well
}

TEST_F(AdminContract, RefusesTopicsThatMakeNoSense) {
  const auto results = admin().create_topics({{fresh("bad"), 1, -1, {{"no.such.config", "1"}}}}, kPatienceMs);
  ASSERT_OK(results);
  EXPECT_EQ(results.value().at(0).code(), StatusCode::kInvalidArgument) << results.value().at(0).message();
  EXPECT_THAT(results.value().at(0).message(), HasSubstr("no.such.config"));
}

TEST_F(AdminContract, DeletesTopics) {
  const std::string name = topic();
  ASSERT_OK(admin().delete_topics({name}, kPatienceMs));
  const auto left = admin().topics({name}, kPatienceMs);
  ASSERT_OK(left);
  EXPECT_EQ(left.value().size(), 0u);
  EXPECT_EQ(admin().delete_topics({name}, kPatienceMs).code(), StatusCode::kNotFound);
  EXPECT_EQ(admin().topic_configs(name, kPatienceMs).status().code(), StatusCode::kNotFound);
}

TEST_F(AdminContract, DeletesRecordsBeforeAnOffset) {
  const std::string name = topic(2);
  send_numbers(name, 0, 0, 10);
  send_numbers(name, 1, 0, 3);
  ASSERT_OK(admin().delete_records({{{name, 0}, 6, ""}}, kPatienceMs));
  const auto ranges = admin().offsets(partitions_of(name, 2), kPatienceMs);
  ASSERT_OK(ranges);
  EXPECT_EQ(ranges.value().at({name, 0}).earliest, 6);
  EXPECT_EQ(ranges.value().at({name, 0}).latest, 10);
  EXPECT_EQ(ranges.value().at({name, 1}).earliest, 0);
  EXPECT_EQ(ranges.value().at({name, 1}).latest, 3);
  EXPECT_EQ(stored(name, 0), numbers(6, 10));
  EXPECT_EQ(admin().offsets({{fresh("missing"), 0}}, 2000).status().code(), StatusCode::kNotFound);
}

TEST_F(AdminContract, FindsTheFirstRecordThatIsNotOlderThanATime) {
  const std::string name = topic();
  const auto sender = producer();
  for (const Timestamp time : {1000, 3000, 2000, 5000}) {
    ASSERT_OK(sender->send({.topic = name, .partition = 0, .key = std::nullopt, .value = "v", .timestamp = time}));
  }
  ASSERT_OK(sender->flush(kPatienceMs));
  const auto at = [&](Timestamp time) {
    return admin().offsets_at({{{name, 0}, time}}, kPatienceMs).value().at({name, 0});
  };
  EXPECT_EQ(at(-5), 0);
  EXPECT_EQ(at(1000), 0);
  EXPECT_EQ(at(1001), 1);
  EXPECT_EQ(at(2500), 1);
  EXPECT_EQ(at(3001), 3);
  EXPECT_EQ(at(5001), PartitionStart::kLatest);
  EXPECT_EQ(admin().offsets_at({{{fresh("missing"), 0}, 0}}, 2000).status().code(), StatusCode::kNotFound);
}

TEST_F(AdminContract, SaysThatAGroupIsUnknown) {
  const auto description = admin().describe_group(fresh("group"), kPatienceMs);
  if (description.ok()) {  // brokers before 4.0 call it dead
    EXPECT_EQ(description.value().state, "Dead");
    EXPECT_EQ(description.value().members.size(), 0u);
  } else {
    EXPECT_EQ(description.status().code(), StatusCode::kNotFound) << description.status().message();
  }
}

}  // namespace
}  // namespace streams::client::contract
