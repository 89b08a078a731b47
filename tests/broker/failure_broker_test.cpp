// Faults that a real cluster can be made to produce: a transaction that outlives its time, a thread that does not poll
// in time, a second producer with the same transactional.id. The application goes on, and loses nothing.
#include "broker/broker_topologies.hpp"
#include "broker/kafka_app.hpp"

#include <streams/kafka_streams.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <semaphore>

namespace streams::testing {
namespace {

using Counts = std::vector<int>;
using State = KafkaStreams::State;

constexpr int kTimeoutMs = 30000;
/// The broker looks every ten seconds whether a transaction is too old.
constexpr std::chrono::seconds kPatience{60};

/// Where a processor stops at the first record with value "wait", until the test lets it go on.
struct Barrier {
  std::atomic<bool> reached = false;
  std::binary_semaphore go{0};

  void stop() {
    if (!reached.exchange(true)) go.acquire();
  }
};

class Waiter final : public Processor<std::string, std::string> {
 public:
  explicit Waiter(std::shared_ptr<Barrier> barrier) : barrier_(std::move(barrier)) {}
  void process(Record<std::string, std::string>&& record) override {
    if (record.value == "wait") barrier_->stop();
    context().forward(std::move(record));
  }

 private:
  std::shared_ptr<Barrier> barrier_;
};

class FailureBrokerTest : public KafkaAppTest {
 protected:
  void SetUp() override {
    KafkaAppTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    create(name("in"), 1);
    create(name("out"), 1);
  }

  StreamsConfig config(const std::string& directory, const std::string& guarantee = "exactly_once_v2") const {
    StreamsConfig out(settings(directory));
    out.set("processing.guarantee", guarantee);
    if (std::getenv("STREAMS_TEST_LOG") == nullptr) out.set_logger(nullptr);
    return out;
  }
  Topology topology() const {
    Topology topology;
    topology.add_source<std::string, std::string>("source", {name("in")});
    topology.add_processor("wait", [barrier = barrier_] { return std::make_unique<Waiter>(barrier); }, {"source"});
    topology.add_processor("count", [] { return std::make_unique<Counter>(); }, {"wait"});
    topology.add_sink<std::string, std::string>("sink", name("out"), {"count"});
    topology.add_state_store(key_value_store<std::string, std::string>("counts"), {"count"});
    return topology;
  }
  /// The counts of the only key, as committed.
  Counts counts() {
    Counts out;
    for (const ReadRecord& r : read(name("out"))) out.push_back(std::stoi(*r.value));
    return out;
  }
  bool shows(std::size_t count) {
    return wait_until([&] { return counts().size() >= count; }, kPatience);
  }
  /// The next offset of the output topic, of whatever is there.
  std::int64_t end_of_output() {
    const client::TopicPartition out{name("out"), 0};
    const auto ranges = admin_->offsets({out}, kTimeoutMs);
    return ranges.ok() ? ranges.value().at(out).latest : -1;
  }
  bool output_reaches(std::int64_t offset) {
    return wait_until([&] { return end_of_output() >= offset; }, kPatience);
  }

