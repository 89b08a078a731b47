// An application moves from Kafka Streams on the JVM to this library and back: with the same application.id each side
// goes on from the other's offsets, changelogs and repartition topics, and all topics hold what Java alone writes.
#include "broker/kafka_app.hpp"
#include "interop/interop_topology.hpp"

#include <conformance/broker_observer.hpp>
#include <conformance/broker_run.hpp>

#include <chrono>
#include <cstdlib>
#include <set>

namespace streams::testing {
namespace {

using Records = std::map<std::string, std::vector<RawTestRecord>>;  // by topic

constexpr int kPhases = 3;
constexpr int kTimeoutMs = 30000;
/// Records are as old as 1970: the broker must not delete what is still to be compared.
const std::string kForever = "3153600000000";
const std::set<std::string> kInputs = {"counted", "windowed", "sessions",  "final",  "left",
                                       "right",   "orders",   "customers", "prices", "sales"};
const std::set<std::string> kOutputs = {"counts", "window-counts",   "session-counts", "final-counts",
                                        "joined", "order-customers", "priced"};

struct Input {
  std::string topic, key;
  std::optional<std::string> value;
  Timestamp timestamp;
};

std::string shown(const RawTestRecord& record) {
  const auto hex = [](const OptionalBytes& bytes) {
    std::string out = bytes ? "" : "null";
    constexpr const char* kDigits = "0123456789abcdef";
    for (const char c : bytes.value_or("")) (out += kDigits[static_cast<unsigned char>(c) >> 4]) += kDigits[c & 15];
    return out;
  };
  std::string out = hex(record.key) + "=" + hex(record.value) + "@" + std::to_string(record.timestamp);
  for (const Header& header : record.headers) out += " " + header.key + ":" + hex(header.value);
  return out;
}

std::vector<std::string> shown(const std::vector<RawTestRecord>& records) {
  std::vector<std::string> out;
  for (const RawTestRecord& record : records) out.push_back(shown(record));
  return out;
}

/// The last record of each key, unless it is a tombstone: what is left after compaction.
std::vector<RawTestRecord> rows(const std::vector<RawTestRecord>& records) {
  std::map<OptionalBytes, RawTestRecord> last;
  for (const RawTestRecord& record : records) last[record.key] = record;
  std::vector<RawTestRecord> out;
  for (const auto& [key, record] : last) {
    if (record.value) out.push_back(record);
  }
  return out;
}

/// A suppression writes what its buffer holds when it commits: which steps are seen depends on the clock.
std::vector<std::string> comparable(const std::string& topic, const std::vector<RawTestRecord>& records) {
  return topic == "app-suppressed-store-changelog" ? shown(rows(records)) : shown(records);
}

/// The beginning of all event times: not long ago. In a segment of a topic that begins with a record of years ago, the
/// mark of a transaction ends the segment, the broker compacts it at once, and a versioned table loses its history.
Timestamp origin() {
  using namespace std::chrono;
  static const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  constexpr Timestamp kHour = 3'600'000;
  return now / kHour * kHour - kHour;
}

/// What comes in during a phase, in bursts: the next one is sent when nothing is left of the one before, so that the
/// order in which an application takes records from its topics does not matter.
std::vector<std::vector<Input>> bursts(int phase) {
  std::vector<Input> first, second;
  const Timestamp begin = origin() + 30000 * phase;
  for (int i = 0; i < 42; ++i) {
    const Timestamp time = begin + 700 * i;
    const std::string number = std::to_string(phase) + "." + std::to_string(i);
    first.push_back({"counted", "k" + std::to_string(i % 5), number, time});
    // Some are late, and some of these too late.
    const Timestamp late = i % 6 == 5 ? time - 5000 : i % 11 == 10 ? time - 15000 : time;
    for (const char* topic : {"windowed", "final"}) first.push_back({topic, "k" + std::to_string(i % 3), number, late});
    // Keys rest for longer than the gap now and then; late records merge what lay apart.
    if (i % 21 < 12) first.push_back({"sessions", "k" + std::to_string(i % 4), number, late});
  }
  for (int i = 0; i < 8; ++i) {
    const Timestamp time = begin + 1000 * i;
    const std::string number = std::to_string(phase) + "." + std::to_string(i);
    const auto unless = [&](bool gone) { return gone ? std::nullopt : std::optional(number); };
    first.push_back({"left", "k" + std::to_string(i % 5), unless(i == 4 + phase), time});
    second.push_back({"right", "k" + std::to_string((i + phase) % 6), unless(i == 2 + phase), time});
    // Within a burst every order and every customer changes once.
    const std::string order(1, static_cast<char>('A' + (i + 2 * phase) % 4));
    first.push_back(
        {"orders", "o" + std::to_string(i + 3 * phase), i == 7 ? std::nullopt : std::optional(order + number), time});
    if (i < 4) second.push_back({"customers", std::string(1, static_cast<char>('A' + i)), unless(i == phase), time});
    // Prices come in any order, sales ask for old ones.
    first.push_back({"prices", "p" + std::to_string(i % 2), unless(i == 5), begin + 1000 * ((i * 3) % 8)});
    second.push_back({"sales", "p" + std::to_string(i % 3), number, time - 9500});
  }
  return {first, second};
}

enum class Side { kJava, kOurs };

std::string text(const std::vector<Side>& sides) {
  std::string out;
  for (const Side side : sides) out += side == Side::kJava ? "Java " : "C++ ";
  return out;
}

class InteropTest : public KafkaAppTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    KafkaAppTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const char* jar = std::getenv("STREAMS_INTEROP_JAR");
    if (jar != nullptr) {
      jar_ = jar;
    } else if (test_broker().required) {
      FAIL() << "STREAMS_INTEROP_JAR does not name the Java side";
    } else {
      GTEST_SKIP() << "STREAMS_INTEROP_JAR does not name the Java side: './dev test --name interop' builds it";
    }
  }

