// Options of RocksDB: many small databases in one process, within a memory bound.
#include <state/rocksdb_options.hpp>

#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <sys/resource.h>

#include <algorithm>
#include <cstdarg>
#include <thread>

namespace streams::state {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kMinCacheBytes = 4 * kMiB;
/// Measured with glibc's allocator, whose threads have an arena each.
constexpr std::size_t allocator_loss(std::size_t bytes) { return bytes / 16 * 3; }
constexpr std::size_t kKeptPart = 32;  ///< of the bound, for empty rows that wait to be used again
// Measured: what an open database takes of its own, and each of its column families.
constexpr std::int64_t kDatabaseBytes = 96 * 1024;
constexpr std::int64_t kFamilyBytes = 40 * 1024;
constexpr int kFilesOfADatabase = 10;

/// RocksDB writes no log file of its own: on a full disk Debian's build fails an assertion in there and ends the
/// process.
class NoLog final : public rocksdb::Logger {
 public:
  NoLog() : Logger(rocksdb::FATAL_LEVEL) {}
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

std::shared_ptr<rocksdb::TableFactory> make_table_factory(std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.cache_index_and_filter_blocks = true;  // or they would be beside the bound
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  for (const auto role :
       {rocksdb::CacheEntryRole::kBlockBasedTableReader, rocksdb::CacheEntryRole::kFilterConstruction}) {
    table.cache_usage_options.options_overrides[role].charged = rocksdb::CacheEntryRoleOptions::Decision::kEnabled;
  }
  return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(table));
}

/// Shards of a cache keep their share each, and write buffers are charged by quarters of a MiB.
int shard_bits(std::size_t capacity) {
  int bits = 0;
  while (bits < 6 && (capacity >> (bits + 1)) >= 4 * kMiB) ++bits;
  return bits;
}

}  // namespace

MemoryBound::MemoryBound(std::size_t bytes)
    : bytes_(bytes),
      trim_(std::make_unique<AllocatorTrim>(bytes)),
      cache_(rocksdb::NewLRUCache(cache_bytes(), shard_bits(cache_bytes()))),
      write_buffers_(std::make_shared<rocksdb::WriteBufferManager>(cache_->GetCapacity() / 2, cache_)),
      tables_(make_table_factory(cache_)) {}

std::size_t MemoryBound::cache_bytes() const {
  const std::size_t beside = uncommitted_share(bytes_) + restoring_share(bytes_) + standby_share(bytes_) +
                             bytes_ / kKeptPart + allocator_loss(bytes_) + open_;
  return std::max(beside < bytes_ ? bytes_ - beside : 0, kMinCacheBytes);
}

void MemoryBound::add_databases(std::int64_t databases, std::int64_t families) {
  add_open(databases * kDatabaseBytes + families * kFamilyBytes);
}

void MemoryBound::add_open(std::int64_t bytes) {
  std::lock_guard lock(mutex_);
  open_ += static_cast<std::size_t>(bytes);
  cache_->SetCapacity(cache_bytes());
  write_buffers_->SetBufferSize(cache_bytes() / 2);
}

bool MemoryBound::keep(std::size_t& kept, std::size_t wanted) {
  std::lock_guard lock(mutex_);
  const bool fits = kept_ - kept + wanted <= bytes_ / kKeptPart;
  kept_ -= kept;
  kept = fits ? wanted : 0;
  kept_ += kept;
  return fits;
}

std::shared_ptr<MemoryBound> make_memory_bound(std::size_t bytes) { return std::make_shared<MemoryBound>(bytes); }
std::size_t memory_used(const MemoryBound& memory) { return memory.used(); }

rocksdb::Options rocksdb_options(const MemoryBound& memory) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.atomic_flush = true;  // rows and the offsets they stand for reach the disk together
  options.write_buffer_manager = memory.write_buffers_;
  options.write_buffer_size = 16 * kMiB;  // larger ones cost cache misses
  // A process may have many small stores: nothing is allocated ahead, and there is no bloom filter in memory.
  options.arena_block_size = 8 * 1024;
  options.writable_file_max_buffer_size = 8 * 1024;
  options.table_cache_numshardbits = 1;
  options.max_write_buffer_number = 3;
  options.level0_slowdown_writes_trigger = 96;  // restored files pile up
  options.level0_stop_writes_trigger = 128;
  options.allow_concurrent_memtable_write = false;  // one thread writes a task's state
  // Of all databases together, as they share the threads. Each has an arena of the allocator, too.
  options.max_background_jobs = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2u, 4u));
  options.max_open_files = 512;
  options.target_file_size_base = 32 * kMiB;
  options.max_bytes_for_level_base = 128 * kMiB;
  options.compression = rocksdb::kLZ4Compression;
  options.skip_stats_update_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.bgerror_resume_retry_interval = 100'000;  // microseconds until a disk that refused is tried again
  options.info_log = std::make_shared<NoLog>();

  options.table_factory = memory.tables_;
  return options;
}

Status rocksdb_failure(const std::string& what, const std::string& directory, const rocksdb::Status& status) {
  const std::string reason = status.ToString();
  std::string message = what + " '" + directory + "': " + reason;
  if (status.IsCorruption()) {
    message += ". Remove the directory: the state is restored from its changelog.";
    return {StatusCode::kCorrupted, std::move(message)};
  }
  if (reason.find("lock") != std::string::npos || reason.find("LOCK") != std::string::npos) {
    message += ". Another task or process has it open; every process needs a state directory of its own.";
  } else if (status.IsNoSpace() || reason.find("No space left") != std::string::npos) {
    message += ". The disk is full: make room and start again, and everything goes on from the last commit.";
  } else if (reason.find("Too many open files") != std::string::npos) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    message += ". This process may have " + std::to_string(limit.rlim_cur) +
               " files open; each task with stores on disk takes about " + std::to_string(kFilesOfADatabase) +
               " and some more for each store. Raise the limit (ulimit -n, LimitNOFILE of systemd).";
  } else if (reason.find("Permission denied") != std::string::npos || reason.find("Read-only") != std::string::npos) {
    message += ". The state directory must be writable.";
  }
  return {StatusCode::kIo, std::move(message)};
}

}  // namespace streams::state