  const std::shared_ptr<Barrier> barrier_ = std::make_shared<Barrier>();
};

TEST_F(FailureBrokerTest, ATransactionThatOutlivesItsTimeIsDoneAgain) {
  StreamsConfig impatient = config("state");
  impatient.set("producer.transaction.timeout.ms", 2000);
  KafkaStreams app(topology(), impatient);
  app.start();
  produce(name("in"), {{"a", "x"}});
  ASSERT_TRUE(shows(1));
  const std::int64_t before = end_of_output();
  produce(name("in"), {{"a", "x"}, {"a", "wait"}});
  ASSERT_TRUE(wait_until([&] { return barrier_->reached.load(); }));
  const bool aborted = output_reaches(before + 2);  // the count, and the mark that ends its transaction
  barrier_->go.release();
  ASSERT_TRUE(aborted);
  EXPECT_TRUE(shows(3));
  produce(name("in"), {{"a", "x"}});
  EXPECT_TRUE(shows(4));
  EXPECT_EQ(counts(), (Counts{1, 2, 3, 4}));
  EXPECT_TRUE(app.close(std::chrono::seconds(30)));
  EXPECT_EQ(app.last_error(), "");
}

TEST_F(FailureBrokerTest, AProducerThatIsFencedByAnotherIsReplaced) {
  KafkaStreams app(topology(), config("state"));
  app.start();
  produce(name("in"), {{"a", "x"}});
  ASSERT_TRUE(shows(1));
  std::ifstream file(directory("state") + "/" + name("app") + "/kafka-streams-process-metadata");
  const std::string metadata{std::istreambuf_iterator<char>(file), {}};
  const std::string uuid = metadata.substr(metadata.find("processId") + 12, 36);
  const std::int64_t before = end_of_output();
  produce(name("in"), {{"a", "x"}, {"a", "wait"}});
  ASSERT_TRUE(wait_until([&] { return barrier_->reached.load(); }));
  const bool sent = output_reaches(before + 1);
  const auto other = clients_->producer({{"transactional.id", name("app") + "-" + uuid + "-1"}});
  const Status taken = other->init_transactions(kTimeoutMs);
  const bool aborted = output_reaches(before + 2);
  barrier_->go.release();
  ASSERT_TRUE(sent);
  ASSERT_TRUE(taken.ok()) << taken.message();
  ASSERT_TRUE(aborted) << "was it the same transactional.id?";
  EXPECT_TRUE(shows(3));
  EXPECT_EQ(counts(), (Counts{1, 2, 3}));
  EXPECT_TRUE(app.close(std::chrono::seconds(30)));
  EXPECT_EQ(app.last_error(), "");
}

class Guaranteed : public FailureBrokerTest, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Guarantees, Guaranteed, ::testing::Values("at_least_once", "exactly_once_v2"));

TEST_P(Guaranteed, AThreadThatProcessesForTooLongLosesItsTaskAndComesBack) {
  const std::string guarantee = GetParam();
  const auto impatient = [&](const char* directory) {
    StreamsConfig out = config(directory, guarantee);
    out.set("consumer.max.poll.interval.ms", 6000);
    return out;
  };
  KafkaStreams sleeper(topology(), impatient("sleeper"));
  sleeper.start();
  produce(name("in"), {{"a", "x"}});
  ASSERT_TRUE(shows(1));
  produce(name("in"), {{"a", "x"}, {"a", "wait"}});
  ASSERT_TRUE(wait_until([&] { return barrier_->reached.load(); }));
  KafkaStreams heir(topology(), impatient("heir"));
  heir.start();
  const bool taken_over = shows(3);
  barrier_->go.release();
  ASSERT_TRUE(taken_over);
  const auto tasks = [](const KafkaStreams& app) {
    std::size_t count = 0;
    for (const ThreadMetadata& thread : app.metadata_for_local_threads()) count += thread.active_tasks.size();
    return count;
  };
  EXPECT_TRUE(wait_until([&] { return sleeper.state() == State::kRunning && heir.state() == State::kRunning; }));
  EXPECT_TRUE(wait_until([&] { return tasks(sleeper) + tasks(heir) == 1; }));
  produce(name("in"), {{"a", "x"}});
  EXPECT_TRUE(shows(4));
  EXPECT_TRUE(sleeper.close(std::chrono::seconds(30)));
  produce(name("in"), {{"a", "x"}});
  EXPECT_TRUE(shows(5));
  EXPECT_TRUE(heir.close(std::chrono::seconds(30)));
  EXPECT_EQ(sleeper.last_error() + heir.last_error(), "");
  const Counts all = counts();
  if (guarantee == "exactly_once_v2") {
    EXPECT_EQ(all, (Counts{1, 2, 3, 4, 5}));
  } else {
    EXPECT_THAT(all, ::testing::IsSupersetOf({1, 2, 3, 4, 5})) << "duplicates count on";
  }
}

// librdkafka may hang when the consumer of a topic that has just gone is destroyed: that must not hang the application.
TEST_P(Guaranteed, AnApplicationWhoseTopicsWereDeletedSaysSoAndCloses) {
  barrier_->reached = true;
  const auto now = [] { return std::chrono::steady_clock::now(); };
  auto closing = now();
  {
    KafkaStreams app(topology(), config("state", GetParam()));
    app.start();
    produce(name("in"), {{"a", "x"}});
    const auto group = clients_->consumer({{"group.id", name("app")}});
    ASSERT_TRUE(wait_until([&] {  // there is nothing to do any more that would fail
      const auto committed = group->committed({{name("in"), 0}}, kTimeoutMs);
      return committed.ok() && committed.value().front().offset == 1;
    }));
    ASSERT_TRUE(admin_->delete_topics({name("in"), name("out"), name("app") + "-counts-changelog"}, kTimeoutMs).ok());
    EXPECT_TRUE(wait_until([&] { return app.state() == State::kError; }, kPatience)) << "the missing topic is noticed";
    EXPECT_THAT(app.last_error(), ::testing::StartsWith("Source topic " + name("in") + " was deleted."));
    closing = now();
    EXPECT_TRUE(app.close(std::chrono::seconds(30)));
  }
  EXPECT_LT(now() - closing, std::chrono::seconds(30)) << "also the clients are destroyed";
}

}  // namespace
}  // namespace streams::testing
