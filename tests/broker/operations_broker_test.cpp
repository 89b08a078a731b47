// The tools of examples/operations on a real cluster: there and back, and once each.
#include "broker/kafka_app.hpp"

#include <examples/operations/archive.hpp>
#include <examples/operations/dead_letter_replay.hpp>
#include <examples/operations/table_feeder.hpp>
#include <examples/operations/topic_io.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace streams::testing {
namespace {

using namespace operations;
using ::testing::ThrowsMessage;

class OperationsBrokerTest : public KafkaAppTest {};

/// The records of an archive; the lines of topics differ in the settings that each cluster has.
std::vector<std::string> record_lines(const std::stringstream& archive) {
  std::vector<std::string> out;
  std::istringstream in(archive.str());
  for (std::string line; std::getline(in, line);) {
    if (line.find(R"("configs")") == std::string::npos) out.push_back(line);
  }
  return out;
}

TEST_F(OperationsBrokerTest, TopicsOfTheClusterInTheProcessMoveToThisOne) {
  EmbeddedCluster cluster;
  const std::string topic = name("orders");
  ASSERT_TRUE(cluster.create_topic(topic, 3).ok());
  const Bytes any("\0\xff\n\"", 4);
  for (int i = 0; i < 3000; ++i) {
    RecordToStore record{.key = "k" + std::to_string(i % 100), .value = std::to_string(i), .timestamp = 1000 + i};
    if (i % 10 == 0) record.value.reset();
    if (i % 7 == 0) record.headers = {{"h", any}, {"h", std::nullopt}};
    if (i % 11 == 0) record.key.reset();
    ASSERT_TRUE(cluster.produce(topic, record).status().ok());
  }
  std::stringstream there, back;
  const Archived written = archive(cluster.clients(), {.topics = {topic}}, there);
  EXPECT_EQ(restore(*clients_, there), written);
  EXPECT_EQ(archive(*clients_, {.topics = {topic}}, back), written);
  EXPECT_EQ(record_lines(back), record_lines(there));
  EXPECT_EQ(fold(*clients_, topic), fold(cluster.clients(), topic));
  EXPECT_TRUE(admin_->delete_topics({topic}, kPatienceMs).ok());
}

TEST_F(OperationsBrokerTest, DeadLettersGoBackOnceThoughTheReplayFallsOver) {
  create(name("numbers"), 2);
  create(name("numbers-dlq"), 2);
  Writer letters(*clients_);
  for (int i = 0; i < 10; ++i) {
    letters.write(name("numbers-dlq"), {.partition = -1,
                                        .timestamp = 1'700'000'000'000 + i,
                                        .key = "k" + std::to_string(i),
                                        .value = "~" + std::to_string(i),
                                        .headers = {{"__streams.errors.topic", name("numbers")},
                                                    {"__streams.errors.partition", std::to_string(i % 2)}}});
  }
  letters.finish();
  ReplayOptions options{.dead_letters = name("numbers-dlq"), .group = name("replay")};
  int seen = 0;
  options.repair = [&seen](StoredRecord record) {
    if (++seen == 6) throw std::runtime_error("power cut");
    record.value->erase(0, 1);
    return std::optional(std::move(record));
  };
  EXPECT_THAT([&] { replay_dead_letters(*clients_, options); }, ThrowsMessage<std::runtime_error>("power cut"));
  while (replay_dead_letters(*clients_, options) != Replayed()) {
  }
  std::vector<std::string> came;
  for (const ReadRecord& record : read(name("numbers"))) {
    came.push_back(std::to_string(record.partition) + " " + *record.key + " " + *record.value);
  }
  std::ranges::sort(came);
  std::vector<std::string> once;
  for (int i = 0; i < 10; ++i) {
    once.push_back(std::to_string(i % 2) + " k" + std::to_string(i) + " " + std::to_string(i));
  }
  std::ranges::sort(once);
  EXPECT_EQ(came, once);
}

TEST_F(OperationsBrokerTest, ATableIsFedByItsChanges) {
  create(name("catalogue"), 2, {{"cleanup.policy", "compact"}});
  const auto feed = [&](const std::string& rows) {
    return feed_table(*clients_, "id,name\n" + rows, name("catalogue"));
  };
  EXPECT_EQ(feed("1,KETTLE\n2,LANTERN\n"), (Fed{2, 0}));
  EXPECT_EQ(feed("1,KETTLES\n3,COMPASS\n"), (Fed{2, 1}));
  EXPECT_EQ(feed("1,KETTLES\n3,COMPASS\n"), Fed());
  EXPECT_EQ(fold(*clients_, name("catalogue")), (Rows{{"1", "1,KETTLES"}, {"3", "3,COMPASS"}}));
}

}  // namespace
}  // namespace streams::testing
