// Topics, records and child processes for tests on a real cluster.
#include "broker/kafka_app.hpp"

#include <runtime/state_directory.hpp>
#include <streams/kafka_clients.hpp>
#include <streams/partitioner.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace streams::testing {

namespace {
constexpr int kTimeoutMs = 30000;
}

Worker::Worker(std::vector<std::string> command, const std::map<std::string, std::string>& settings) {
  for (const auto& [key, value] : settings) command.push_back(key + "=" + value);
  std::vector<char*> raw;
  for (std::string& argument : command) raw.push_back(argument.data());
  raw.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    execvp(raw.front(), raw.data());
    _exit(127);
  }
}

Worker::~Worker() {
  if (pid_ > 0) kill();
}

void Worker::send(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

bool Worker::alive() { return pid_ > 0 && !reap(WNOHANG); }

/// True if it has ended.
bool Worker::reap(int options) {
  int status = 0;
  if (waitpid(pid_, &status, options) != pid_) return false;
  pid_ = -1;
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

int Worker::stop() {
  send(SIGTERM);
  if (pid_ > 0) reap(0);
  return ended_;
}

void Worker::kill() {
  send(SIGKILL);
  if (pid_ > 0) reap(0);
}

KafkaAppTest::KafkaAppTest()
    : prefix_("t" + runtime::random_uuid().substr(0, 8) + "-"),
      base_(std::filesystem::temp_directory_path() / ("kafka_app_test_" + prefix_)) {}

KafkaAppTest::~KafkaAppTest() {
  std::filesystem::remove_all(base_);
  if (!admin_) return;
  const auto all = admin_->topics({}, kTimeoutMs);
  std::vector<std::string> mine;
  for (const auto& [topic, partitions] : all.ok() ? all.value() : std::map<std::string, std::int32_t>()) {
    if (topic.starts_with(prefix_)) mine.push_back(topic);
  }
  if (!mine.empty()) admin_->delete_topics(mine, kTimeoutMs).ignore("the broker is a test's own");
}

void KafkaAppTest::SetUp() {
  const TestBroker& broker = test_broker();
  if (broker.bootstrap.empty()) {
    if (broker.required) FAIL() << broker.why_not;
    GTEST_SKIP() << broker.why_not;
  }
  use(broker.bootstrap);
}

void KafkaAppTest::use(const std::string& bootstrap, client::Settings settings) {
  bootstrap_ = bootstrap;
  settings.emplace("bootstrap.servers", bootstrap_);
  clients_ = client::make_kafka_clients(std::move(settings), nullptr);
  admin_ = clients_->admin({});
  std::filesystem::create_directories(base_);
}

std::map<std::string, std::string> KafkaAppTest::settings(const std::string& directory_name) const {
  return {{"application.id", name("app")},
          {"bootstrap.servers", bootstrap_},
          {"state.dir", directory(directory_name)},
          {"statestore.cache.max.bytes", "0"},
          {"commit.interval.ms", "100"},
          {"consumer.session.timeout.ms", "6000"},
          {"consumer.heartbeat.interval.ms", "500"}};
}

void KafkaAppTest::create(const std::string& topic, std::int32_t partitions,
                          const std::map<std::string, std::string>& configs) {
  const auto created = admin_->create_topics({{topic, partitions, 1, configs}}, kTimeoutMs);
  ASSERT_TRUE(created.ok()) << created.status().message();
  ASSERT_TRUE(created.value()[0].ok()) << created.value()[0].message();
}

void KafkaAppTest::produce(const std::string& topic, const std::vector<std::pair<std::string, std::string>>& records) {
  const auto producer = clients_->producer({{"enable.idempotence", "true"}});
  const auto partitions = producer->partitions(topic, kTimeoutMs);
  ASSERT_TRUE(partitions.ok()) << partitions.status().message();
  Timestamp timestamp = 0;
  for (const auto& [key, value] : records) {
    const client::ProducerRecord record{topic, partition_for_key(key, partitions.value()), BytesView(key),
                                        BytesView(value), ++timestamp};
    ASSERT_TRUE(producer->send(record).ok());
  }
  ASSERT_TRUE(producer->flush(kTimeoutMs).ok());
  ASSERT_TRUE(producer->take_errors().empty());
}

std::vector<ReadRecord> KafkaAppTest::read(const std::string& topic) {
  std::vector<ReadRecord> out;
  const auto counts = admin_->topics({topic}, kTimeoutMs);
  if (!counts.ok() || counts.value().empty()) return out;
  std::vector<client::PartitionStart> starts;
  for (std::int32_t p = 0; p < counts.value().at(topic); ++p) starts.push_back({{topic, p}, 0});
  for (client::PartitionStart& start : starts) start.offset = client::PartitionStart::kEarliest;
  const auto consumer = clients_->consumer({{"isolation.level", "read_committed"}, {"group.id", name("reader")}});
  EXPECT_TRUE(consumer->assign(starts).ok());
  std::vector<client::ConsumerError> errors;
  for (const client::PartitionStart& start : starts) {
    while (true) {
      while (const auto batch = consumer->fetch(start.partition, 1000)) {
        for (const client::ConsumerRecord& r : batch->records()) {
          ReadRecord record{start.partition.partition, r.offset, r.timestamp, {}, {}};
          if (r.key) record.key = Bytes(*r.key);
          if (r.value) record.value = Bytes(*r.value);
          out.push_back(std::move(record));
        }
      }
      if (consumer->at_end(start.partition)) break;
      consumer->poll(100, errors);
    }
  }
  return out;
}

bool KafkaAppTest::wait_until(const std::function<bool()>& done, std::chrono::seconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return true;
}

}  // namespace streams::testing
