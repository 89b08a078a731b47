// Conformance cases as real applications on a real cluster: their topics hold, byte for byte, what Kafka Streams
// writes.
//
// STREAMS_CASES_PER_GROUP says how many of each group's cases run (0: all), STREAMS_CASES whose names begin how.
#include "broker/kafka_app.hpp"

#include <conformance/broker_run.hpp>
#include <conformance/compare.hpp>

#include <atomic>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

namespace streams::conformance {
namespace {

namespace fs = std::filesystem;

constexpr int kLanes = 6;  // an application mostly waits for the broker
constexpr int kPerGroup = 2;

Json read_json(const fs::path& path) {
  std::ifstream file(path);
  return Json::parse(file);
}

/// Names of cases that do not pass on the test driver either.
std::set<std::string> pending_cases() {
  std::set<std::string> names;
  const Json reasons = read_json(CONFORMANCE_DIR "/pending.json");
  for (const Json& cases : reasons) {
    for (const Json& name : cases) names.insert(name.get<std::string>());
  }
  return names;
}

/// The first suitable cases of each group, in the order of their names.
std::vector<Json> chosen_cases(bool exactly_once) {
  const char* limit = std::getenv("STREAMS_CASES_PER_GROUP");
  const char* prefix = std::getenv("STREAMS_CASES");
  const int per_group = limit != nullptr ? std::stoi(limit) : kPerGroup;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(CONFORMANCE_DIR "/cases")) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  const std::set<std::string> pending = pending_cases();
  std::map<std::string, int> taken;
  std::vector<Json> cases;
  for (const fs::path& path : paths) {
    const std::string name = path.stem().string();
    int& count = taken[name.substr(0, name.find("__"))];
    if (pending.count(name) > 0 || (per_group > 0 && count >= per_group) ||
        (prefix != nullptr && !name.starts_with(prefix)))
      continue;
    Json test_case = read_json(path);
    if (!unsuitable_for_broker(test_case, exactly_once).empty()) continue;
    ++count;
    cases.push_back(std::move(test_case));
  }
  return cases;
}

std::string failure_of(const Json& test_case, const BrokerRun& run) {
  try {
    const Json expected = expected_on_broker(test_case);
    const Json actual = run_on_broker(test_case, run);
    if (expected.at("configs") != actual.at("configs")) {
      return "settings of topics: expected " + expected.at("configs").dump() + ", got " + actual.at("configs").dump();
    }
    return first_difference(expected, actual, Json::array()).value_or("");
  } catch (const std::exception& error) {
    return error.what();
  }
}

class ConformanceOnBroker : public testing::KafkaAppTest, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Guarantees, ConformanceOnBroker, ::testing::Values("at_least_once", "exactly_once_v2"));

TEST_P(ConformanceOnBroker, TopicsHoldWhatTheCasesSay) {
  const bool exactly_once = std::string(GetParam()) == "exactly_once_v2";
  const std::vector<Json> cases = chosen_cases(exactly_once);
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  const auto lane = [&] {
    for (std::size_t i = next++; i < cases.size(); i = next++) {
      const std::string number = std::to_string(i);
      const BrokerRun run{clients_.get(), bootstrap_, name(number + "-"), directory(number), exactly_once};
      const auto begun = std::chrono::steady_clock::now();
      const std::string failure = failure_of(cases[i], run);
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
      std::lock_guard lock(mutex);
      if (std::getenv("STREAMS_TEST_LOG")) std::cout << cases[i].at("name") << " " << ms.count() << " ms" << std::endl;
      if (!failure.empty()) ADD_FAILURE() << cases[i].at("name").get<std::string>() << ": " << failure.substr(0, 2000);
    }
  };
  std::vector<std::thread> lanes;
  for (int i = 0; i < kLanes; ++i) lanes.emplace_back(lane);
  for (std::thread& thread : lanes) thread.join();
  RecordProperty("cases", std::to_string(cases.size()));
  std::cout << cases.size() << " cases\n";
  EXPECT_FALSE(cases.empty());
}

}  // namespace
}  // namespace streams::conformance
