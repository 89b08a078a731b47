// simulate: runs seeds one after the other and says which of them fail.
#include <simulation/simulator.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

namespace streams::simulation {
namespace {

constexpr const char* kUsage =
    "usage: simulate [--seed N] [--runs K] [--minutes M] [--workload NAME] [--kept FILE]\n"
    "                [--until-failure] [--twice] [--trace]\n"
    "\n"
    "Runs seed N, N + 1, ... A seed alone is run once. Without a seed, one is drawn.\n"
    "  --runs K        that many runs at most\n"
    "  --minutes M     for M minutes at most (fractions are fine)\n"
    "  --workload NAME only that one\n"
    "  --kept FILE     runs the seeds of a file, one \"SEED [WORKLOAD]\" a line, before all others\n"
    "  --until-failure ends with the first seed that fails\n"
    "  --twice         runs every seed twice; both must go the same way\n"
    "  --trace         tells on standard error what happens\n";

struct Arguments {
  std::uint64_t seed = 0;
  bool has_seed = false;
  std::uint64_t runs = 0;
  double minutes = 0;
  std::string workload, kept;
  bool twice = false, trace = false, until_failure = false;
};

struct Totals {
  std::uint64_t runs = 0, failed = 0, faults = 0, crashes = 0, with_duplicates = 0, at_least_once = 0;
  std::map<std::string, std::uint64_t> by_workload;
};

std::string run_directory() {
  const bool memory = std::filesystem::is_directory("/dev/shm");
  return (memory ? std::string("/dev/shm") : std::filesystem::temp_directory_path().string()) + "/simulate-" +
         std::to_string(::getpid());
}

Outcome simulate(const Plan& plan, bool trace) {
  try {
    return Simulator(plan, run_directory(), trace).run();
  } catch (const std::exception& error) {
    Outcome out;
    out.failure = std::string("the run ends with: ") + error.what();
    return out;
  }
}

void run_seed(std::uint64_t seed, const std::string& workload, const Arguments& arguments, Totals& totals) {
  const Plan plan = Plan::of(seed, workload);
  Outcome outcome = simulate(plan, arguments.trace);
  if (arguments.twice && outcome.failure.empty() && simulate(plan, false).fingerprint != outcome.fingerprint)
    outcome.failure = "the second run went another way than the first";
  ++totals.runs;
  ++totals.by_workload[plan.workload];
  totals.faults += outcome.faults;
  totals.crashes += outcome.crashes;
  totals.at_least_once += plan.exactly_once ? 0 : 1;
  totals.with_duplicates += !plan.exactly_once && outcome.duplicates > 0 ? 1 : 0;
  if (outcome.failure.empty()) return;
  ++totals.failed;
  std::printf("FAILED seed %llu (%s): %s\n  again: ./dev simulate --seed %llu%s%s --trace\n",
              static_cast<unsigned long long>(seed), plan.text().c_str(), outcome.failure.c_str(),
              static_cast<unsigned long long>(seed), workload.empty() ? "" : " --workload ", workload.c_str());
  std::fflush(stdout);
}

void run_kept(const Arguments& arguments, Totals& totals) {
  std::ifstream file(arguments.kept);
  if (!file) throw StreamsError("Cannot read " + arguments.kept);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::uint64_t seed = 0;
    std::string workload;
    if (!(words >> seed)) continue;
    words >> workload;
    run_seed(seed, workload, arguments, totals);
  }
}

void summarize(const Totals& totals, double wall_seconds) {
  const double cpu = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  std::printf(
      "%llu runs, %llu failed, %llu crashes, %llu faults; %llu of %llu at-least-once runs had duplicates; %.1f s,"
      " %.4f CPU s a run\n",
      static_cast<unsigned long long>(totals.runs), static_cast<unsigned long long>(totals.failed),
      static_cast<unsigned long long>(totals.crashes), static_cast<unsigned long long>(totals.faults),
      static_cast<unsigned long long>(totals.with_duplicates), static_cast<unsigned long long>(totals.at_least_once),
      wall_seconds, cpu / static_cast<double>(std::max<std::uint64_t>(totals.runs, 1)));
  std::fflush(stdout);
}

int simulate_all(const Arguments& arguments) {
  using Steady = std::chrono::steady_clock;
  const auto begun = Steady::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Steady::now() - begun).count(); };
  Totals totals;
  if (!arguments.kept.empty()) run_kept(arguments, totals);
  std::uint64_t runs = arguments.runs;
  if (runs == 0 && arguments.minutes > 0) runs = UINT64_MAX;
  if (runs == 0 && arguments.kept.empty()) runs = 1;
  if (runs > 1) std::printf("seeds from %llu\n", static_cast<unsigned long long>(arguments.seed));
  double told = 0;
  for (std::uint64_t i = 0; i < runs && (arguments.minutes == 0 || seconds() < arguments.minutes * 60); ++i) {
    run_seed(arguments.seed + i, arguments.workload, arguments, totals);
    if (arguments.until_failure && totals.failed > 0) break;
    if (seconds() - told < 20) continue;
    told = seconds();
    summarize(totals, told);
  }
  summarize(totals, seconds());
  for (const auto& [name, count] : totals.by_workload)
    std::printf("  %s: %llu\n", name.c_str(), static_cast<unsigned long long>(count));
  return totals.failed == 0 ? 0 : 1;
}

Arguments parse(int count, char** words) {
  Arguments out;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto value = [&]() -> std::string {
      if (++i >= count) throw StreamsError(word + " needs a value");
      return words[i];
    };
    if (word == "--seed") {
      out.seed = std::stoull(value());
      out.has_seed = true;
    } else if (word == "--runs") {
      out.runs = std::stoull(value());
    } else if (word == "--minutes") {
      out.minutes = std::stod(value());
    } else if (word == "--workload") {
      out.workload = value();
    } else if (word == "--kept") {
      out.kept = value();
    } else if (word == "--twice") {
      out.twice = true;
    } else if (word == "--until-failure") {
      out.until_failure = true;
    } else if (word == "--trace") {
      out.trace = true;
    } else {
      throw StreamsError("unknown argument " + word);
    }
  }
  if (!out.has_seed) out.seed = std::random_device()();
  return out;
}

}  // namespace
}  // namespace streams::simulation

int main(int count, char** words) {
  using namespace streams::simulation;
  try {
    return simulate_all(parse(count, words));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n%s", error.what(), kUsage);
    return 2;
  }
}
