// Whether a process with many stores stays within the memory that it was given: state several times as large is written
// and read, and the resident set is sampled meanwhile.
#include <state/allocator_trim.hpp>
#include <state/record_cache.hpp>
#include <state/stores.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace streams;
using namespace streams::state;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kRowBytes = 48;  ///< of keys, times and offsets of a row on disk, about

struct Settings {
  std::size_t bound_mib = 256;
  std::size_t slack_mib = 64;  ///< what the process may take beside the bound
  int stores = 64;
  int partitions = 16;
  int databases = 64;  ///< per partition: stores of one sub-topology share one
  int seconds = 60;
  double factor = 5;  ///< how much more state than memory
  int threads = 2;
  int value_bytes = 600;
  int commit_ms = 1000;
  std::string directory = (std::filesystem::temp_directory_path() / "streams-memory-bound").string();

  std::size_t bound() const { return bound_mib * kMiB; }
  std::size_t rows_per_store() const {
    const double bytes = factor * static_cast<double>(bound()) / (stores * partitions);
    return std::max<std::size_t>(16, static_cast<std::size_t>(bytes / (value_bytes + static_cast<double>(kRowBytes))));
  }
};

Settings parse(int argc, char** argv) {
  Settings out;
  const std::map<std::string, std::function<void(const char*)>> options{
      {"--bound-mib", [&](const char* value) { out.bound_mib = std::strtoull(value, nullptr, 10); }},
      {"--slack-mib", [&](const char* value) { out.slack_mib = std::strtoull(value, nullptr, 10); }},
      {"--stores", [&](const char* value) { out.stores = std::atoi(value); }},
      {"--partitions", [&](const char* value) { out.partitions = std::atoi(value); }},
      {"--databases", [&](const char* value) { out.databases = std::atoi(value); }},
      {"--seconds", [&](const char* value) { out.seconds = std::atoi(value); }},
      {"--factor", [&](const char* value) { out.factor = std::atof(value); }},
      {"--threads", [&](const char* value) { out.threads = std::atoi(value); }},
      {"--value-bytes", [&](const char* value) { out.value_bytes = std::atoi(value); }},
      {"--commit-ms", [&](const char* value) { out.commit_ms = std::atoi(value); }},
      {"--directory", [&](const char* value) { out.directory = value; }}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = options.find(argv[i]);
    if (option == options.end() || i + 1 == argc) {
      std::string names;
      for (const auto& [name, set] : options) names += " " + name;
      throw std::invalid_argument("Options, each with a value:" + names);
    }
    option->second(argv[i + 1]);
  }
  return out;
}

