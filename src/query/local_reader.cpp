// Finding the stores, and walking over them some rows at a time.
#include <query/local_reader.hpp>

#include <streams/store_query.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace streams::query {

using detail::LocalStore;
using detail::RowWalk;
using runtime::OpenWalk;
using runtime::TaskId;
using runtime::ThreadStores;
using Reading = ThreadStores::Reading;

namespace {

// Rows that are copied behind the gate at a time: few at first, for who looks at few.
constexpr std::size_t kFirstRows = 16;
constexpr std::size_t kMostRows = 512;
constexpr std::size_t kMostBytes = 256 * 1024;

[[noreturn]] void throw_migrated(const std::string& store) {
  throw StateStoreMigrated("State store " + store +
                           " was closed while it was read: its task went to another instance, or starts anew. Ask "
                           "metadata_for_store() or query_metadata_for_key() where it is now, and read again.");
}

[[noreturn]] void throw_not_here(const ReaderOptions& options) {
  if (options.partition) {
    throw InvalidStateStorePartition("Partition " + std::to_string(*options.partition) + " of state store " +
                                     options.store +
                                     " is not on this instance: there is no such partition, or another instance has "
                                     "it. Ask metadata_for_store() or query_metadata_for_key().");
  }
  throw StateStoreMigrated("No partition of state store " + options.store +
                           " is on this instance. Ask metadata_for_store() or query_metadata_for_key() which "
                           "instance has it.");
}

[[noreturn]] void throw_rebalancing(const ReaderOptions& options, ThreadState state) {
  throw StreamsRebalancing("State store " + options.store + " cannot be read while a stream thread is " +
                           std::string(name_of(state)) +
                           ", because some of its rows may be missing. Try again a little later, or allow stale "
                           "stores (StoreQueryOptions::stale_stores).");
}

/// A task of a thread that has the store.
struct Target {
  std::shared_ptr<ThreadStores> thread;
  TaskId task;
};

class LocalReader final : public detail::StoreReader {
 public:
  using Open = std::function<std::unique_ptr<RowWalk>(const LocalStore&)>;

  LocalReader(std::shared_ptr<const runtime::LocalStores> stores, ReaderOptions options)
      : stores_(std::move(stores)), options_(std::move(options)) {}

  bool find(const std::function<bool(const LocalStore&)>& look) const override {
    bool any = false;
    for (const auto& thread : threads()) {
      Reading reading(*thread, options_.skip_cache);
      for (const TaskId id : readable(*thread, reading)) {
        const std::optional<LocalStore> store = reading.find(id, options_.store);
        any = true;
        if (look(*store)) return true;
      }
    }
    if (!any) throw_not_here(options_);
    return false;
  }
  std::unique_ptr<RowWalk> scan(Open open) const override;

 private:
  std::vector<std::shared_ptr<ThreadStores>> threads() const {
    check_answers(stores_->state(), options_.store);
    std::vector<std::shared_ptr<ThreadStores>> out = stores_->threads();
    std::erase_if(out, [](const auto& thread) { return thread->state() == ThreadState::kDead; });
    return out;
  }
  /// Behind the gate.
  std::vector<TaskId> readable(const ThreadStores& thread, const Reading& reading) const {
    const ThreadState state = thread.state();
    // Of all partitions together only those that are complete make sense.
    if (!options_.stale && !options_.partition && state != ThreadState::kRunning) throw_rebalancing(options_, state);
    std::vector<TaskId> out;
    for (const Reading::Listed& task : reading.tasks_with(options_.store)) {
      if (options_.partition && task.id.partition != *options_.partition) continue;
      if (task.role == ThreadStores::Role::kStandby && !options_.stale) continue;
      if (task.role == ThreadStores::Role::kRestores && !options_.stale) throw_rebalancing(options_, state);
      out.push_back(task.id);
    }
    return out;
  }

  const std::shared_ptr<const runtime::LocalStores> stores_;
  const ReaderOptions options_;
};

/// Walks over one store after the other. Between two turns behind the gate it holds copies of some rows, and the
/// store's own walk, which the task drops when it closes the store.
class ChunkedWalk final : public RowWalk {
 public:
  ChunkedWalk(std::vector<Target> targets, ReaderOptions options, LocalReader::Open open)
      : targets_(std::move(targets)), options_(std::move(options)), open_(std::move(open)) {
    try {
      fill();
    } catch (...) {
      release();
      throw;
    }
  }
  ~ChunkedWalk() override { release(); }
  ChunkedWalk(const ChunkedWalk&) = delete;
  ChunkedWalk& operator=(const ChunkedWalk&) = delete;

  bool valid() const override { return at_ < rows_.size(); }
  void next() override {
    if (++at_ == rows_.size()) fill();
  }
  BytesView key() const override { return BytesView(bytes_).substr(rows_[at_].key_at, rows_[at_].key_size); }
  BytesView value() const override {
    return BytesView(bytes_).substr(rows_[at_].key_at + rows_[at_].key_size, rows_[at_].value_size);
  }
  Timestamp start() const override { return rows_[at_].start; }
  Timestamp end() const override { return rows_[at_].end; }

