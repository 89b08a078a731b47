// What the fetch of a key's windows costs, what stream-stream joins and windowed counts ask of their stores, and what
// restoring them costs.
#include <state/key_bytes.hpp>
#include <state/stores.hpp>

#include <benchmark/benchmark.h>

#include <filesystem>
#include <random>
#include <string>

#include <unistd.h>

namespace {

using namespace streams::state;
using streams::Bytes;

constexpr std::int64_t kKeys = 100'000;
constexpr std::int64_t kRowsPerKey = 5;
constexpr std::int64_t kWritesPerCommit = 10'000;

Bytes key_of(std::int64_t i) {
  const std::string digits = std::to_string(i);
  return "order-" + std::string(9 - digits.size(), '0') + digits;
}

/// Two window stores of one task.
struct Fixture {
  Fixture(bool persistent, std::int64_t retention_ms, bool join = true) {
    if (persistent) {
      directory = std::filesystem::temp_directory_path() / ("streams-micro-bench-" + std::to_string(::getpid()));
      memory = make_memory_bound(64 << 20);
      auto opened = open_rocksdb(directory.string(), {"left", "right"}, memory);
      if (!opened.ok()) throw std::runtime_error(opened.status().message());
      database = std::move(opened).value();
    } else {
      database = make_in_memory({"left", "right"});
    }
    WindowSpec spec{.retention_ms = retention_ms, .window_ms = 10'000, .retain_duplicates = join};
    spec.exact_expiry = !persistent;
    const StoreContext context{record, {}, nullptr};
    left = make_window_store(database->family("left"), spec, ValueFormat::kPlain, context);
    right = make_window_store(database->family("right"), spec, ValueFormat::kPlain, context);
  }
  ~Fixture() {
    left.reset();
    right.reset();
    database.reset();
    if (!directory.empty()) std::filesystem::remove_all(directory);
  }
  void commit() {
    left->flush();
    right->flush();
    if (!database->commit({}).ok()) throw std::runtime_error("the rows cannot be written");
  }
  /// Counts what it finds.
  std::int64_t fetch(WindowBytes& store, const Bytes& key, std::int64_t from, std::int64_t to) {
    std::int64_t bytes = 0;
    for (auto rows = store.fetch(key, from, to, false); rows->valid(); rows->next())
      bytes += static_cast<std::int64_t>(rows->value().size());
    return bytes;
  }

  std::filesystem::path directory;
  std::shared_ptr<MemoryBound> memory;
  std::unique_ptr<StateDatabase> database;
  streams::RecordContext record;
  std::unique_ptr<WindowBytes> left, right;
};

/// Of random keys among committed ones; `present`: they have rows.
void WindowFetch(benchmark::State& state) {
  Fixture fixture(state.range(0) != 0, 3'600'000);
  std::mt19937_64 random(1);
  for (std::int64_t i = 0; i < kKeys * kRowsPerKey; ++i) {
    fixture.left->put(key_of(static_cast<std::int64_t>(random() % kKeys) * 2), Bytes(60, 'v'), i / 10);
    if (i % kWritesPerCommit == 0) fixture.commit();
  }
  fixture.commit();
  const std::int64_t odd = state.range(1) != 0 ? 0 : 1;
  for (auto _ : state) {
    const Bytes key = key_of(static_cast<std::int64_t>(random() % kKeys) * 2 + odd);
    benchmark::DoNotOptimize(fixture.fetch(*fixture.left, key, 0, kKeys));
  }
}

/// Orders, and their payments two seconds later, a thousand of each per second; half of the fetches find a partner.
/// `commit`: the records between two commits.
void WindowJoin(benchmark::State& state) {
  Fixture fixture(state.range(0) != 0, 120'000);
  constexpr std::int64_t kDelay = 2000;
  const Bytes value(60, 'v');
  std::int64_t i = kDelay;
  for (auto _ : state) {
    ++i;
    const Bytes order = key_of(i), payment = key_of(i - kDelay);
    fixture.left->put(order, value, i);
    benchmark::DoNotOptimize(fixture.fetch(*fixture.right, order, i - 5000, i + 5000));
    fixture.right->put(payment, value, i);
    benchmark::DoNotOptimize(fixture.fetch(*fixture.left, payment, i - 5000, i + 5000));
    if (i % state.range(1) == 0) fixture.commit();
  }
}

/// Read and write of the current window of one of ten thousand keys, ten thousand records per second.
void WindowCount(benchmark::State& state) {
  Fixture fixture(state.range(0) != 0, 120'000, false);
  std::mt19937_64 random(1);
  Bytes value;
  std::int64_t i = 0;
  for (auto _ : state) {
    const Bytes key = key_of(static_cast<std::int64_t>(random() % 10'000));
    const std::int64_t start = ++i / 100'000 * 10'000;
    if (!fixture.left->get(key, start, value)) value.assign(16, 'v');
    ++value[0];
    fixture.left->put(key, value, start);
    if (i % kWritesPerCommit == 0) fixture.commit();
  }
}

/// Of rows with their own keys, ten thousand per second.
void WindowRestore(benchmark::State& state) {
  Fixture fixture(true, 120'000, state.range(0) != 0);
  const Bytes value(60, 'v');
  Bytes row;
  std::int64_t i = 0;
  for (auto _ : state) {
    row = key_of(++i);
    append_i64(row, i / 10);
    append_i32(row, static_cast<std::int32_t>(i));
    fixture.left->restore(row, value, i, {});
    if (i % 100'000 == 0 && !fixture.database->commit_restored({}, false).ok()) state.SkipWithError("not written");
  }
}
BENCHMARK(WindowFetch)->ArgNames({"rocksdb", "present"})->ArgsProduct({{0, 1}, {0, 1}});
BENCHMARK(WindowJoin)->ArgNames({"rocksdb", "commit"})->ArgsProduct({{0, 1}, {200, 2000, 10'000}})->Iterations(500'000);
BENCHMARK(WindowCount)->ArgName("rocksdb")->Arg(0)->Arg(1)->Iterations(1'000'000);
BENCHMARK(WindowRestore)->ArgName("join")->Arg(0)->Arg(1)->Iterations(1'000'000);

}  // namespace
