// What it costs to restore a store from a changelog: written as commits are, and as sorted files.
#include <state/stores.hpp>

#include "run_meter.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace streams;
using namespace streams::state;

struct Settings {
  std::size_t records = 5'000'000;
  std::size_t keys = 1'000'000;
  std::size_t value_bytes = 64;
  std::size_t chunk_mib = 16;  ///< what is gathered before it is written
  int rounds = 2;
  std::string directory = (std::filesystem::temp_directory_path() / "streams-restore-cost").string();
};

Settings parse(int argc, char** argv) {
  Settings out;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--records") {
      out.records = std::strtoull(value, nullptr, 10);
    } else if (name == "--keys") {
      out.keys = std::strtoull(value, nullptr, 10);
    } else if (name == "--value-bytes") {
      out.value_bytes = std::strtoull(value, nullptr, 10);
    } else if (name == "--chunk-mib") {
      out.chunk_mib = std::strtoull(value, nullptr, 10);
    } else if (name == "--rounds") {
      out.rounds = std::atoi(value);
    } else if (name == "--directory") {
      out.directory = value;
    } else {
      throw std::invalid_argument("There is no option " + name);
    }
  }
  return out;
}

void check(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}

struct Cost {
  double wall_s = 0, cpu_s = 0;          ///< until the store can be used
  double all_wall_s = 0, all_cpu_s = 0;  ///< and until RocksDB rests
  double read_us = 0;                    ///< of a row, before it rests
  std::uint64_t checksum = 0;
};

bool resting(const StateDatabase& database) {
  for (const char* name : {"num-running-compactions", "compaction-pending", "num-running-flushes"}) {
    if (database.property("rows", name).value_or(0) != 0) return false;
  }
  return true;
}

Cost restore(const Settings& settings, bool sorted) {
  std::filesystem::remove_all(settings.directory);
  auto opened = open_rocksdb(settings.directory, {"rows"}, make_memory_bound(256u << 20));
  check(opened.status());
  StateDatabase& database = *opened.value();
  const RecordContext record;
  const auto store =
      make_key_value_store(database.family("rows"), ValueFormat::kTimestamped, {record, {}, nullptr, "rows"});

  std::mt19937_64 random(1);
  Cost cost;
  const double cpu = bench::cpu_s();
  const std::int64_t begin = bench::now_ns();
  const auto wall = [&] { return static_cast<double>(bench::now_ns() - begin) / 1e9; };
  std::string value(settings.value_bytes, '\0');
  for (std::size_t i = 0; i < settings.records; ++i) {
    const std::string key = "customer-" + std::to_string(random() % settings.keys);
    const std::uint64_t noise = random();
    std::memcpy(value.data(), &noise, std::min(sizeof noise, value.size()));
    store->restore(key, i % 50 == 0 ? OptionalView() : OptionalView(value), static_cast<Timestamp>(i),
                   RecordContext::kNoHeaders);
    if (i % 2000 != 0 || database.uncommitted_bytes() < settings.chunk_mib << 20) continue;
    const std::map<std::string, std::int64_t> offsets{{"changelog-0", static_cast<std::int64_t>(i)}};
    check(sorted ? database.commit_restored(offsets, false) : database.commit(offsets));
  }
  const std::map<std::string, std::int64_t> end{{"changelog-0", static_cast<std::int64_t>(settings.records)}};
  check(sorted ? database.commit_restored(end, true) : database.commit(end));
  cost.wall_s = wall();
  cost.cpu_s = bench::cpu_s() - cpu;

  Bytes out;
  const std::int64_t reading = bench::now_ns();
  for (int i = 0; i < 100'000; ++i) {
    if (store->get("customer-" + std::to_string(random() % settings.keys), out))
      cost.checksum += static_cast<unsigned char>(out[8]);
  }
  cost.read_us = static_cast<double>(bench::now_ns() - reading) / 1e3 / 100'000;
  const double read_cpu = bench::cpu_s();
  check(database.flush());
  while (!resting(database)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  cost.all_wall_s = wall();
  cost.all_cpu_s = cost.cpu_s + bench::cpu_s() - read_cpu;
  check(opened.value()->close());
  std::filesystem::remove_all(settings.directory);
  return cost;
}

int run(const Settings& settings) {
  Cost best[2];
  for (int round = 0; round < settings.rounds; ++round) {
    for (const bool sorted : {false, true}) {
      const Cost cost = restore(settings, sorted);
      std::printf("%-8s %6.2f s, CPU %6.2f s; reads then take %5.2f us; at rest after %6.2f s, CPU %6.2f s\n",
                  sorted ? "sorted" : "commits", cost.wall_s, cost.cpu_s, cost.read_us, cost.all_wall_s,
                  cost.all_cpu_s);
      std::fflush(stdout);
      if (sorted && cost.checksum != best[0].checksum) throw std::runtime_error("The stores differ.");
      Cost& kept = best[sorted ? 1 : 0];
      if (round == 0 || cost.cpu_s < kept.cpu_s) kept = cost;
    }
  }
  std::printf("commits / sorted: wall %.2f, CPU %.2f; to rest: wall %.2f, CPU %.2f\n", best[0].wall_s / best[1].wall_s,
              best[0].cpu_s / best[1].cpu_s, best[0].all_wall_s / best[1].all_wall_s,
              best[0].all_cpu_s / best[1].all_cpu_s);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
