// The email service on a real cluster: the same result as the model's, whatever happens to its processes.
#include "broker/email_app.hpp"
#include "broker/kafka_app.hpp"

#include <examples/orders/generator.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/partitioner.hpp>

#include <gmock/gmock.h>

#include <random>
#include <thread>

namespace streams::testing {
namespace {

constexpr std::int32_t kPartitions = 4;
constexpr int kTimeoutMs = 30000;

class EmailBrokerTest : public KafkaAppTest {
 protected:
  void SetUp() override {
    KafkaAppTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    for (const char* topic : {"orders", "payments", "mails", "platinum", "gold", "silver", "bronze"}) {
      create(name(topic), kPartitions);
    }
    create(name("customers"), 1, {{"cleanup.policy", "compact"}});
    producer_ = clients_->producer({{"enable.idempotence", "true"}});
    send(generator_.customers());
  }

  std::map<std::string, std::string> settings_of(const std::string& directory, const std::string& guarantee) const {
    auto out = settings(directory);
    out["processing.guarantee"] = guarantee;
    out["app.prefix"] = name("");
    return out;
  }
  std::unique_ptr<Worker> worker(const std::string& directory) const {
    return std::make_unique<Worker>(STREAMS_EMAIL_WORKER, settings_of(directory, "exactly_once_v2"));
  }

  void send(const std::vector<feed::Record>& records) {
    for (const feed::Record& record : records) {
      const std::int32_t partitions = record.topic == "customers" ? 1 : kPartitions;
      const std::string topic = name(record.topic);
      ASSERT_TRUE(producer_
                      ->send({topic, partition_for_key(*record.key, partitions), BytesView(*record.key),
                              BytesView(*record.value), record.timestamp})
                      .ok());
    }
  }
  void feed(int order_count) {
    for (int i = 0; i < order_count; ++i) send(generator_.next());
    ASSERT_TRUE(producer_->flush(kTimeoutMs).ok());
    ASSERT_TRUE(producer_->take_errors().empty());
  }

  /// Order ids in a topic, sorted, with repetitions.
  std::vector<std::string> ids(const std::string& topic) {
    std::vector<std::string> out;
    for (const ReadRecord& record : read(name(topic))) out.push_back(*record.key);
    std::sort(out.begin(), out.end());
    return out;
  }
  std::vector<std::string> expected_ids(const std::string& level) const {
    std::vector<std::string> out;
    for (const auto& [id, of] : generator_.expected().level_of) {
      if (of == level) out.push_back(id);
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  bool finished() {
    std::size_t enriched = 0;
    for (const std::string& level : orders::kLevels) enriched += ids(level).size();
    return enriched >= generator_.expected().level_of.size() &&
           ids("mails").size() >= generator_.expected().mailed.size();
  }
  void expect_the_models_output() {
    for (const std::string& level : orders::kLevels) EXPECT_EQ(ids(level), expected_ids(level)) << level;
    std::vector<std::string> mailed = generator_.expected().mailed;
    std::sort(mailed.begin(), mailed.end());
    EXPECT_EQ(ids("mails"), mailed);
  }

  orders::Generator generator_{7, 1'700'000'000'000};
  std::unique_ptr<client::Producer> producer_;
};

class EmailGuarantee : public EmailBrokerTest, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Guarantees, EmailGuarantee, ::testing::Values("at_least_once", "exactly_once_v2"));

TEST_P(EmailGuarantee, GivesTheModelsResult) {
  feed(500);
  StreamsConfig config(settings_of("one", GetParam()));
  config.set_logger(nullptr).set("num.stream.threads", 2);
  KafkaStreams app(email_app(name("")), config);
  app.start();
  EXPECT_TRUE(wait_until([&] { return finished(); }));
  EXPECT_TRUE(app.close(std::chrono::seconds(30)));
  EXPECT_EQ(app.last_error(), "");
  expect_the_models_output();
}

TEST_F(EmailBrokerTest, WritesEachResultOnceOverTwentyKills) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    feed(100);
    const auto victim = worker("one");
    // Anywhere from before it joined the group to after its work is done.
    std::this_thread::sleep_for(std::chrono::milliseconds(200 + random() % 1800));
    victim->kill();
  }
  const auto last = worker("one");
  EXPECT_TRUE(wait_until([&] { return finished(); }, std::chrono::seconds(120)));
  EXPECT_EQ(last->stop(), 0);
  expect_the_models_output();
}

TEST_F(EmailBrokerTest, AnotherProcessTakesOverThePartitionsOfOneThatStops) {
  const auto stays = worker("one");
  auto leaves = worker("two");
  feed(500);
  const auto group_has = [&](std::size_t members) {
    const auto group = admin_->describe_group(name("app"), kTimeoutMs);
    if (!group.ok() || group.value().state != "Stable" || group.value().members.size() != members) return false;
    return std::all_of(group.value().members.begin(), group.value().members.end(),
                       [](const client::GroupMember& member) { return !member.assignment.empty(); });
  };
  EXPECT_TRUE(wait_until([&] { return group_has(2); })) << "both processes have partitions";
  feed(500);
  EXPECT_EQ(leaves->stop(), 0);
  EXPECT_TRUE(wait_until([&] { return group_has(1); })) << "the other one has all of them";
  feed(500);
  EXPECT_TRUE(wait_until([&] { return finished(); }, std::chrono::seconds(120)));
  EXPECT_EQ(stays->stop(), 0);
  expect_the_models_output();
}

}  // namespace
}  // namespace streams::testing
