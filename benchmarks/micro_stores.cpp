// What a get and a put of a store cost, with the writes of many commits behind them.
#include <state/stores.hpp>

#include <benchmark/benchmark.h>

#include <filesystem>
#include <random>
#include <string>

#include <unistd.h>

namespace {

using namespace streams::state;

constexpr std::size_t kKeys = 100'000;

std::string key_of(std::size_t i) {
  std::string digits = std::to_string(i);
  return "user-" + std::string(6 - digits.size(), '0') + digits;
}

enum Where { kInMemory, kRocksDb, kRocksDbCounting };

/// A database with all keys committed.
struct Fixture {
  explicit Fixture(std::int64_t where) {
    if (where != kInMemory) {
      directory = std::filesystem::temp_directory_path() / ("streams-micro-bench-" + std::to_string(::getpid()));
      memory = make_memory_bound(64 << 20);
      auto opened = open_rocksdb(directory.string(), {"rows"}, memory, where == kRocksDbCounting);
      if (!opened.ok()) throw std::runtime_error(opened.status().message());
      database = std::move(opened).value();
    } else {
      database = make_in_memory({"rows"});
    }
    ByteStore& rows = database->family("rows");
    for (std::size_t i = 0; i < kKeys; ++i) rows.put(key_of(i), std::string(16, 'v'));
    if (!database->commit({}).ok()) throw std::runtime_error("the rows cannot be written");
  }
  ~Fixture() {
    database.reset();
    if (!directory.empty()) std::filesystem::remove_all(directory);
  }
  std::filesystem::path directory;
  std::shared_ptr<MemoryBound> memory;
  std::unique_ptr<StateDatabase> database;
};

void StoreGet(benchmark::State& state) {
  Fixture fixture(state.range(0));
  const ByteStore& rows = fixture.database->family("rows");
  std::mt19937_64 random(1);
  streams::Bytes value;
  for (auto _ : state) benchmark::DoNotOptimize(rows.get(key_of(random() % kKeys), value));
}

/// Read, change, write, and a commit every 10,000 writes: what an aggregation does.
void StoreReadModifyWrite(benchmark::State& state) {
  Fixture fixture(state.range(0));
  ByteStore& rows = fixture.database->family("rows");
  std::mt19937_64 random(1);
  streams::Bytes value;
  std::int64_t writes = 0;
  for (auto _ : state) {
    const std::string key = key_of(random() % kKeys);
    rows.get(key, value);
    ++value[0];
    rows.put(key, value);
    if (++writes % 10'000 == 0 && !fixture.database->commit({{"changelog-0", writes}}).ok()) {
      state.SkipWithError("a commit failed");
    }
  }
}
BENCHMARK(StoreGet)->ArgName("where")->DenseRange(kInMemory, kRocksDbCounting);
BENCHMARK(StoreReadModifyWrite)->ArgName("where")->DenseRange(kInMemory, kRocksDbCounting);

}  // namespace
