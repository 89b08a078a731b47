// State on disk: one RocksDB per task.
//
// Layout, version 1 (stored on disk: a change needs a new version): the default column family holds "layout" -> i64
// version and "offset/<topic>-<partition>" -> i64 offset; the rows of family <name> are in column family
// "store/<name>". Invariants:
// 1. There is no write-ahead log. Column families are flushed together, so a crash goes back to a commit, with its
// offsets.
// 2. The layout row is on disk before anything else is.
#include <state/key_bytes.hpp>
#include <state/overlay.hpp>
#include <state/rocksdb_ingest.hpp>
#include <state/rocksdb_options.hpp>
#include <state/rocksdb_rows.hpp>
#include <streams/errors.hpp>

#include <rocksdb/db.h>
#include <rocksdb/statistics.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <utility>

namespace streams::state {
namespace {

using rocksdb::ColumnFamilyHandle;

constexpr std::int64_t kLayoutVersion = 1;
constexpr std::size_t kMinSortedFileBytes = 1u << 20;  ///< below, a file's own costs outweigh what it saves
constexpr int kPiledFiles = 64;
constexpr BytesView kLayoutKey = "layout";
constexpr BytesView kOffsetPrefix = "offset/";
constexpr BytesView kFamilyPrefix = "store/";

struct RocksFamily {
  RocksFamily(rocksdb::DB& db, ColumnFamilyHandle* handle) : committed(db, handle) {}
  RocksRows committed;
  Overlay writes{committed};
  std::size_t kept = 0;  ///< memory of `writes` that waits to be used again
  bool piling = false;   ///< restoring: files pile up before they are merged
};

class RocksDatabase final : public StateDatabase {
 public:
  RocksDatabase(std::string directory, std::shared_ptr<MemoryBound> memory, bool counting)
      : directory_(std::move(directory)),
        memory_(std::move(memory)),
        statistics_(counting ? rocksdb::CreateDBStatistics() : nullptr) {
    write_options_.disableWAL = true;
  }
  ~RocksDatabase() override { close().ignore("whoever wants to know calls close() first"); }

  Status open(const std::vector<std::string>& families);

  ByteStore& family(const std::string& name) override;
  const std::map<std::string, std::int64_t>& offsets() const override { return offsets_; }
  Status commit(const std::map<std::string, std::int64_t>& offsets) override;
  Status commit_restored(const std::map<std::string, std::int64_t>& offsets, bool done) override;
  void discard() override {
    for (auto& [name, family] : families_) {
      memory_->keep(family.kept, 0);
      family.writes.clear(false);
    }
  }
  std::size_t uncommitted_bytes() const override {
    std::size_t bytes = 0;
    for (const auto& [name, family] : families_) bytes += family.writes.bytes();
    return bytes;
  }
  bool persistent() const override { return true; }
  std::optional<std::uint64_t> property(const std::string& family, const std::string& name) const override;
  StorageCounts counts() const override;
  StorageTimes times(StorageWork of) const override;
  Status forget(const std::string& family, const std::string& partition) override;
  Status flush() override;
  Status close() override;

 private:
  /// RocksDB wants all of them to be opened.
  Result<std::vector<std::string>> existing_column_families(const rocksdb::Options& options) const;
  Status create_families(const std::vector<std::string>& families);
  void add_family(ColumnFamilyHandle* handle);
  Status check_layout();
  Status read_offsets();
  static void append(rocksdb::WriteBatch& batch, const RocksFamily& family);
  /// Rows of offsets that differ from what is stored, by key.
  std::vector<std::pair<Bytes, Bytes>> offset_rows(const std::map<std::string, std::int64_t>& offsets) const;
  void committed(const std::map<std::string, std::int64_t>& offsets);
  void charge(std::size_t beside) {
    if (beside != beside_) memory_->add_open(static_cast<std::int64_t>(beside) - static_cast<std::int64_t>(beside_));
    beside_ = beside;
  }
  /// Whether files are to pile up before RocksDB merges them.
  rocksdb::Status pile_up(RocksFamily& family, bool up);
  Status failure(const char* what, const rocksdb::Status& status) const {
    return rocksdb_failure(what, directory_, status);
  }

