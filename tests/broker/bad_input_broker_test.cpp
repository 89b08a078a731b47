// What goes wrong around an application on a real cluster: each cause is named, in time, and when it is gone the
// application goes on without having lost anything.
#include "broker/broker_topologies.hpp"
#include "broker/kafka_app.hpp"

#include <streams/kafka_streams.hpp>

#include <gmock/gmock.h>

#include <mutex>

namespace streams::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using State = KafkaStreams::State;
using Strings = std::vector<std::string>;

class BadInputTest : public KafkaAppTest {
 protected:
  StreamsConfig config() const {
    StreamsConfig out(settings("state"));
    out.set("processing.guarantee", std::string("exactly_once_v2"));
    if (std::getenv("STREAMS_TEST_LOG") == nullptr) out.set_logger(nullptr);
    return out;
  }
  /// Passes on numbers of 8 bytes.
  Topology numbers() const {
    Topology topology;
    topology.add_source<std::string, std::int64_t>("source", {name("in")});
    topology.add_sink<std::string, std::int64_t>("sink", name("out"), {"source"});
    return topology;
  }
  static std::string number(std::int64_t value) {
    Bytes bytes;
    detail::append_big_endian(bytes, value);
    return bytes;
  }
  Strings values() {
    Strings out;
    for (const ReadRecord& r : read(name("out"))) out.push_back(r.value.value_or("null"));
    return out;
  }

  /// Runs the application until it fails, and gives what it says then. It must fail in time.
  std::string failure(const Topology& topology, const StreamsConfig& config) {
    KafkaStreams app(topology, config);
    app.start();
    EXPECT_TRUE(wait_until([&] { return app.state() == State::kError; }, std::chrono::seconds(40)));
    std::string error = app.last_error();
    EXPECT_TRUE(app.close(std::chrono::seconds(30)));
    return error;
  }
  /// Runs the application until its output is this.
  void expect_output(const Topology& topology, const StreamsConfig& config, const Strings& expected) {
    KafkaStreams app(topology, config);
    app.start();
    EXPECT_TRUE(wait_until([&] { return values().size() >= expected.size() || !app.last_error().empty(); }));
    EXPECT_TRUE(app.close(std::chrono::seconds(30)));
    EXPECT_EQ(app.last_error(), "");
    EXPECT_EQ(values(), expected);
  }
};

TEST_F(BadInputTest, ARecordThatCannotBeDecodedStopsTheClientUntilTheHandlerSaysContinue) {
  create(name("in"), 1);
  create(name("out"), 1);
  produce(name("in"), {{"a", number(1)}, {"b", "no"}, {"c", number(3)}});
  const std::string error = failure(numbers(), config());
  EXPECT_THAT(error, AllOf(HasSubstr("topic=[" + name("in") + "] partition=[0] offset=[1]"), HasSubstr("not 8 but 2"),
                           HasSubstr("deserialization.exception.handler")));
  EXPECT_EQ(failure(numbers(), config()), error) << "it stands there still";
  StreamsConfig skips = config();
  skips.set("deserialization.exception.handler", std::string("LogAndContinueExceptionHandler"));
  expect_output(numbers(), skips, {number(1), number(3)});
}

TEST_F(BadInputTest, AMissingSourceTopicIsNamedAndReadOnceItIsThere) {
  StreamsConfig impatient = config();
  impatient.set("source.topic.timeout.ms", 500);
  create(name("out"), 1);
  EXPECT_THAT(failure(numbers(), impatient),
              AllOf(HasSubstr(name("in")), HasSubstr("--create --topic"), HasSubstr("source.topic.timeout.ms")));
  create(name("in"), 1);
  produce(name("in"), {{"a", number(1)}});
  expect_output(numbers(), impatient, {number(1)});
}

TEST_F(BadInputTest, ABrokerThatCannotBeReachedIsNamedAndWaitedFor) {
  OwnBroker late(directory("late"));
  ASSERT_NE(late.start(), "") << no_own_broker();
  use(late.start());
  create(name("in"), 1);
  create(name("out"), 1);
  produce(name("in"), {{"a", number(1)}});
  late.kill();
  std::mutex mutex;
  std::string log;
  StreamsConfig patient = config();
  patient.set("source.topic.timeout.ms", 500);  // counts once a broker answers
  patient.set_logger(function_logger([&](LogLevel, std::string_view line) {
    const std::lock_guard lock(mutex);
    log.append(line);
  }));
  {
    KafkaStreams app(numbers(), patient);
    app.start();
    const auto said = [&] {
      const std::lock_guard lock(mutex);
      return log;
    };
    EXPECT_TRUE(wait_until([&] { return said().find("No broker answers at " + bootstrap_) != std::string::npos; }));
    EXPECT_THAT(said(), AllOf(HasSubstr("Connection refused"), HasSubstr("bootstrap.servers")));
    EXPECT_EQ(app.last_error(), "");
    EXPECT_EQ(late.start(), bootstrap_);
    EXPECT_TRUE(wait_until([&] { return values() == Strings{number(1)} || !app.last_error().empty(); }));
    EXPECT_TRUE(app.close(std::chrono::seconds(30)));
    EXPECT_EQ(app.last_error(), "");
  }
  EXPECT_EQ(values(), Strings{number(1)});
  admin_.reset();  // the topics go with the broker
}

TEST_F(BadInputTest, AStateDirectoryOfAnotherProcessIsFreeOnceThatIsGone) {
  create(name("in"), 1);
  create(name("out"), 1);
  auto of = settings("state");
  of["processing.guarantee"] = "exactly_once_v2";
  of["app.in"] = name("in");
  of["app.out"] = name("out");
  Worker other(STREAMS_BROKER_WORKER, of);
  produce(name("in"), {{"a", "x"}});
  ASSERT_TRUE(wait_until([&] { return values().size() == 1; }));
  const Topology topology = count_topology(name("in"), name("out"));
  KafkaStreams app(topology, config());
  try {
    app.start();
    FAIL() << "two processes in one state directory";
  } catch (const StreamsError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(directory("state")), HasSubstr("is in use by process "),
                                    HasSubstr("needs a state.dir of its own")));
  }
  other.kill();
  produce(name("in"), {{"a", "y"}});
  expect_output(topology, config(), {"1", "2"});
}

}  // namespace
}  // namespace streams::testing
