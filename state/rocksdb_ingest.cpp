// Writing sorted files, and adding them to a database.
#include <state/rocksdb_ingest.hpp>
#include <state/rocksdb_rows.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace streams::state {

namespace {
constexpr std::string_view kPrefix = "restored-";
}

std::vector<const Overlay::Table::Node*> sorted_writes(const Overlay& writes) {
  std::vector<const Overlay::Table::Node*> sorted;
  sorted.reserve(writes.entries().size());
  writes.entries().for_each([&](const Overlay::Table::Node* node) {
    if (!node->value.erased || !writes.range_erased(node->key)) sorted.push_back(node);
  });
  std::sort(sorted.begin(), sorted.end(), Overlay::Table::ByKey());
  return sorted;
}

rocksdb::Status SortedFiles::write(rocksdb::ColumnFamilyHandle* family, const Rows& rows) {
  const rocksdb::Options options = db_.GetOptions(family);
  rocksdb::SstFileWriter file(rocksdb::EnvOptions(options), options, family, false);
  const std::string path = directory_ + "/" + std::string(kPrefix) + std::to_string(files_.size()) + ".sst";
  files_.push_back({family, {path}, {}, {}, {}, rocksdb::Temperature::kUnknown});
  rocksdb::Status status = file.Open(path);
  if (status.ok()) status = rows(file);
  return status.ok() ? file.Finish() : status;
}

rocksdb::Status SortedFiles::write(rocksdb::ColumnFamilyHandle* family, const Overlay& writes) {
  const auto sorted = sorted_writes(writes);
  if (sorted.empty() && writes.erased_ranges().empty()) return {};
  return write(family, [&](rocksdb::SstFileWriter& file) {
    rocksdb::Status status;
    // All rows of a file are equally old: a range does not erase the rows beside it.
    for (const auto& [from, to] : writes.erased_ranges()) {
      if (status.ok()) status = file.DeleteRange(slice(from), slice(to));
    }
    for (auto node = sorted.begin(); node != sorted.end() && status.ok(); ++node) {
      const Overlay::Entry& row = (*node)->value;
      status = row.erased ? file.Delete(slice((*node)->key)) : file.Put(slice((*node)->key), slice(row.value));
    }
    return status;
  });
}

rocksdb::Status SortedFiles::write(rocksdb::ColumnFamilyHandle* family,
                                   const std::vector<std::pair<Bytes, Bytes>>& rows) {
  if (rows.empty()) return {};
  return write(family, [&](rocksdb::SstFileWriter& file) {
    rocksdb::Status status;
    for (auto row = rows.begin(); row != rows.end() && status.ok(); ++row) status = file.Put(row->first, row->second);
    return status;
  });
}

rocksdb::Status SortedFiles::add() {
  if (files_.empty()) return {};
  for (rocksdb::IngestExternalFileArg& file : files_) {
    file.options.move_files = true;
    file.options.write_global_seqno = false;
  }
  return db_.IngestExternalFiles(files_);
}

void SortedFiles::remove_left_over(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().filename().string().starts_with(kPrefix)) std::filesystem::remove(entry.path(), error);
  }
}

}  // namespace streams::state