  const std::string directory_;
  const std::shared_ptr<MemoryBound> memory_;
  const std::shared_ptr<rocksdb::Statistics> statistics_;  ///< null: it does not count
  rocksdb::WriteOptions write_options_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<ColumnFamilyHandle*> handles_;
  mutable std::mutex asked_;  ///< held while families come and go, and while others ask about them
  std::map<std::string, RocksFamily> families_;
  std::map<std::string, std::int64_t> offsets_;
  std::size_t beside_ = 0;  ///< what stores keep beside their rows, in bytes
  bool dirty_ = false;      ///< something was written since the last flush
};

Result<std::vector<std::string>> RocksDatabase::existing_column_families(const rocksdb::Options& options) const {
  std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::path(directory_) / "CURRENT", error)) return names;
  const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, directory_, &names);
  if (!status.ok()) return failure("Cannot open the state in", status);
  return names;
}

Status RocksDatabase::open(const std::vector<std::string>& families) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return failure("Cannot create the state directory", rocksdb::Status::IOError(error.message()));
  rocksdb::Options options = rocksdb_options(*memory_);
  options.statistics = statistics_;
  SortedFiles::remove_left_over(directory_);
  const auto names = existing_column_families(options);
  if (!names.ok()) return names.status();

  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names.value()) descriptors.emplace_back(name, options);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory_, descriptors, &handles_, &db);
  if (!status.ok()) return failure("Cannot open the state in", status);
  db_.reset(db);
  memory_->add_databases(1, static_cast<std::int64_t>(handles_.size()));
  for (ColumnFamilyHandle* handle : handles_) add_family(handle);
  if (Status layout = check_layout(); !layout.ok()) return layout;
  if (Status created = create_families(families); !created.ok()) return created;
  return read_offsets();
}

void RocksDatabase::add_family(ColumnFamilyHandle* handle) {
  const std::string& name = handle->GetName();
  std::lock_guard lock(asked_);
  if (name.starts_with(kFamilyPrefix)) families_.try_emplace(name.substr(kFamilyPrefix.size()), *db_, handle);
}

Status RocksDatabase::create_families(const std::vector<std::string>& families) {
  std::vector<std::string> names;
  for (const std::string& family : families) {
    if (families_.count(family) == 0) names.push_back(std::string(kFamilyPrefix) + family);
  }
  if (names.empty()) return {};
  std::vector<ColumnFamilyHandle*> created;
  const rocksdb::Status status = db_->CreateColumnFamilies(rocksdb_options(*memory_), names, &created);
  memory_->add_databases(0, static_cast<std::int64_t>(created.size()));
  for (ColumnFamilyHandle* handle : created) {
    handles_.push_back(handle);
    add_family(handle);
  }
  return status.ok() ? Status() : failure("Cannot create a store in", status);
}

Status RocksDatabase::check_layout() {
  std::string value;
  rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), slice(kLayoutKey), &value);
  if (status.IsNotFound()) {
    Bytes version;
    append_i64(version, kLayoutVersion);
    status = db_->Put(write_options_, slice(kLayoutKey), version);
    if (status.ok()) status = db_->Flush(rocksdb::FlushOptions(), handles_);
    return status.ok() ? Status() : failure("Cannot write to the state in", status);
  }
  if (!status.ok()) return failure("Cannot read the state in", status);
  const std::int64_t version = value.size() == 8 ? read_i64(value) : -1;
  if (version == kLayoutVersion) return {};
  return {StatusCode::kCorrupted, "The state in '" + directory_ + "' has layout version " + std::to_string(version) +
                                      ", but this library reads version " + std::to_string(kLayoutVersion) +
                                      ". Use the library that wrote it, or remove the directory: the state is then "
                                      "restored from its changelog."};
}

Status RocksDatabase::read_offsets() {
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(rocksdb::ReadOptions()));
  for (rows->Seek(slice(kOffsetPrefix)); rows->Valid() && rows->key().starts_with(slice(kOffsetPrefix)); rows->Next()) {
    const BytesView partition = view(rows->key()).substr(kOffsetPrefix.size());
    const std::int64_t offset = rows->value().size() == 8 ? read_i64(view(rows->value())) : INT64_MAX;
    if (offset == INT64_MAX) {
      return {StatusCode::kCorrupted, "The state in '" + directory_ + "' has an offset for " + std::string(partition) +
                                          " that is none. Remove the directory: the state is then restored from its "
                                          "changelog."};
    }
    offsets_[std::string(partition)] = offset;
  }
  return rows->status().ok() ? Status() : failure("Cannot read the state in", rows->status());
}

