// Options of RocksDB: many small databases in one process, within a memory bound.
#include <state/rocksdb_options.hpp>

#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstdarg>

namespace streams::state {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

/// RocksDB writes no log file of its own: on a full disk Debian's build fails an assertion in there and ends the
/// process.
class NoLog final : public rocksdb::Logger {
 public:
  NoLog() : Logger(rocksdb::FATAL_LEVEL) {}
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace

/// Write buffers are charged to the cache, so that its capacity bounds both; they get at most half of it.
MemoryBound::MemoryBound(std::size_t bytes)
    : cache_(rocksdb::NewLRUCache(std::max(bytes, kMiB))),
      write_buffers_(std::make_shared<rocksdb::WriteBufferManager>(std::max(bytes, kMiB) / 2, cache_)) {}

std::shared_ptr<MemoryBound> make_memory_bound(std::size_t bytes) { return std::make_shared<MemoryBound>(bytes); }
std::size_t memory_used(const MemoryBound& memory) { return memory.used(); }

rocksdb::Options rocksdb_options(const MemoryBound& memory) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.atomic_flush = true;  // rows and the offsets they stand for reach the disk together
  options.write_buffer_manager = memory.write_buffers_;
  options.write_buffer_size = 16 * kMiB;  // larger ones cost cache misses
  options.arena_block_size =
      64 * 1024;  // a task may have many small stores; no bloom filter in memory for the same reason
  options.max_write_buffer_number = 3;
  options.allow_concurrent_memtable_write = false;  // one thread writes a task's state
  options.max_background_jobs = 4;
  options.max_open_files = 512;
  options.target_file_size_base = 32 * kMiB;
  options.max_bytes_for_level_base = 128 * kMiB;
  options.compression = rocksdb::kLZ4Compression;
  options.skip_stats_update_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.bgerror_resume_retry_interval = 100'000;  // microseconds until a disk that refused is tried again
  options.info_log = std::make_shared<NoLog>();

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = memory.cache_;
  table.cache_index_and_filter_blocks = true;  // or they would be beside the bound
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
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
    message += ". The disk is full.";
  } else if (reason.find("Permission denied") != std::string::npos || reason.find("Read-only") != std::string::npos) {
    message += ". The state directory must be writable.";
  }
  return {StatusCode::kIo, std::move(message)};
}

}  // namespace streams::state
