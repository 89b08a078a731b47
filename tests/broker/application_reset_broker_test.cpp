// streams-application-reset on a real cluster.
#include "broker/broker_topologies.hpp"
#include "broker/kafka_app.hpp"

#include <streams/application_reset.hpp>
#include <streams/errors.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/streams_builder.hpp>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace streams::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Outputs = std::vector<std::pair<std::string, std::string>>;

struct Ran {
  int status = 0;
  std::string text;
};

/// The program, with these arguments besides the cluster's address.
Ran reset_program(const std::string& bootstrap, const std::string& arguments) {
  const std::string command =
      std::string(STREAMS_APPLICATION_RESET) + " --bootstrap-server " + bootstrap + " " + arguments + " 2>&1";
  Ran out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {-1, "the program cannot be started"};
  std::array<char, 4096> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe)) out.text.append(part.data(), count);
  out.status = WEXITSTATUS(pclose(pipe));
  return out;
}

class ApplicationResetBrokerTest : public KafkaAppTest {
 protected:
  void SetUp() override {
    KafkaAppTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    create(name("in"), 3);
    create(name("out"), 1);
  }

  std::map<std::string, std::string> exactly_once() {
    auto out = settings("state");
    out["processing.guarantee"] = "exactly_once_v2";
    return out;
  }
  /// Words by their first letter, counted: with a repartition topic and a changelog.
  Topology letters() {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>(name("in"))
        .group_by([](const std::string& word) { return word.substr(0, 1); })
        .count({.store_name = "counts"})
        .map_values([](std::int64_t count) { return std::to_string(count); })
        .to_stream()
        .to(name("out"));
    return builder.build();
  }
  void run_until(std::size_t outputs_in_all, bool clean) {
    StreamsConfig config(exactly_once());
    if (std::getenv("STREAMS_TEST_LOG") == nullptr) config.set_logger(nullptr);
    KafkaStreams app(letters(), config);
    if (clean) app.clean_up();
    app.start();
    EXPECT_TRUE(wait_until([&] { return read(name("out")).size() >= outputs_in_all; }));
    EXPECT_TRUE(app.close(std::chrono::seconds(30)));
    EXPECT_EQ(app.last_error(), "");
  }
  /// What came out from that record on; keys come in any order.
  Outputs outputs(std::size_t from) {
    Outputs out;
    for (const ReadRecord& r : read(name("out"))) out.emplace_back(*r.key, *r.value);
    out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(std::min(from, out.size())));
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    return out;
  }
  std::vector<std::string> internal_topics() {
    std::vector<std::string> out;
    const auto topics = admin_->topics({}, 30000);
    EXPECT_TRUE(topics.ok());
    for (const auto& [topic, partitions] : topics.value()) {
      if (is_internal_topic(topic, name("app"))) out.push_back(topic);
    }
    return out;
  }
};

TEST_F(ApplicationResetBrokerTest, TheSecondRunGivesTheSameAgain) {
  std::vector<std::pair<std::string, std::string>> words;
  for (int i = 0; i < 200; ++i) words.emplace_back(std::to_string(i), std::string(1, static_cast<char>('a' + i % 7)));
  produce(name("in"), words);
  run_until(200, false);
  const Outputs first = outputs(0);
  const auto internal = internal_topics();
  EXPECT_EQ(internal.size(), 2u);

  const std::string of = "--application-id " + name("app") + " --input-topics " + name("in");
  const Ran dry = reset_program(bootstrap_, of + " --dry-run");
  EXPECT_EQ(dry.status, 0) << dry.text;
  for (const std::string& topic : internal) EXPECT_THAT(dry.text, HasSubstr(topic + ": would be deleted\n"));
  EXPECT_THAT(dry.text, HasSubstr("Nothing was changed."));
  EXPECT_EQ(internal_topics(), internal);

  const Ran done = reset_program(bootstrap_, of);
  EXPECT_EQ(done.status, 0) << done.text;
  for (const std::string& topic : internal) EXPECT_THAT(done.text, HasSubstr(topic + ": deleted\n"));
  EXPECT_THAT(done.text, AllOf(HasSubstr(name("in") + " partition 0: "), HasSubstr(" -> 0\n")));
  EXPECT_THAT(internal_topics(), IsEmpty());

  run_until(400, true);
  EXPECT_EQ(outputs(200), first);
}

TEST_F(ApplicationResetBrokerTest, WaitsForTheSessionsOfThoseThatWereKilled) {
  auto of = exactly_once();
  of["app.in"] = name("in");
  of["app.out"] = name("out");
  Worker worker(STREAMS_BROKER_WORKER, of);
  produce(name("in"), {{"a", "x"}, {"b", "x"}});
  ASSERT_TRUE(wait_until([&] { return read(name("out")).size() == 2; }));
  worker.kill();

  const std::string arguments = "--application-id " + name("app") + " --input-topics " + name("in");
  const Ran refused = reset_program(bootstrap_, arguments);
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.text, AllOf(HasSubstr("Application " + name("app") + " is running"), HasSubstr("sessions end")));
  EXPECT_EQ(internal_topics().size(), 1u) << "nothing was changed";
  Ran last;
  EXPECT_TRUE(wait_until([&] { return (last = reset_program(bootstrap_, arguments)).status == 0; })) << last.text;
  EXPECT_THAT(internal_topics(), IsEmpty());
}

TEST_F(ApplicationResetBrokerTest, SaysWhatIsMissing) {
  const Ran missing = reset_program(bootstrap_, "--application-id " + name("app") + " --input-topics " + name("none"));
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.text, HasSubstr("Input topics " + name("none") + " do not exist. Nothing was changed"));
  const Ran senseless = reset_program(bootstrap_, "--to-latest");
  EXPECT_EQ(senseless.status, 2);
  EXPECT_THAT(senseless.text, HasSubstr("--application-id is missing"));
}

}  // namespace
}  // namespace streams::testing