ByteStore& RocksDatabase::family(const std::string& name) {
  const auto found = families_.find(name);
  if (found != families_.end()) return found->second.writes;
  if (Status status = create_families({name}); !status.ok()) throw StateError(status.message());
  return families_.at(name).writes;
}

std::optional<std::uint64_t> RocksDatabase::property(const std::string& family, const std::string& name) const {
  std::lock_guard lock(asked_);
  const auto found = families_.find(family);
  std::uint64_t value = 0;
  if (found == families_.end() || !db_->GetIntProperty(found->second.committed.handle(), "rocksdb." + name, &value))
    return std::nullopt;
  return value;
}

StorageCounts RocksDatabase::counts() const {
  StorageCounts out;
  if (!statistics_) return out;
  const auto ticks = [this](rocksdb::Tickers of) { return statistics_->getTickerCount(of); };
  out.bytes_written = ticks(rocksdb::BYTES_WRITTEN);
  out.bytes_read = ticks(rocksdb::BYTES_READ);
  out.bytes_flushed = ticks(rocksdb::FLUSH_WRITE_BYTES);
  out.compaction_bytes_read = ticks(rocksdb::COMPACT_READ_BYTES);
  out.compaction_bytes_written = ticks(rocksdb::COMPACT_WRITE_BYTES);
  out.memtable_hits = ticks(rocksdb::MEMTABLE_HIT);
  out.memtable_misses = ticks(rocksdb::MEMTABLE_MISS);
  out.data_hits = ticks(rocksdb::BLOCK_CACHE_DATA_HIT);
  out.data_misses = ticks(rocksdb::BLOCK_CACHE_DATA_MISS);
  out.index_hits = ticks(rocksdb::BLOCK_CACHE_INDEX_HIT);
  out.index_misses = ticks(rocksdb::BLOCK_CACHE_INDEX_MISS);
  out.filter_hits = ticks(rocksdb::BLOCK_CACHE_FILTER_HIT);
  out.filter_misses = ticks(rocksdb::BLOCK_CACHE_FILTER_MISS);
  out.stalled_us = ticks(rocksdb::STALL_MICROS);
  out.file_errors = ticks(rocksdb::NO_FILE_ERRORS);
  return out;
}

StorageTimes RocksDatabase::times(StorageWork of) const {
  if (!statistics_) return {};
  rocksdb::Histograms histogram = rocksdb::WRITE_STALL;
  if (of == StorageWork::kFlush) histogram = rocksdb::FLUSH_TIME;
  if (of == StorageWork::kCompaction) histogram = rocksdb::COMPACTION_TIME;
  rocksdb::HistogramData data;
  statistics_->histogramData(histogram, &data);
  return {data.count, data.average, data.min, data.max};
}

void RocksDatabase::append(rocksdb::WriteBatch& batch, const RocksFamily& family) {
  const Overlay& writes = family.writes;
  ColumnFamilyHandle* handle = family.committed.handle();
  for (const auto& [from, to] : writes.erased_ranges()) batch.DeleteRange(handle, slice(from), slice(to));
  const auto sorted = sorted_writes(writes);  // neighbours are found in the processor's cache
  for (const Overlay::Table::Node* node : sorted) {
    if (node->value.erased) {
      batch.Delete(handle, slice(node->key));
    } else {
      batch.Put(handle, slice(node->key), slice(node->value.value));
    }
  }
}

std::vector<std::pair<Bytes, Bytes>> RocksDatabase::offset_rows(
    const std::map<std::string, std::int64_t>& offsets) const {
  std::vector<std::pair<Bytes, Bytes>> rows;
  for (const auto& [partition, offset] : offsets) {
    const auto known = offsets_.find(partition);
    if (known != offsets_.end() && known->second == offset) continue;
    auto& [key, value] = rows.emplace_back();
    key.assign(kOffsetPrefix).append(partition);
    append_i64(value, offset);
  }
  return rows;
}

void RocksDatabase::committed(const std::map<std::string, std::int64_t>& offsets) {
  std::size_t beside = 0;
  for (auto& [name, family] : families_) {
    beside += family.writes.beside();
    const bool keep = family.writes.empty() || memory_->keep(family.kept, std::max(family.kept, family.writes.bytes()));
    family.writes.clear(keep);
  }
  charge(beside);
  for (const auto& [partition, offset] : offsets) offsets_[partition] = offset;
  memory_->committed();
}

