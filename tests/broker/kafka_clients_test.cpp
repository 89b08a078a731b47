// Clients of a cluster that is not there, and settings that cannot be: what needs no broker to be tested.
#include <streams/kafka_clients.hpp>
#include "broker/test_broker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <streams/errors.hpp>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace streams::client {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr int kTimeoutMs = 150;
constexpr std::chrono::seconds kSoon{5};  // a call may take its timeout and a little more

class NoCluster : public ::testing::Test {
 protected:
  void SetUp() override {
    if (streams::testing::no_librdkafka() != nullptr) GTEST_SKIP() << streams::testing::no_librdkafka();
    clients_ = make_kafka_clients({{"bootstrap.servers", "127.0.0.1:1"}}, nullptr);
  }

  class Ignore : public RebalanceListener {
    void on_assigned(std::span<const TopicPartition>) override {}
    void on_revoked(std::span<const TopicPartition>) override {}
    void on_lost(std::span<const TopicPartition>) override {}
  };

  /// The status of a call that must come back soon.
  static Status soon(const std::function<Status()>& call) {
    const auto begun = std::chrono::steady_clock::now();
    const Status status = call();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, kSoon);
    return status;
  }
  static void expect_out_of_reach(const std::function<Status()>& call) {
    const Status status = soon(call);
    EXPECT_THAT(status.code(), AnyOf(StatusCode::kTimedOut, StatusCode::kUnavailable)) << status.message();
    EXPECT_NE(status.message(), "");
  }

  Ignore listener_;
  std::unique_ptr<ClientFactory> clients_;  // nobody listens on port 1 of this machine
};

TEST_F(NoCluster, AdminCallsEndInTime) {
  const auto admin = clients_->admin({});
  expect_out_of_reach([&] { return admin->topics({"t"}, kTimeoutMs).status(); });
  expect_out_of_reach([&] { return admin->create_topics({{"t", 1, -1, {}}}, kTimeoutMs).status(); });
  expect_out_of_reach([&] { return admin->delete_topics({"t"}, kTimeoutMs); });
  expect_out_of_reach([&] { return admin->delete_records({{{"t", 0}, 1, ""}}, kTimeoutMs); });
  expect_out_of_reach([&] { return admin->offsets({{"t", 0}}, kTimeoutMs).status(); });
  expect_out_of_reach([&] { return admin->topic_configs("t", kTimeoutMs).status(); });
  expect_out_of_reach([&] { return admin->describe_group("g", kTimeoutMs).status(); });
  expect_out_of_reach([&] { return admin->delete_group("g", kTimeoutMs); });
}

TEST_F(NoCluster, ProducerCallsEndInTime) {
  const auto producer = clients_->producer({{"transactional.id", "id"}});
  expect_out_of_reach([&] { return producer->partitions("t", kTimeoutMs).status(); });
  expect_out_of_reach([&] { return producer->init_transactions(kTimeoutMs); });
}

TEST_F(NoCluster, RecordsThatCannotBeSentFailInTime) {
  const auto producer = clients_->producer({{"message.timeout.ms", "300"}});
  ASSERT_TRUE(producer->send({"t", 0, "k", "v", 1, nullptr}).ok());
  soon([&] { return producer->flush(3000); }).ignore("what counts are the errors");
  const auto errors = producer->take_errors();
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].status.code(), StatusCode::kTimedOut) << errors[0].status.message();
  EXPECT_EQ(errors[0].value, "v");
}

TEST_F(NoCluster, ConsumersSayThatNoBrokerAnswersAndCloseSoon) {
  const auto consumer = clients_->consumer({{"group.id", "g"}});
  ASSERT_TRUE(consumer->subscribe({"t"}, listener_).ok());
  std::vector<ConsumerError> errors;
  const auto deadline = std::chrono::steady_clock::now() + kSoon;
  while (errors.empty() && std::chrono::steady_clock::now() < deadline) consumer->poll(50, errors);
  ASSERT_FALSE(errors.empty());
  EXPECT_EQ(errors[0].status.code(), StatusCode::kUnavailable) << errors[0].status.message();
  EXPECT_EQ(errors[0].partition.topic, "");
  EXPECT_THAT(errors[0].status.message(), HasSubstr("bootstrap.servers"));
  expect_out_of_reach([&] { return consumer->committed({{"t", 0}}, kTimeoutMs).status(); });
  EXPECT_EQ(soon([&] { return consumer->commit({{{"t", 0}, 1, ""}}); }).code(), StatusCode::kRebalanceInProgress);
  soon([&] {
    consumer->close();
    return Status();
  }).ignore("it has none");
}

