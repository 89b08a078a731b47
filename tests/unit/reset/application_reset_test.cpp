// Resetting applications on the embedded cluster.
#include <streams/application_reset.hpp>
#include <streams/embedded_cluster.hpp>
#include <streams/errors.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/streams_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

namespace streams {
namespace {

using client::TopicPartition;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;
using Strings = std::vector<std::string>;

/// Words by their first letter, counted: with a repartition topic and a changelog.
Topology letters() {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in")
      .group_by([](const std::string& word) { return word.substr(0, 1); }, {.name = "by-letter"})
      .count({.store_name = "counts"})
      .to_stream()
      .to("out");
  return builder.build();
}

class ApplicationResetTest : public testing::Test {
 protected:
  ApplicationResetTest() {
    EXPECT_TRUE(cluster_.create_topic("in", 2).ok());
    EXPECT_TRUE(cluster_.create_topic("out", 1).ok());
  }
  ~ApplicationResetTest() override { std::filesystem::remove_all(state_); }

  StreamsConfig config() {
    StreamsConfig out{{"application.id", "app"},
                      {"state.dir", state_.string()},
                      {"processing.guarantee", "exactly_once_v2"},
                      {"commit.interval.ms", "20"},
                      {"statestore.cache.max.bytes", "0"}};
    if (std::getenv("STREAMS_TEST_LOG") == nullptr) out.set_logger(nullptr);
    return out;
  }
  void produce(const std::string& word, std::int32_t partition, Timestamp timestamp) {
    ASSERT_TRUE(
        cluster_.produce("in", {.key = "k", .value = word, .timestamp = timestamp, .partition = partition}).ok());
  }
  void produce_words() {
    produce("apple", 0, 1000);
    produce("avocado", 0, 2000);
    produce("banana", 0, 3000);
    produce("apricot", 1, 1500);
  }
  Strings outputs() {
    Strings out;
    for (const StoredRecord& r : cluster_.read("out").value()) {
      out.push_back(*r.key + std::to_string(static_cast<int>(r.value->back())));
    }
    return out;
  }
  void wait_for_outputs(std::size_t in_all) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (outputs().size() < in_all && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_EQ(outputs().size(), in_all);
  }
  /// Runs the application until there are so many outputs in all.
  void run_until(std::size_t outputs_in_all, bool clean = false) {
    KafkaStreams app(letters(), config(), cluster_);
    if (clean) app.clean_up();
    app.start();
    wait_for_outputs(outputs_in_all);
    EXPECT_TRUE(app.close(std::chrono::seconds(30)));
  }
  ResetReport reset(const ResetOptions& options) { return reset_application(cluster_.clients(), "app", options); }
  /// Where reading would go on.
  std::vector<std::int64_t> after(const ResetPosition& position) {
    std::vector<std::int64_t> out;
    for (const auto& one : reset({.input_topics = {"in"}, .position = position, .dry_run = true}).offsets) {
      out.push_back(one.after);
    }
    return out;
  }
  Strings topics() {
    Strings out;
    for (const auto& [name, partitions] : cluster_.topics()) out.push_back(name);
    return out;
  }