std::size_t entries_of(const char* directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

struct Load {
  std::mt19937_64 random;
  std::size_t rows = 0;  ///< live ones, per store
  std::string noise;     ///< what does not compress; values are cut out of it
  int value_bytes = 0;

  std::string key(std::size_t i) const { return "key-" + std::to_string(i); }
  std::string_view value() {
    return {noise.data() + random() % (noise.size() - 1024), static_cast<std::size_t>(value_bytes)};
  }
};

constexpr std::int64_t kRetentionMs = 600'000;

/// One store with the work that a processor has with it. The first `rows` steps fill it.
class Worked {
 public:
  virtual ~Worked() = default;
  virtual void step(Load& load) = 0;
  virtual void flush() = 0;

 protected:
  /// The time of the next record: as many rows as wanted fit into the retention.
  std::int64_t next_time(const Load& load) {
    time_ = static_cast<std::int64_t>(static_cast<double>(kRetentionMs) * static_cast<double>(++steps_) /
                                      static_cast<double>(load.rows));
    return time_;
  }
  std::size_t steps_ = 0;
  std::int64_t time_ = 0;
  Bytes row_;
};

class KeyValueWork final : public Worked {
 public:
  explicit KeyValueWork(std::unique_ptr<KeyValueBytes> store) : store_(std::move(store)) {}
  void step(Load& load) override {
    const std::size_t at = steps_ < load.rows ? steps_ : load.random() % load.rows;
    ++steps_;
    const std::string key = load.key(at);
    store_->get(key, row_);
    row_.assign(8, '\0').append(load.value());
    store_->put(key, row_);
    if (steps_ % 128 != 0) return;
    auto rows = store_->range(key, std::nullopt, false);
    for (int i = 0; i < 50 && rows->valid(); ++i) rows->next();
  }
  void flush() override { store_->flush(); }

 private:
  std::unique_ptr<KeyValueBytes> store_;
};

class WindowWork final : public Worked {
 public:
  explicit WindowWork(std::unique_ptr<WindowBytes> store) : store_(std::move(store)) {}
  void step(Load& load) override {
    const std::int64_t now = next_time(load);
    const std::string key = load.key(load.random() % load.rows);
    for (auto rows = store_->fetch(key, now - 60'000, now, false); rows->valid();) rows->next();
    row_.assign(8, '\0').append(load.value());
    store_->put(key, row_, now);
  }
  void flush() override { store_->flush(); }

 private:
  std::unique_ptr<WindowBytes> store_;
};

class SessionWork final : public Worked {
 public:
  explicit SessionWork(std::unique_ptr<SessionBytes> store) : store_(std::move(store)) {}
  void step(Load& load) override {
    const std::int64_t now = next_time(load);
    const std::string key = load.key(load.random() % load.rows);
    for (auto rows = store_->find(key, now - 1000, now + 1000, false); rows->valid();) rows->next();
    store_->put(key, now, now + 500, load.value());
  }
  void flush() override { store_->flush(); }

 private:
  std::unique_ptr<SessionBytes> store_;
};

class VersionedWork final : public Worked {
 public:
  explicit VersionedWork(std::unique_ptr<VersionedBytes> store) : store_(std::move(store)) {}
  void step(Load& load) override {
    const std::int64_t now = next_time(load);
    store_->put(load.key(load.random() % (load.rows / 2 + 1)), load.value(), now);
  }
  void flush() override { store_->flush(); }

 private:
  std::unique_ptr<VersionedBytes> store_;
};

struct TaskState {
  std::unique_ptr<StateDatabase> database;
  RecordContext record;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<Worked>> stores;
  std::int64_t offset = 0;
};

std::unique_ptr<Worked> make_store(int kind, TaskState& task, const std::string& name,
                                   const std::shared_ptr<RecordCache>& cache, const std::string& cache_name) {
  ByteStore& rows = task.database->family(name);
  const StoreContext context{task.record, {}, nullptr, name};
  WindowSpec windows;
  windows.retention_ms = kRetentionMs;
  windows.window_ms = 1000;
  switch (kind) {
    case 0:
      return std::make_unique<KeyValueWork>(make_key_value_store(rows, ValueFormat::kTimestamped, context));
    case 1:
      return std::make_unique<KeyValueWork>(
          make_caching(make_key_value_store(rows, ValueFormat::kTimestamped, context), cache, cache_name, task.record));
    case 2:
      return std::make_unique<WindowWork>(make_window_store(rows, windows, ValueFormat::kTimestamped, context));
    case 3:
      windows.retain_duplicates = true;
      return std::make_unique<WindowWork>(make_window_store(rows, windows, ValueFormat::kPlain, context));
    case 4:
      windows.time_ordered = true;
      return std::make_unique<WindowWork>(make_window_store(rows, windows, ValueFormat::kTimestamped, context));
    case 5: {
      SessionSpec sessions;
      sessions.retention_ms = kRetentionMs;
      return std::make_unique<SessionWork>(make_session_store(rows, sessions, ValueFormat::kPlain, context));
    }
    default: {
      VersionedSpec versions;
      versions.retention_ms = kRetentionMs;
      return std::make_unique<VersionedWork>(make_versioned_store(rows, versions, context));
    }
  }
}
constexpr int kKinds = 7;

void check(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}

/// The tasks of one stream thread.
class Worker {
 public:
  Worker(const Settings& settings, int number, const std::shared_ptr<MemoryBound>& memory)
      : settings_(settings), limit_(uncommitted_share(settings.bound()) / static_cast<std::size_t>(settings.threads)) {
    load_.random.seed(static_cast<std::uint64_t>(number) + 1);
    load_.rows = settings.rows_per_store();
    load_.value_bytes = settings.value_bytes;
    load_.noise.resize(256 * 1024);
    for (char& byte : load_.noise) byte = static_cast<char>(load_.random());
    cache_ = make_record_cache(10 * kMiB / static_cast<std::size_t>(settings.threads));
    for (int partition = number; partition < settings.partitions; partition += settings.threads) {
      for (int database = 0; database < settings.databases; ++database) open(partition, database, memory);
    }
  }

  void run(const std::atomic<bool>& stop) {
    auto committed = SteadyClock::now();
    std::size_t at = 0;
    while (!stop) {
      TaskState& task = *tasks_[at];
      at = (at + 1) % tasks_.size();
      for (int i = 0; i < 64; ++i) {
        for (const auto& store : task.stores) store->step(load_);
      }
      steps_ += 64 * task.stores.size();
      task.offset += 64;
      std::size_t bytes = 0;
      for (const auto& each : tasks_) bytes += each->database->uncommitted_bytes();
      const auto now = SteadyClock::now();
      if (bytes <= limit_ && now - committed < std::chrono::milliseconds(settings_.commit_ms)) continue;
      commit();
      committed = now;
    }
    commit();
  }
  std::uint64_t steps() const { return steps_; }
  std::uint64_t state_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& task : tasks_) {
      for (const std::string& name : task->names)
        bytes += task->database->property(name, "live-sst-files-size").value_or(0);
    }
    return bytes;
  }
  void close() {
    for (const auto& task : tasks_) {
      task->stores.clear();
      check(task->database->close());
    }
    tasks_.clear();
  }

 private:
  void open(int partition, int database, const std::shared_ptr<MemoryBound>& memory) {
    auto task = std::make_unique<TaskState>();
    std::vector<std::string>& names = task->names;
    for (int store = database; store < settings_.stores; store += settings_.databases)
      names.push_back("store-" + std::to_string(store));
    auto opened = open_rocksdb(settings_.directory + "/" + std::to_string(database) + "_" + std::to_string(partition),
                               names, memory);
    check(opened.status());
    task->database = std::move(opened).value();
    for (int store = database; store < settings_.stores; store += settings_.databases) {
      const std::string name = "store-" + std::to_string(store);
      task->stores.push_back(make_store(store % kKinds, *task, name, cache_, std::to_string(partition) + "-" + name));
    }
    tasks_.push_back(std::move(task));
  }
  void commit() {
    for (const auto& task : tasks_) {
      for (const auto& store : task->stores) store->flush();
      check(task->database->commit({{"changelog-0", task->offset}}));
    }
  }

  const Settings& settings_;
  const std::size_t limit_;
  Load load_;
  std::shared_ptr<RecordCache> cache_;
  std::vector<std::unique_ptr<TaskState>> tasks_;
  std::atomic<std::uint64_t> steps_{0};
};

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

int run(const Settings& settings) {
  std::filesystem::remove_all(settings.directory);
  const std::size_t baseline = resident_bytes();
  const auto memory = make_memory_bound(settings.bound());
  const auto opening = SteadyClock::now();
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < settings.threads; ++i) workers.push_back(std::make_unique<Worker>(settings, i, memory));
  std::printf("%d databases of %d stores opened in %.1f s; resident %zu MiB before, %zu MiB after\n",
              settings.partitions * settings.databases, settings.stores / settings.databases, seconds_since(opening),
              baseline / kMiB, resident_bytes() / kMiB);
  std::fflush(stdout);

  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (const auto& worker : workers) threads.emplace_back([&stop, w = worker.get()] { w->run(stop); });
  const auto start = SteadyClock::now();
  std::size_t most = 0, most_used = 0, most_files = 0, most_threads = 0;
  for (int report = 1; seconds_since(start) < settings.seconds;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    most = std::max(most, resident_bytes());
    most_used = std::max(most_used, memory_used(*memory));
    if (seconds_since(start) < settings.seconds * report / 10.0) continue;
    ++report;
    most_files = std::max(most_files, entries_of("/proc/self/fd"));
    most_threads = std::max(most_threads, entries_of("/proc/self/task"));
    std::uint64_t steps = 0, state = 0;
    for (const auto& worker : workers) steps += worker->steps(), state += worker->state_bytes();
    std::printf(
        "%4.0f s: resident %zu MiB (highest %zu), blocks and write buffers %zu MiB, state %zu MiB, %zu k rows "
        "written, %zu open files, %zu threads\n",
        seconds_since(start), resident_bytes() / kMiB, most / kMiB, memory_used(*memory) / kMiB,
        static_cast<std::size_t>(state / kMiB), static_cast<std::size_t>(steps / 1000), entries_of("/proc/self/fd"),
        entries_of("/proc/self/task"));
    std::fflush(stdout);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const auto closing = SteadyClock::now();
  for (const auto& worker : workers) worker->close();
  const bool within = most <= settings.bound() + settings.slack_mib * kMiB;
  std::printf("closed in %.1f s\n", seconds_since(closing));
  std::printf("highest resident set %zu MiB, bound %zu MiB + %zu MiB: %s\n", most / kMiB, settings.bound_mib,
              settings.slack_mib, within ? "within" : "EXCEEDED");
  workers.clear();
  std::filesystem::remove_all(settings.directory);
  return within ? 0 : 1;
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