TEST_F(NoCluster, UnresolvableNamesAreReported) {
  const auto clients = make_kafka_clients({{"bootstrap.servers", "no.such.host.invalid:9092"}}, nullptr);
  const auto consumer = clients->consumer({});
  std::vector<ConsumerError> errors;
  const auto deadline = std::chrono::steady_clock::now() + 4 * kSoon;
  while (errors.empty() && std::chrono::steady_clock::now() < deadline) consumer->poll(50, errors);
  ASSERT_FALSE(errors.empty());
  EXPECT_EQ(errors[0].status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(errors[0].status.message(), HasSubstr("no.such.host.invalid"));
}

/// What making a client throws.
std::string config_error(const std::function<void()>& make) {
  try {
    make();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST_F(NoCluster, UnknownSettingsAreNamed) {
  const Settings unknown{{"no.such.setting", "1"}};
  EXPECT_THAT(config_error([&] { clients_->consumer(unknown); }), HasSubstr("no.such.setting"));
  EXPECT_THAT(config_error([&] { clients_->producer(unknown); }), HasSubstr("no.such.setting"));
  EXPECT_THAT(config_error([&] { clients_->admin(unknown); }), HasSubstr("no.such.setting"));
  EXPECT_THAT(config_error([&] {
                clients_->producer({{"linger.ms", "soon"}});
              }),
              AllOf(HasSubstr("linger.ms"), HasSubstr("soon")));
  EXPECT_THAT(config_error([&] {
                clients_->consumer({{"session.timeout.ms", "9000"}, {"max.poll.interval.ms", "1000"}});
              }),
              HasSubstr("max.poll.interval.ms"));
}

TEST_F(NoCluster, SecretsAreNotTold) {
  const Settings secrets[] = {
      {{"ssl.key.pem", "s3cret"}, {"security.protocol", "ssl"}},
      {{"ssl.keystore.location", "/nowhere.p12"}, {"ssl.keystore.password", "s3cret"}, {"security.protocol", "ssl"}}};
  for (const Settings& settings : secrets) {
    const std::string error = config_error([&] { clients_->admin(settings); });
    EXPECT_THAT(error, AllOf(::testing::Not(HasSubstr("s3cret")), ::testing::Ne("nothing was thrown")));
  }
}

TEST_F(NoCluster, SettingsThatTheLibraryNeedsCannotBeChanged) {
  EXPECT_THAT(config_error([&] {
                clients_->consumer({{"enable.auto.commit", "true"}});
              }),
              HasSubstr("enable.auto.commit=true"));
  EXPECT_THAT(config_error([&] {
                clients_->consumer({{"partition.assignment.strategy", "range"}});
              }),
              HasSubstr("partition.assignment.strategy=range"));
  EXPECT_EQ(config_error([&] { clients_->consumer({{"enable.auto.commit", "false"}}); }), "nothing was thrown");
}

TEST_F(NoCluster, ABaseForAllKindsOfClientsIsFine) {
  std::mutex mutex;
  std::vector<std::string> lines;
  class Lines : public Logger {
   public:
    Lines(std::mutex& guard, std::vector<std::string>& to) : Logger(LogLevel::kInfo), mutex_(guard), lines_(to) {}
    void write(LogLevel, std::string_view line) override {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    }

   private:
    std::mutex& mutex_;
    std::vector<std::string>& lines_;
  };
  const auto clients = make_kafka_clients({{"bootstrap.servers", "127.0.0.1:1"},
                                           {"group.id", "g"},
                                           {"isolation.level", "read_committed"},
                                           {"linger.ms", "100"},
                                           {"compression.type", "lz4"}},
                                          std::make_shared<Lines>(mutex, lines));
  {
    const auto consumer = clients->consumer({});
    const auto producer = clients->producer({});
    const auto admin = clients->admin({});
  }
  const std::lock_guard lock(mutex);
  for (const std::string& line : lines) EXPECT_THAT(line, ::testing::Not(HasSubstr("CONFWARN")));
}

/// librdkafka 2.0.2 would end the process when the broker comes back: see KafkaAdmin::ask_for_group.
TEST(AdminOfABrokerThatRestarts, DescribesGroupsAfterARequestThatTimedOutMeanwhile) {
  if (const std::string why = streams::testing::no_own_broker(); !why.empty()) {
    if (streams::testing::test_broker().required) FAIL() << why;
    GTEST_SKIP() << why;
  }
  const auto folder = std::filesystem::temp_directory_path() / ("admin-" + std::to_string(::getpid()));
  streams::testing::OwnBroker broker(folder.string());
  const std::string address = broker.start();
  ASSERT_NE(address, "");
  const auto admin = make_kafka_clients({{"bootstrap.servers", address}}, nullptr)->admin({});
  EXPECT_EQ(admin->describe_group("nobody", 10'000).status().code(), StatusCode::kNotFound);
  broker.kill();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(admin->describe_group("nobody", 300).status().code(),
                AnyOf(StatusCode::kTimedOut, StatusCode::kUnavailable));
  }
  ASSERT_EQ(broker.start(), address);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(admin->describe_group("nobody", 30'000).status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace streams::client
