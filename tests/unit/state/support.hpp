// What tests of stores share: a changelog that remembers, and rows as text.
#pragma once

#include <state/stores.hpp>

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace streams::state {

using Rows = std::vector<std::pair<std::string, std::string>>;

inline Rows rows_of(ByteIterator& it) {
  Rows rows;
  for (; it.valid(); it.next()) rows.emplace_back(it.key(), it.value());
  return rows;
}
inline Rows rows_of(std::unique_ptr<ByteIterator> it) { return rows_of(*it); }

/// Window rows as "key@start=value".
inline std::vector<std::string> windows_of(std::unique_ptr<WindowIterator> it) {
  std::vector<std::string> rows;
  for (; it->valid(); it->next()) {
    rows.push_back(std::string(it->key()) + "@" + std::to_string(it->start()) + "=" + std::string(it->value()));
  }
  return rows;
}

/// Where databases of tests live: in memory if possible, because RocksDB waits for the disk many times.
inline std::filesystem::path scratch_directory() {
  std::error_code error;
  const std::filesystem::path shared = "/dev/shm";
  const auto space = std::filesystem::space(shared, error);
  return !error && space.available > (512U << 20) ? shared : std::filesystem::temp_directory_path();
}

inline std::string hex(BytesView bytes) {
  static const char* const digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

/// Remembers records as "<hex key>=<value or null>@<timestamp>[<header names and values>]".
class RecordingChangelog final : public Changelog {
 public:
  void log(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    std::string text = hex(key) + "=" + (value ? std::string(*value) : "null") + "@" + std::to_string(timestamp);
    for (const Header& header : headers) text += "[" + header.key + ":" + header.value.value_or("null") + "]";
    records.push_back(text);
  }
  std::vector<std::string> records;
};

/// A store's surroundings.
struct Surroundings {
  std::unique_ptr<StateDatabase> database = make_in_memory({"store"});
  RecordContext record;
  RecordingChangelog changelog;
  int dropped = 0;

  StoreContext context() {
    return {record, [this] { ++dropped; }, &changelog, "store"};
  }
  ByteStore& rows() { return database->family("store"); }
};

/// A limit on the size of files stands for a disk that takes no more.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : before_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit small{bytes, limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }

 private:
  void (*before_)(int);
  rlimit limit_{};
};

}  // namespace streams::state
