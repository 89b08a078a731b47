// Runs a workload against a cluster until its input is processed, and prints what that cost as one line of JSON.
#include "progress.hpp"
#include "run_meter.hpp"
#include "workloads.hpp"

#include <streams/streams.hpp>

#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

constexpr const char* kUsage = R"(streams_bench: measures a workload on a cluster.

usage: streams_bench run --workload NAME --bootstrap HOST:PORT --app-id ID --state-dir DIR
                         --guarantee at_least_once|exactly_once_v2 --commit-interval-ms N --threads N --cache-bytes N
                         --records N --input TOPIC[,TOPIC...] --output TOPIC [--profile NAME] [--timeout-s 600]
       streams_bench workloads
)";

using Options = std::map<std::string, std::string>;

Options parse(int argc, char** argv) {
  Options options{{"profile", "tuned"}, {"timeout-s", "600"}};
  for (int i = 2; i < argc; i += 2) {
    if (std::strncmp(argv[i], "--", 2) != 0 || i + 1 == argc)
      throw std::invalid_argument(std::string("what is ") + argv[i] + "?");
    options[argv[i] + 2] = argv[i + 1];
  }
  for (const char* needed : {"workload", "bootstrap", "app-id", "state-dir", "guarantee", "commit-interval-ms",
                             "threads", "cache-bytes", "records", "input", "output"}) {
    if (!options.contains(needed)) throw std::invalid_argument(std::string("--") + needed + " is missing");
  }
  return options;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts(1);
  for (const char c : list) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

streams::StreamsConfig config_of(Options& options) {
  streams::StreamsConfig config{{"application.id", options["app-id"]},
                                {"bootstrap.servers", options["bootstrap"]},
                                {"state.dir", options["state-dir"]},
                                {"processing.guarantee", options["guarantee"]},
                                {"commit.interval.ms", options["commit-interval-ms"]},
                                {"num.stream.threads", options["threads"]},
                                {"statestore.cache.max.bytes", options["cache-bytes"]},
                                {"auto.offset.reset", "earliest"}};
  if (options["profile"] == "latency") config.set("producer.linger.ms", 0);
  return config;
}

void run(Options options) {
  bench::Progress progress;
  streams::StreamsConfig config = config_of(options);
  bench::WorkloadSettings settings;
  settings.inputs = split(options["input"]);
  settings.output = options["output"];
  const bench::Workload workload = bench::make_workload(options["workload"], settings, progress);
  const std::int64_t records = std::stoll(options["records"]);
  const double age_at_start_s = bench::process_age_s();
  const std::int64_t start_ns = bench::now_ns();

  streams::KafkaStreams app(workload.topology, config);
  app.start();
  std::int64_t half_ns = 0;
  const std::int64_t deadline_ns = start_ns + std::stoll(options["timeout-s"]) * 1'000'000'000;
  while (!workload.done(records)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (half_ns == 0 && progress.count() >= records / 2) half_ns = bench::now_ns();
    if (app.state() == streams::KafkaStreams::State::kError) throw std::runtime_error("the application failed");
    if (bench::now_ns() > deadline_ns) {
      throw std::runtime_error("the end was not reached in time: " + std::to_string(progress.count()) + " of " +
                               std::to_string(records) + " records are processed");
    }
  }
  app.close();
  const std::int64_t end_ns = bench::now_ns();
  const double cpu = bench::cpu_s();
  const auto seconds = [](std::int64_t ns) { return static_cast<double>(ns) / 1e9; };
  std::printf(
      "{\"workload\": \"%s\", \"records\": %lld, \"wall_s\": %.4f, \"second_half_s\": %.4f, \"startup_s\": %.4f, "
      "\"cpu_s\": %.4f, \"cpu_run_s\": %.4f, \"max_rss_mb\": %.1f}\n",
      options["workload"].c_str(), static_cast<long long>(records), seconds(end_ns - progress.first_ns()),
      seconds(end_ns - (half_ns != 0 ? half_ns : progress.first_ns())),
      age_at_start_s + seconds(progress.first_ns() - start_ns), cpu, cpu - progress.first_cpu_s(), bench::max_rss_mb());
}

}  // namespace

int main(int argc, char** argv) {
  mallopt(M_ARENA_MAX, 2);  // what README.md advises: records are freed by other threads than those that made them
  const std::string command = argc > 1 ? argv[1] : "--help";
  if (command == "--help" || command == "-h") {
    std::fputs(kUsage, stdout);
    return 0;
  }
  try {
    if (command == "workloads") {
      for (const std::string& name : bench::workload_names()) std::puts(name.c_str());
    } else if (command == "run") {
      run(parse(argc, argv));
    } else {
      throw std::invalid_argument("unknown command: " + command);
    }
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "streams_bench: %s\n\n%s", error.what(), kUsage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "streams_bench: %s\n", error.what());
    return 1;
  }
}