Status RocksDatabase::commit(const std::map<std::string, std::int64_t>& offsets) {
  rocksdb::WriteBatch batch(uncommitted_bytes() / 2);
  for (auto& [name, family] : families_) {
    family.committed.drop_idle_walk();
    const rocksdb::Status status = pile_up(family, false);
    if (!status.ok()) return failure("Cannot write to the state in", status);
    append(batch, family);
  }
  for (const auto& [key, value] : offset_rows(offsets)) batch.Put(slice(key), slice(value));
  if (batch.Count() != 0) {
    const rocksdb::Status status = db_->Write(write_options_, &batch);
    if (!status.ok()) return failure("Cannot write to the state in", status);
    dirty_ = true;
  }
  committed(offsets);
  return {};
}

/// Merging again and again what is restored is most of its costs.
rocksdb::Status RocksDatabase::pile_up(RocksFamily& family, bool up) {
  if (family.piling == up) return {};
  const rocksdb::Status status = db_->SetOptions(
      family.committed.handle(), {{"level0_file_num_compaction_trigger", std::to_string(up ? kPiledFiles : 4)}});
  if (status.ok()) family.piling = up;
  return status;
}

Status RocksDatabase::commit_restored(const std::map<std::string, std::int64_t>& offsets, bool done) {
  if (done && uncommitted_bytes() < kMinSortedFileBytes) return commit(offsets);
  // What a file holds is on disk at once: the commits before it must be, too.
  if (Status flushed = flush(); !flushed.ok()) return flushed;
  SortedFiles files(*db_, directory_);
  rocksdb::Status status;
  for (auto& [name, family] : families_) {
    family.committed.drop_idle_walk();
    const bool much = family.writes.bytes() >= kMinSortedFileBytes;
    if (status.ok() && (done || much)) status = pile_up(family, !done);
    if (status.ok()) status = files.write(family.committed.handle(), family.writes);
  }
  if (status.ok()) status = files.write(db_->DefaultColumnFamily(), offset_rows(offsets));
  if (status.ok()) status = files.add();
  if (!status.ok()) return failure("Cannot write to the state in", status);
  committed(offsets);
  return {};
}

Status RocksDatabase::forget(const std::string& family, const std::string& partition) {
  const auto found = families_.find(family);
  if (found != families_.end()) {
    ColumnFamilyHandle* handle = found->second.committed.handle();
    memory_->keep(found->second.kept, 0);
    memory_->add_databases(0, -1);
    {
      std::lock_guard lock(asked_);
      families_.erase(found);
    }
    std::erase(handles_, handle);
    const rocksdb::Status dropped = db_->DropColumnFamily(handle);
    db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    if (!dropped.ok()) return failure("Cannot delete a store in", dropped);
  }
  if (offsets_.erase(partition) == 0) return {};
  const rocksdb::Status status = db_->Delete(write_options_, slice(Bytes(kOffsetPrefix).append(partition)));
  dirty_ = true;
  return status.ok() ? flush() : failure("Cannot write to the state in", status);
}

Status RocksDatabase::flush() {
  if (!dirty_) return {};
  const rocksdb::Status status = db_->Flush(rocksdb::FlushOptions(), handles_);
  if (!status.ok()) return failure("Cannot write to the state in", status);
  dirty_ = false;
  return {};
}

Status RocksDatabase::close() {
  if (!db_) return {};
  Status result = flush();
  discard();
  memory_->add_databases(-1, -static_cast<std::int64_t>(handles_.size()));
  charge(0);
  {
    std::lock_guard lock(asked_);
    families_.clear();
  }
  for (ColumnFamilyHandle* handle : handles_) {
    db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  handles_.clear();
  const rocksdb::Status status = db_->Close();
  db_.reset();
  if (result.ok() && !status.ok()) result = failure("Cannot close the state in", status);
  return result;
}

}  // namespace

Result<std::unique_ptr<StateDatabase>> open_rocksdb(const std::string& directory,
                                                    const std::vector<std::string>& families,
                                                    std::shared_ptr<MemoryBound> memory, bool counting) {
  auto database = std::make_unique<RocksDatabase>(directory, std::move(memory), counting);
  if (Status status = database->open(families); !status.ok()) return status;
  return std::unique_ptr<StateDatabase>(std::move(database));
}

}  // namespace streams::state
