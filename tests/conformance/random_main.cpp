// random_topologies: checks random cases one after the other.
#include "random_check.hpp"
#include "random_coverage.hpp"
#include "random_generator.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>

namespace streams::conformance {
namespace {

constexpr const char* kUsage =
    "usage: random_topologies [--seed N] [--runs K] [--seconds S] [--kept DIRECTORY] [--show]\n"
    "\n"
    "Checks the cases of seed N, N + 1, ... A seed alone is checked once. Without a seed, one is drawn.\n"
    "  --runs K          that many cases\n"
    "  --seconds S       cases for S seconds, and longer until every operator has occurred, but 4000 at most then;\n"
    "                    RANDOM_TOPOLOGY_SECONDS in the environment overrides it\n"
    "  --kept DIRECTORY  the cases in its files instead of fresh ones\n"
    "  --show            prints the cases instead of checking them\n";
constexpr std::uint64_t kMostForCoverage = 4000;

struct Arguments {
  std::uint64_t seed = 0, runs = 1;
  bool has_seed = false, show = false;
  double seconds = 0;
  std::string kept;
};

struct Totals {
  std::uint64_t cases = 0, failed = 0, with_error = 0;
  Coverage coverage;
};

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void check(const Json& test_case, Totals& totals) {
  const CheckResult result = check_random_case(test_case);
  ++totals.cases;
  totals.with_error += result.ends_with_error ? 1 : 0;
  totals.coverage.add(test_case, result.with_output);
  if (result.failure.empty()) return;
  ++totals.failed;
  const Json small = shrunk(test_case);
  std::printf("FAILED %s: %s\n  made smaller: %s\n  as a case for tests/conformance/random_kept:\n%s\n",
              test_case.at("name").get<std::string>().c_str(), result.failure.c_str(),
              check_random_case(small).failure.c_str(), text_of(small).c_str());
  std::fflush(stdout);
}

Json case_of(std::uint64_t seed) {
  Json test_case = Generator(seed).generate();
  test_case["name"] = "seed " + std::to_string(seed);
  return test_case;
}

void check_kept(const std::string& directory, Totals& totals) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    Json test_case = Json::parse(std::ifstream(path));
    test_case["name"] = path.stem().string();
    check(test_case, totals);
  }
}

/// True if nothing that must occur is missing.
bool show_coverage(const Totals& totals) {
  std::printf("%s", totals.coverage.table().c_str());
  const std::vector<std::string> missing = totals.coverage.missing();
  for (const std::string& word : missing) std::printf("never, or never with records: %s\n", word.c_str());
  return missing.empty();
}

int run(const Arguments& arguments) {
  using Steady = std::chrono::steady_clock;
  const auto begun = Steady::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Steady::now() - begun).count(); };
  if (arguments.show) {
    for (std::uint64_t i = 0; i < arguments.runs; ++i)
      std::printf("%s\n", text_of(case_of(arguments.seed + i)).c_str());
    return 0;
  }
  Totals totals;
  bool covered = true;
  if (!arguments.kept.empty()) {
    check_kept(arguments.kept, totals);
  } else {
    std::printf("seeds from %llu\n", static_cast<unsigned long long>(arguments.seed));
    std::fflush(stdout);
    const auto goes_on = [&](std::uint64_t i) {
      if (arguments.seconds == 0) return i < arguments.runs;
      return seconds() < arguments.seconds || (i < kMostForCoverage && !totals.coverage.missing().empty());
    };
    for (std::uint64_t i = 0; goes_on(i); ++i) check(case_of(arguments.seed + i), totals);
    if (arguments.seconds > 0) covered = show_coverage(totals);
  }
  std::printf("%llu cases, %llu failed, %llu end with an error; %.1f s\n",
              static_cast<unsigned long long>(totals.cases), static_cast<unsigned long long>(totals.failed),
              static_cast<unsigned long long>(totals.with_error), seconds());
  return totals.failed == 0 && covered ? 0 : 1;
}

Arguments parse(int count, char** words) {
  Arguments out;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto value = [&]() -> std::string {
      if (++i >= count) throw std::invalid_argument(word + " needs a value");
      return words[i];
    };
    if (word == "--seed") {
      out.seed = std::stoull(value());
      out.has_seed = true;
    } else if (word == "--runs") {
      out.runs = std::stoull(value());
    } else if (word == "--seconds") {
      out.seconds = std::stod(value());
    } else if (word == "--kept") {
      out.kept = value();
    } else if (word == "--show") {
      out.show = true;
    } else {
      throw std::invalid_argument("unknown argument " + word);
    }
  }
  if (!out.has_seed) out.seed = std::random_device()();
  if (const char* given = std::getenv("RANDOM_TOPOLOGY_SECONDS"); given != nullptr && out.seconds > 0)
    out.seconds = std::stod(given);
  return out;
}

}  // namespace
}  // namespace streams::conformance

int main(int count, char** words) {
  using namespace streams::conformance;
  try {
    return run(parse(count, words));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n%s", error.what(), kUsage);
    return 2;
  }
}