  /// One phase for each side. What the application's topics hold then, without the prefix.
  Records run(const std::vector<Side>& sides) {
    const std::string prefix = name("s" + std::to_string(scenarios_++) + "-");
    for (const auto* topics : {&kInputs, &kOutputs}) {
      for (const std::string& topic : *topics) create(prefix + topic, 1);
    }
    const std::string id = prefix + "app";
    const Topology topology = interop_topology(prefix);
    const std::set<std::string> internal = conformance::internal_topics(topology.plan(), id);
    const std::set<std::string> sources = conformance::topics_read(topology.plan(), id);
    std::set<std::string> all = internal;
    all.insert(sources.begin(), sources.end());
    for (const std::string& topic : kOutputs) all.insert(prefix + topic);
    conformance::BrokerObserver observer(*clients_, *admin_, prefix, id);
    int phase = 0;
    for (const Side side : sides) {
      const auto worker = start(side, prefix, id);
      const auto check = [&] {
        if (!worker->alive()) throw std::runtime_error("the application has ended by itself");
      };
      observer.wait_for_topics(internal, check);
      for (const std::vector<Input>& burst : bursts(phase)) {
        send(prefix, burst);
        observer.wait_until_quiet(all, sources, check);
      }
      EXPECT_EQ(worker->stop(), 0);
      ++phase;
    }
    return observer.records();
  }

 private:
  /// Each side has a disk of its own: it restores what the other one has written.
  std::unique_ptr<Worker> start(Side side, const std::string& prefix, const std::string& id) {
    auto with = settings(prefix + (side == Side::kJava ? "java" : "ours"));
    with["application.id"] = id;
    with["app.prefix"] = prefix;
    with["processing.guarantee"] = GetParam();
    with["repartition.purge.interval.ms"] = kForever;
    with["windowstore.changelog.additional.retention.ms"] = kForever;
    if (side == Side::kOurs) return std::make_unique<Worker>(STREAMS_INTEROP_WORKER, with);
    return std::make_unique<Worker>(
        std::vector<std::string>{"java", "-XX:TieredStopAtLevel=1", "-Xmx256m",
                                 "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-jar", jar_},
        with);
  }

  void send(const std::string& prefix, const std::vector<Input>& records) {
    const auto producer = clients_->producer({{"enable.idempotence", "true"}, {"linger.ms", "0"}});
    for (const Input& record : records) {
      const std::string topic = prefix + record.topic;
      const client::ProducerRecord sent{topic, 0, BytesView(record.key),
                                        record.value ? OptionalView(*record.value) : OptionalView(), record.timestamp};
      ASSERT_TRUE(producer->send(sent).ok());
    }
    ASSERT_TRUE(producer->flush(kTimeoutMs).ok());
    ASSERT_TRUE(producer->take_errors().empty());
  }

  std::string jar_;
  int scenarios_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Guarantees, InteropTest, ::testing::Values("exactly_once_v2", "at_least_once"));

TEST_P(InteropTest, EitherSideGoesOnWhereTheOtherStopped) {
  const Records expected = run({Side::kJava, Side::kJava, Side::kJava});
  for (const std::string& topic : kOutputs) EXPECT_GE(expected.at(topic).size(), 10u) << topic;
  for (const std::vector<Side>& sides :
       {std::vector{Side::kJava, Side::kOurs, Side::kJava}, std::vector{Side::kOurs, Side::kJava, Side::kOurs}}) {
    SCOPED_TRACE(text(sides));
    const Records got = run(sides);
    for (const auto& [topic, records] : expected) {
      SCOPED_TRACE(topic);
      const auto found = got.find(topic);
      if (found == got.end()) {
        ADD_FAILURE() << "nothing was written";
        continue;
      }
      const auto wanted = comparable(topic, records), there = comparable(topic, found->second);
      EXPECT_EQ(there.size(), wanted.size());
      const auto [different, in_place] = std::mismatch(there.begin(), there.end(), wanted.begin(), wanted.end());
      if (different != there.end() && in_place != wanted.end()) {
        EXPECT_EQ(*different, *in_place) << "record " << different - there.begin();
      }
    }
    EXPECT_EQ(got.size(), expected.size());
  }
}

}  // namespace
}  // namespace streams::testing
