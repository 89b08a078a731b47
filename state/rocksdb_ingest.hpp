// Rows that reach a database as sorted files, past its write buffers.
#pragma once

#include <state/overlay.hpp>

#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace streams::state {

/// What a commit applies after the erased ranges, sorted by key.
std::vector<const Overlay::Table::Node*> sorted_writes(const Overlay& writes);

/// Collects a file per column family, then adds all of them to the database at once.
class SortedFiles {
 public:
  /// Files lie in `directory` until they are added. Nothing else may be adding there.
  SortedFiles(rocksdb::DB& db, std::string directory) : db_(db), directory_(std::move(directory)) {}
  ~SortedFiles() { remove_left_over(directory_); }
  SortedFiles(const SortedFiles&) = delete;
  SortedFiles& operator=(const SortedFiles&) = delete;

  rocksdb::Status write(rocksdb::ColumnFamilyHandle* family, const Overlay& writes);
  /// Rows in the order of their keys.
  rocksdb::Status write(rocksdb::ColumnFamilyHandle* family, const std::vector<std::pair<Bytes, Bytes>>& rows);
  /// All or nothing, and on disk when it returns.
  rocksdb::Status add();

  /// Of a process that ended while it wrote them.
  static void remove_left_over(const std::string& directory);

 private:
  using Rows = std::function<rocksdb::Status(rocksdb::SstFileWriter&)>;
  rocksdb::Status write(rocksdb::ColumnFamilyHandle* family, const Rows& rows);

  rocksdb::DB& db_;
  const std::string directory_;
  std::vector<rocksdb::IngestExternalFileArg> files_;
};

}  // namespace streams::state
