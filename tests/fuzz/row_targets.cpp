// Rows on disk, as no store may have written them.
#include "surroundings.hpp"

#include <state/key_bytes.hpp>
#include <state/session_rows.hpp>
#include <state/versions.hpp>
#include <state/window_rows.hpp>

#include <rocksdb/db.h>

#include <filesystem>

namespace streams::fuzz {
namespace {

using namespace streams::state;
namespace fs = std::filesystem;

/// Puts rows until the input ends.
void put_rows(Parts& parts, ByteStore& rows) {
  while (!parts.empty()) {
    const Bytes key = parts.bytes(), value = parts.bytes();
    rows.put(key, value);
  }
}

void window_rows(BytesView input) {
  Parts parts(input);
  Surroundings around;
  const std::uint8_t flags = parts.byte();
  const WindowSpec spec{.retention_ms = parts.number() & INT64_MAX,
                        .segment_interval_ms = flags >> 5,
                        .exact_expiry = (flags & 2) != 0,
                        .time_ordered = (flags & 4) != 0};
  put_rows(parts, around.rows());
  const auto store = make_window_store(around.rows(), spec, ValueFormat::kPlain, around.context());
  read_all(*store);
  store->put("k", "v", 5);
  store->flush();
}

void session_rows(BytesView input) {
  Parts parts(input);
  Surroundings around;
  const std::uint8_t flags = parts.byte();
  const SessionSpec spec{.retention_ms = parts.number() & INT64_MAX,
                         .segment_interval_ms = flags >> 5,
                         .exact_expiry = (flags & 2) != 0,
                         .time_ordered = (flags & 4) != 0};
  put_rows(parts, around.rows());
  const auto store = make_session_store(around.rows(), spec, ValueFormat::kPlain, around.context());
  read_all(*store);
  store->put("k", 5, 9, "v");
  store->flush();
}

void versioned_rows(BytesView input) {
  Parts parts(input);
  Surroundings around;
  const std::uint8_t interval = parts.byte();
  const VersionedSpec spec{parts.number() & INT64_MAX, interval};
  put_rows(parts, around.rows());
  const auto store = make_versioned_store(around.rows(), spec, around.context());
  read_all(*store);
  store->put("k", "v", 5);
  store->put("k", std::nullopt, 3);
  store->flush();
}

/// What a task's database says of itself: layout and offsets. Slow, as each input makes one.
void offset_rows(BytesView input) {
  static const fs::path folder = scratch_folder();
  fs::remove_all(folder);
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    require(rocksdb::DB::Open(options, folder.string(), &opened).ok(), "no database can be made");
    const std::unique_ptr<rocksdb::DB> database(opened);
    for (Parts parts(input); !parts.empty();) {
      const Bytes key = parts.bytes(), value = parts.bytes();
      require(database->Put(rocksdb::WriteOptions(), key, value).ok(), "the database takes no row");
    }
    require(database->Close().ok(), "the database does not close");
  }
  const auto database = open_rocksdb(folder.string(), {"store"}, make_memory_bound(1 << 20));
  if (database.ok()) {
    for (const auto& [partition, offset] : database.value()->offsets()) require(offset + 1 > offset, "no offset");
  } else {
    require(!database.status().message().empty(), "a database is refused without a word");
  }
  fs::remove_all(folder);
}

// -- seeds

Bytes ordered(std::int64_t value, BytesView rest) {
  Bytes bytes;
  append_ordered(bytes, value);
  return bytes += rest;
}

Bytes saved_time(Timestamp time) {
  Bytes bytes;
  append_i64(bytes, time);
  append_i32(bytes, 7);
  return bytes;
}

/// Rows of two segments, an index entry and the saved time, for each kind of store.
std::vector<Bytes> segment_seeds(BytesView first, BytesView second, BytesView index_entry) {
  std::vector<Bytes> seeds;
  for (const std::uint8_t flags : {32, 34, 36, 38}) {
    seeds.push_back(PartsWriter()
                        .byte(flags)
                        .number(100)
                        .bytes("")
                        .bytes(saved_time(9))
                        .bytes(index_entry)
                        .bytes("")
                        .bytes(first)
                        .bytes("v")
                        .bytes(second)
                        .bytes("w")
                        .input());
  }
  return seeds;
}

std::vector<Bytes> window_seeds() {
  Bytes first = ordered(5, ""), second = ordered(9, "");
  append_window_key(first, "k", 5, 0);
  append_window_key(second, "k", 9, 0);
  Bytes entry(1, '\0');
  append_ordered(entry, 5);
  entry += "k";
  append_i32(entry, 0);
  return segment_seeds(first, second, entry);
}

std::vector<Bytes> session_seeds() {
  Bytes first = ordered(5, ""), second = ordered(9, "");
  append_session_key(first, "k", 4, 5);
  append_session_key(second, "k", 8, 9);
  Bytes entry(1, '\0');
  append_ordered(entry, 5);
  append_ordered(entry, 4);
  return segment_seeds(first, second, entry + "k");
}

std::vector<Bytes> versioned_seeds() {
  Bytes newest;
  append_i64(newest, 9);
  const Bytes older = write_versions({{1, 5, Bytes("v")}, {5, 9, std::nullopt}});
  PartsWriter some, deleted;
  some.byte(1).number(100).bytes(BytesView("\0k", 2)).bytes(newest + "v").bytes(ordered(9, "k")).bytes(older);
  deleted.byte(1).number(100).bytes(ordered(9, "k")).bytes(write_versions({{9, Version::kOpen, std::nullopt}}));
  return {some.input(), deleted.input()};
}

std::vector<Bytes> offset_seeds() {
  Bytes layout, offset;
  append_i64(layout, 1);
  append_i64(offset, 1234);
  return {PartsWriter().bytes("layout").bytes(layout).bytes("offset/app-counts-changelog-0").bytes(offset).input()};
}

}  // namespace

std::vector<Target> row_targets() {
  return {{"window_rows", window_rows, window_seeds},
          {"session_rows", session_rows, session_seeds},
          {"versioned_rows", versioned_rows, versioned_seeds},
          {"offset_rows", offset_rows, offset_seeds}};
}

}  // namespace streams::fuzz