 private:
  struct Row {
    std::size_t key_at, key_size, value_size;
    Timestamp start, end;
  };

  void release() {
    if (!std::exchange(announced_, false)) return;
    Reading reading(*targets_[target_].thread);
    reading.remove(walk_);
  }

  void fill() {
    rows_.clear();
    bytes_.clear();
    at_ = 0;
    while (rows_.empty() && target_ < targets_.size()) {
      Reading reading(*targets_[target_].thread);
      if (!announced_) begin(reading);
      if (walk_.lost) throw_migrated(options_.store);
      reading.use(walk_);
      copy();
      if (walk_.rows && walk_.rows->valid()) continue;
      announced_ = false;
      reading.remove(walk_);
      ++target_;
    }
    limit_ = std::min(limit_ * 4, kMostRows);
  }

  void begin(Reading& reading) {
    const std::optional<LocalStore> store = reading.find(targets_[target_].task, options_.store);
    if (!store) throw_migrated(options_.store);
    walk_ = {targets_[target_].task, open_(*store)};
    reading.add(walk_);
    announced_ = true;
  }

  void copy() {
    if (!walk_.rows) return;
    for (RowWalk& from = *walk_.rows; from.valid() && rows_.size() < limit_ && bytes_.size() < kMostBytes;
         from.next()) {
      const BytesView key = from.key(), value = from.value();
      rows_.push_back({bytes_.size(), key.size(), value.size(), from.start(), from.end()});
      bytes_.append(key).append(value);
    }
  }

  const std::vector<Target> targets_;
  const ReaderOptions options_;
  const LocalReader::Open open_;
  std::size_t target_ = 0;
  OpenWalk walk_;
  bool announced_ = false;
  std::vector<Row> rows_;
  Bytes bytes_;
  std::size_t at_ = 0;
  std::size_t limit_ = kFirstRows;
};

std::unique_ptr<RowWalk> LocalReader::scan(Open open) const {
  std::vector<Target> targets;
  for (const auto& thread : threads()) {
    const Reading reading(*thread);
    for (const TaskId id : readable(*thread, reading)) targets.push_back({thread, id});
  }
  if (targets.empty()) throw_not_here(options_);
  return std::make_unique<ChunkedWalk>(std::move(targets), options_, std::move(open));
}

class GlobalReader final : public detail::StoreReader {
 public:
  GlobalReader(std::shared_ptr<const runtime::LocalStores> stores, std::string store)
      : stores_(std::move(stores)), store_(std::move(store)) {}

  bool find(const std::function<bool(const LocalStore&)>& look) const override {
    bool found = false;
    use([&](const LocalStore& store) { found = look(store); });
    return found;
  }
  /// Walks over global stores hold copies of all rows.
  std::unique_ptr<RowWalk> scan(std::function<std::unique_ptr<RowWalk>(const LocalStore&)> open) const override {
    std::unique_ptr<RowWalk> out;
    use([&](const LocalStore& store) { out = open(store); });
    return out;
  }

 private:
  template <class Use>
  void use(Use&& use) const {
    check_answers(stores_->state(), store_);
    const bool there = stores_->with_globals([&](runtime::GlobalStores& globals) {
      const LocalStore store{0, globals.rows(store_), [] { return Position(); }};
      if (!store.rows.any()) throw InvalidStateStore("Global store " + store_ + " keeps its rows to itself.");
      use(store);
    });
    if (there) return;
    throw StreamsRebalancing("Global store " + store_ +
                             " is still being read from its topic. Try again when KafkaStreams is RUNNING.");
  }

  const std::shared_ptr<const runtime::LocalStores> stores_;
  const std::string store_;
};

}  // namespace

std::shared_ptr<const detail::StoreReader> make_global_reader(std::shared_ptr<const runtime::LocalStores> stores,
                                                              std::string store) {
  return std::make_shared<GlobalReader>(std::move(stores), std::move(store));
}

void check_answers(KafkaStreams::State state, const std::string& store) {
  using State = KafkaStreams::State;
  if (state == State::kRunning || state == State::kRebalancing) return;
  if (state == State::kCreated) {
    throw StreamsNotStarted("State store " + store +
                            " cannot be read before KafkaStreams is started. Call start(), then try again.");
  }
  throw StreamsStopped("State store " + store + " cannot be read: KafkaStreams is " + std::string(name_of(state)) +
                       ". Ask another instance, or make a new one.");
}

std::shared_ptr<const detail::StoreReader> make_local_reader(std::shared_ptr<const runtime::LocalStores> stores,
                                                             ReaderOptions options) {
  return std::make_shared<LocalReader>(std::move(stores), std::move(options));
}

}  // namespace streams::query