  EmbeddedCluster cluster_;
  const std::filesystem::path state_ =
      std::filesystem::temp_directory_path() / ("application_reset_test_" + std::to_string(::getpid()));
};

const Strings kAllTopics = {"app-by-letter-repartition", "app-counts-changelog", "in", "out"};

TEST_F(ApplicationResetTest, TheSecondRunGivesTheSameAgain) {
  produce_words();
  run_until(4);
  const Strings first = outputs();
  const ResetReport report = reset({.input_topics = {"in"}});
  EXPECT_THAT(report.offsets, ElementsAre(ResetReport::Offset{{"in", 0}, 3, 0}, ResetReport::Offset{{"in", 1}, 1, 0}));
  EXPECT_THAT(report.deleted_topics, ElementsAre("app-by-letter-repartition", "app-counts-changelog"));
  EXPECT_THAT(topics(), ElementsAre("in", "out"));
  run_until(8, true);
  Strings second = outputs();
  second.erase(second.begin(), second.begin() + 4);
  std::sort(second.begin(), second.end());
  Strings sorted = first;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(second, sorted);
}

TEST_F(ApplicationResetTest, ADryRunChangesNothing) {
  produce_words();
  run_until(4);
  const ResetReport would = reset({.input_topics = {"in"}, .dry_run = true});
  EXPECT_EQ(would.offsets.size(), 2u);
  EXPECT_EQ(would.deleted_topics.size(), 2u);
  EXPECT_EQ(topics(), kAllTopics);
  EXPECT_EQ(reset({.input_topics = {"in"}, .dry_run = true}).offsets, would.offsets);
  produce("berry", 1, 4000);
  run_until(5);
  EXPECT_EQ(outputs().back(), "b2") << "it goes on where it was";
}

TEST_F(ApplicationResetTest, GoesToEveryKindOfPosition) {
  produce_words();
  run_until(4);
  EXPECT_THAT(after(ResetPosition::earliest()), ElementsAre(0, 0));
  EXPECT_THAT(after(ResetPosition::latest()), ElementsAre(3, 1));
  EXPECT_THAT(after(ResetPosition::at_offset(2)), ElementsAre(2, 1)) << "the second partition has no offset 2";
  EXPECT_THAT(after(ResetPosition::at_offset(-1)), ElementsAre(0, 0));
  EXPECT_THAT(after(ResetPosition::shifted_by(-2)), ElementsAre(1, 0));
  EXPECT_THAT(after(ResetPosition::shifted_by(5)), ElementsAre(3, 1));
  EXPECT_THAT(after(ResetPosition::shifted_by(std::numeric_limits<std::int64_t>::min())), ElementsAre(0, 0));
  EXPECT_THAT(after(ResetPosition::at_time(1500)), ElementsAre(1, 0));
  EXPECT_THAT(after(ResetPosition::at_time(1501)), ElementsAre(1, 1));
  EXPECT_THAT(after(ResetPosition::at_offsets({{{"in", 0}, 1}, {{"in", 1}, 7}})), ElementsAre(1, 1));
}

TEST_F(ApplicationResetTest, DeletesOnlyTheInternalTopicsThatAreNamed) {
  produce_words();
  run_until(4);
  const ResetReport report = reset({.internal_topics = Strings{"app-counts-changelog"}});
  EXPECT_THAT(report.offsets, IsEmpty());
  EXPECT_THAT(report.deleted_topics, ElementsAre("app-counts-changelog"));
  EXPECT_THAT(topics(), ElementsAre("app-by-letter-repartition", "in", "out"));
}

TEST_F(ApplicationResetTest, WhatMakesNoSenseIsRefusedBeforeAnythingIsChanged) {
  produce_words();
  run_until(4);
  const auto refused = [&](const ResetOptions& options, const std::string& why) {
    EXPECT_THAT([&] { reset(options); }, ThrowsMessage<InvalidArgument>(HasSubstr(why)));
  };
  refused({.input_topics = {"in", "inn"}}, "Input topics inn do not exist. Nothing was changed");
  refused({.input_topics = {"in"}, .internal_topics = Strings{"out"}},
          "Topic out is no internal topic of application app");
  refused({.input_topics = {"in"}, .position = ResetPosition::at_offsets({{{"in", 0}, 1}})},
          "No offset is given for in-1");
  refused(
      {.input_topics = {"in"}, .position = ResetPosition::at_offsets({{{"in", 0}, 1}, {{"in", 1}, 1}, {{"in", 2}, 1}})},
      "An offset is given for in-2, which is no partition of an input topic");
  refused({.input_topics = {"out"}, .position = ResetPosition::shifted_by(-1)}, "Nothing is committed for out-0");
  EXPECT_EQ(topics(), kAllTopics);
  EXPECT_THAT(after(ResetPosition::shifted_by(0)), ElementsAre(3, 1)) << "offsets are what they were";
}

TEST_F(ApplicationResetTest, ARunningApplicationIsLeftAlone) {
  produce_words();
  KafkaStreams app(letters(), config(), cluster_);
  app.start();
  wait_for_outputs(4);
  EXPECT_THAT([&] { reset({.input_topics = {"in"}}); },
              ThrowsMessage<StreamsError>(AllOf(HasSubstr("Application app is running"), HasSubstr("app-"),
                                                HasSubstr("Close all instances first"))));
  EXPECT_EQ(topics(), kAllTopics);
  EXPECT_TRUE(app.close(std::chrono::seconds(30)));
  EXPECT_EQ(reset({.input_topics = {"in"}}).offsets.size(), 2u);
}

TEST(InternalTopic, IsKnownByItsName) {
  for (const char* topic :
       {"app-counts-changelog", "app-KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition",
        "app-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000006-topic", "app-join-subscription-registration-topic",
        "app-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000014-topic", "app-join-subscription-response-topic"}) {
    EXPECT_TRUE(is_internal_topic(topic, "app")) << topic;
  }
  for (const char* topic :
       {"app", "app-", "app-out", "app-changelog-x", "apps-counts-changelog", "counts-changelog", "app-topic",
        "app-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION--topic", "app-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-1x-topic"}) {
    EXPECT_FALSE(is_internal_topic(topic, "app")) << topic;
  }
}

}  // namespace
}  // namespace streams
