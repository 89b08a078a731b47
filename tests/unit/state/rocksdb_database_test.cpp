// State on disk: commits, restarts, crashes, shared memory, and clear errors.
#include "support.hpp"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

namespace streams::state {
namespace {

namespace fs = std::filesystem;
using Offsets = std::map<std::string, std::int64_t>;

class RocksDatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = scratch_directory() / ("streams_state_" + std::to_string(::getpid()) + info->name());
    fs::remove_all(directory_);
  }
  void TearDown() override {
    database_.reset();
    fs::remove_all(directory_);
  }

  StateDatabase& open(const std::vector<std::string>& families = {"store"}) {
    database_.reset();
    auto opened = try_open(families);
    if (!opened.ok()) throw std::runtime_error(opened.status().message());
    database_ = std::move(opened).value();
    return *database_;
  }
  Result<std::unique_ptr<StateDatabase>> try_open(const std::vector<std::string>& families = {"store"}) {
    return open_rocksdb(directory_.string(), families, memory_);
  }
  Rows rows(const std::string& family = "store") {
    return rows_of(database_->family(family).range(std::nullopt, std::nullopt));
  }

  fs::path directory_;
  std::shared_ptr<MemoryBound> memory_ = make_memory_bound(32 << 20);
  std::unique_ptr<StateDatabase> database_;
};

TEST_F(RocksDatabaseTest, CountsWhatItDoesIfAskedTo) {
  auto opened = open_rocksdb(directory_.string(), {"store"}, memory_, true);
  ASSERT_TRUE(opened.ok());
  database_ = std::move(opened).value();
  const StorageCounts before = database_->counts();
  const std::uint64_t flushes = database_->times(StorageWork::kFlush).count;
  database_->family("store").put("key", "0123456789");
  Bytes out;
  EXPECT_TRUE(database_->family("store").get("key", out)) << "not of the database yet";
  ASSERT_TRUE(database_->commit({}).ok());
  // A batch has 12 bytes, and each row of it the kind, the family and two lengths.
  EXPECT_EQ(database_->counts().bytes_written - before.bytes_written, 12u + 4 + 3 + 10);
  EXPECT_EQ(database_->counts().bytes_read, before.bytes_read);
  EXPECT_TRUE(database_->family("store").get("key", out));
  EXPECT_FALSE(database_->family("store").get("other", out));
  EXPECT_EQ(database_->counts().bytes_read - before.bytes_read, 10u);
  EXPECT_EQ(database_->counts().memtable_hits - before.memtable_hits, 1u);
  EXPECT_EQ(database_->counts().memtable_misses - before.memtable_misses, 1u);
  EXPECT_EQ(database_->counts().bytes_flushed, before.bytes_flushed);
  ASSERT_TRUE(database_->flush().ok());
  EXPECT_GT(database_->counts().bytes_flushed, before.bytes_flushed + 13);
  const StorageTimes flush = database_->times(StorageWork::kFlush);
  EXPECT_GT(flush.count, flushes);
  EXPECT_GT(flush.average_us, 0);
  EXPECT_LE(flush.min_us, flush.average_us);
  EXPECT_GE(flush.max_us, flush.average_us);
  EXPECT_TRUE(database_->family("store").get("key", out));
  EXPECT_EQ(database_->counts().memtable_hits - before.memtable_hits, 1u);
  EXPECT_GT(database_->counts().data_hits + database_->counts().data_misses, 0u);
  EXPECT_EQ(database_->times(StorageWork::kCompaction).count, 0u);
  EXPECT_EQ(database_->counts().stalled_us, 0u);
}

TEST_F(RocksDatabaseTest, CountsNothingUnlessAskedTo) {
  open().family("store").put("key", "value");
  ASSERT_TRUE(database_->commit({}).ok());
  ASSERT_TRUE(database_->flush().ok());
  EXPECT_EQ(database_->counts().bytes_written, 0u);
  EXPECT_EQ(database_->counts().bytes_flushed, 0u);
  EXPECT_EQ(database_->times(StorageWork::kFlush).count, 0u);
}

TEST_F(RocksDatabaseTest, IsAskedWhileFamiliesComeAndGo) {
  open({"a"});
  std::atomic<bool> stop{false};
  std::thread asks([&] {
    while (!stop) {
      for (const char* family : {"a", "b"}) database_->property(family, "estimate-num-keys");
    }
  });
  for (int i = 0; i < 20; ++i) {
    database_->family("b").put("k", "v");
    ASSERT_TRUE(database_->commit({}).ok());
    EXPECT_EQ(database_->property("b", "estimate-num-keys"), 1u);
    ASSERT_TRUE(database_->forget("b", "b-0").ok());
    EXPECT_EQ(database_->property("b", "estimate-num-keys"), std::nullopt);
  }
  EXPECT_EQ(database_->property("a", "estimate-num-keys"), 0u);
  ASSERT_TRUE(database_->close().ok());
  EXPECT_EQ(database_->property("a", "estimate-num-keys"), std::nullopt);
  stop = true;
  asks.join();
}

TEST_F(RocksDatabaseTest, ForgetsAFamilyWithItsOffset) {
  open({"a", "b"}).family("a").put("k", "1");
  database_->family("b").put("k", "2");
  ASSERT_TRUE(database_->commit({{"a-0", 7}, {"b-0", 8}}).ok());
  ASSERT_TRUE(database_->forget("a", "a-0").ok());
  ASSERT_TRUE(database_->forget("a", "a-0").ok()) << "there is nothing any more";
  EXPECT_EQ(database_->offsets(), (Offsets{{"b-0", 8}}));
  database_->family("b").put("l", "3");
  ASSERT_TRUE(database_->commit({{"b-0", 9}}).ok());
  open({"a", "b"});
  EXPECT_EQ(rows("a"), Rows{});
  EXPECT_EQ(rows("b"), (Rows{{"k", "2"}, {"l", "3"}}));
  EXPECT_EQ(database_->offsets(), (Offsets{{"b-0", 9}}));
}

TEST_F(RocksDatabaseTest, WhatStoresKeepBesideTheirRowsIsTakenFromTheCache) {
  const auto room = [&] { return database_->property("a", "block-cache-capacity"); };
  const auto all = open({"a", "b"}).property("a", "block-cache-capacity");
  database_->family("a").set_beside(100'000);
  database_->family("b").set_beside(50'000);
  EXPECT_EQ(room(), all) << "until the next commit";
  ASSERT_TRUE(database_->commit({}).ok());
  EXPECT_EQ(room(), *all - 150'000);
  database_->family("b").set_beside(0);
  ASSERT_TRUE(database_->commit_restored({}, true).ok());
  EXPECT_EQ(room(), *all - 100'000);
  open({"a", "b"});
  EXPECT_EQ(room(), all);
}

TEST_F(RocksDatabaseTest, KeepsRowsAndOffsetsOverACleanStop) {
  open({"a", "b"}).family("a").put("k", "1");
  database_->family("b").put("k", "2");
  ASSERT_TRUE(database_->commit({{"topic-0", 7}}).ok());
  ASSERT_TRUE(database_->close().ok());
  open({"a", "b"});
  EXPECT_EQ(rows("a"), (Rows{{"k", "1"}}));
  EXPECT_EQ(rows("b"), (Rows{{"k", "2"}}));
  EXPECT_EQ(database_->offsets(), (Offsets{{"topic-0", 7}}));
  EXPECT_TRUE(database_->persistent());
}

TEST_F(RocksDatabaseTest, ForgetsWhatWasNotCommitted) {
  open().family("store").put("k", "1");
  ASSERT_TRUE(database_->commit({{"topic-0", 1}}).ok());
  database_->family("store").put("k", "2");
  database_->family("store").put("l", "2");
  open();
  EXPECT_EQ(rows(), (Rows{{"k", "1"}}));
  EXPECT_EQ(database_->offsets(), (Offsets{{"topic-0", 1}}));
}

TEST_F(RocksDatabaseTest, ErasesRangesInOverlayAndOnDisk) {
  ByteStore& store = open().family("store");
  for (const char* key : {"a", "b", "c", "d"}) store.put(key, "1");
  ASSERT_TRUE(database_->commit({}).ok());
  store.put("bb", "2");
  store.erase_range("b", "d");
  EXPECT_EQ(rows(), (Rows{{"a", "1"}, {"d", "1"}}));
  store.put("c", "3");
  const Rows left{{"a", "1"}, {"c", "3"}, {"d", "1"}};
  EXPECT_EQ(rows(), left);
  ASSERT_TRUE(database_->commit({}).ok());
  EXPECT_EQ(rows(), left);
  open();
  EXPECT_EQ(rows(), left);
}

TEST_F(RocksDatabaseTest, KeepsFamiliesThatNobodyNames) {
  open({"a"}).family("a").put("k", "1");
  ASSERT_TRUE(database_->commit({}).ok());
  open({"b"}).family("b").put("k", "2");
  ASSERT_TRUE(database_->commit({}).ok());
  open({});
  EXPECT_EQ(rows("a"), (Rows{{"k", "1"}}));
  EXPECT_EQ(rows("b"), (Rows{{"k", "2"}}));
}

TEST_F(RocksDatabaseTest, MakesAFamilyWhenItIsAskedFor) {
  open({}).family("default").put("k", "1");
  ASSERT_TRUE(database_->commit({{"topic-0", 1}}).ok());
  open({});
  EXPECT_EQ(rows("default"), (Rows{{"k", "1"}}));
}

TEST_F(RocksDatabaseTest, TakesEmptyKeysAndValues) {
  open().family("store").put("", "");
  ASSERT_TRUE(database_->commit({}).ok());
  EXPECT_EQ(rows(), (Rows{{"", ""}}));
}

/// Writes rows and offsets that belong together, for ever, until somebody kills it.
[[noreturn]] void write_until_killed(const std::string& directory, int commits, bool flush_in_between) {
  auto opened = open_rocksdb(directory, {"a", "b"}, make_memory_bound(8 << 20));
  if (!opened.ok()) ::_exit(2);
  StateDatabase& database = *opened.value();
  const std::string padding(200, 'x');
  for (int i = 1; i <= commits; ++i) {
    for (int k = 0; k < 10; ++k) {
      database.family("a").put("row" + std::to_string((i * 7 + k) % 1000), std::to_string(i) + padding);
      database.family("b").put("count", std::to_string(i));
    }
    if (!database.commit({{"topic-0", i}}).ok()) ::_exit(3);
    if (flush_in_between && i == commits / 2 && !database.flush().ok()) ::_exit(4);
  }
  database.family("b").put("count", "not committed");
  ::raise(SIGKILL);
  ::_exit(5);
}

TEST_F(RocksDatabaseTest, ACrashGoesBackToACommitWithItsOffsets) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // The child runs this test from its begin and gets a directory of its own by its process id: name one for both.
  const fs::path directory = scratch_directory() / "streams_state_crash";
  for (const int commits : {1, 100, 5000}) {
    fs::remove_all(directory);
    EXPECT_EXIT(write_until_killed(directory.string(), commits, false), ::testing::KilledBySignal(SIGKILL), "");
    directory_ = directory;
    open({"a", "b"});
    const Offsets offsets = database_->offsets();
    const std::int64_t offset = offsets.empty() ? 0 : offsets.at("topic-0");
    Bytes count;
    const bool any = database_->family("b").get("count", count);
    EXPECT_EQ(any ? count : "0", std::to_string(offset));
    std::int64_t highest = 0;
    for (const auto& [key, value] : rows("a")) highest = std::max<std::int64_t>(highest, std::stoll(value));
    EXPECT_EQ(highest, offset);
    if (commits == 5000) {
      EXPECT_GT(offset, 0);  // by then write buffers were flushed
    }
    database_.reset();
  }
}

TEST_F(RocksDatabaseTest, AFlushOutlivesACrash) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const fs::path directory = scratch_directory() / "streams_state_flush";
  fs::remove_all(directory);
  EXPECT_EXIT(write_until_killed(directory.string(), 10, true), ::testing::KilledBySignal(SIGKILL), "");
  directory_ = directory;
  open({"a", "b"});
  EXPECT_EQ(database_->offsets(), (Offsets{{"topic-0", 5}}));
}

TEST_F(RocksDatabaseTest, ManyDatabasesStayWithinOneBound) {
  constexpr std::size_t kBound = 16 << 20;
  const auto memory = make_memory_bound(kBound);
  std::vector<std::unique_ptr<StateDatabase>> databases;
  for (int i = 0; i < 6; ++i) {
    auto opened = open_rocksdb((directory_ / std::to_string(i)).string(), {"store"}, memory);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    databases.push_back(std::move(opened).value());
  }
  std::size_t most = 0;
  const std::string value(1000, 'v');
  for (int round = 0; round < 100; ++round) {
    for (auto& database : databases) {
      for (int i = 0; i < 100; ++i) database->family("store").put(std::to_string(round * 100 + i), value);
      ASSERT_TRUE(database->commit({}).ok());
      Bytes out;
      for (int i = 0; i < 20; ++i) database->family("store").get(std::to_string(i * round), out);
      most = std::max(most, memory_used(*memory));
    }
  }
  EXPECT_GT(most, 0U);
  EXPECT_LE(most, kBound * 5 / 4);  // 60 MB were written
}

TEST_F(RocksDatabaseTest, RefusesALayoutThatItDoesNotKnow) {
  open().family("store").put("k", "1");
  ASSERT_TRUE(database_->close().ok());
  database_.reset();
  {
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    const std::vector<rocksdb::ColumnFamilyDescriptor> families{{"default", {}}, {"store/store", {}}};
    ASSERT_TRUE(rocksdb::DB::Open({}, directory_.string(), families, &handles, &db).ok());
    Bytes version;
    detail::append_big_endian<std::int64_t>(version, 99);
    ASSERT_TRUE(db->Put({}, handles[0], "layout", version).ok());
    for (auto* handle : handles) ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    delete db;
  }
  const auto opened = try_open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().code(), StatusCode::kCorrupted);
  EXPECT_NE(opened.status().message().find("layout version 99"), std::string::npos) << opened.status().message();
}

TEST_F(RocksDatabaseTest, SaysThatTheDirectoryIsInUse) {
  open();
  const auto second = try_open();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), StatusCode::kIo);
  EXPECT_NE(second.status().message().find(directory_.string()), std::string::npos);
  EXPECT_NE(second.status().message().find("Another task or process has it open"), std::string::npos)
      << second.status().message();
}

TEST_F(RocksDatabaseTest, SaysThatTheDirectoryCannotBeWritten) {
  const auto opened = open_rocksdb("/proc/streams/0_0", {"store"}, memory_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().code(), StatusCode::kIo);
  EXPECT_NE(opened.status().message().find("'/proc/streams/0_0'"), std::string::npos) << opened.status().message();
}

TEST_F(RocksDatabaseTest, SaysThatADirectoryIsAFile) {
  fs::create_directories(directory_);
  const std::string path = (directory_ / "file").string();
  std::ofstream(path) << "x";
  const auto opened = open_rocksdb(path, {"store"}, memory_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().code(), StatusCode::kIo);
}

TEST_F(RocksDatabaseTest, SaysThatTheDiskIsFullAndLosesNothingThatWasOnIt) {
  // Without many flushes a file of rows does not fit, with them it does, but not the list of files.
  for (const int flushes : {0, 40}) {
    SCOPED_TRACE(flushes);
    fs::remove_all(directory_);
    open().family("store").put("k", "1");
    ASSERT_TRUE(database_->commit({{"topic-0", 1}}).ok());
    ASSERT_TRUE(database_->flush().ok());
    for (int i = 0; i < flushes; ++i) {
      database_->family("store").put("k", "1");
      ASSERT_TRUE(database_->commit({{"topic-0", 1}}).ok());
      ASSERT_TRUE(database_->flush().ok());
    }
    {
      const FullDisk full(2000);
      std::mt19937 random(1);
      for (int i = 0; i < (flushes == 0 ? 1000 : 1); ++i) {
        database_->family("store").put(std::to_string(random()), std::to_string(random()));
      }
      Status status = database_->commit({{"topic-0", 2}});
      if (status.ok()) status = database_->flush();
      EXPECT_EQ(status.code(), StatusCode::kIo) << status.message();
      EXPECT_NE(status.message().find(directory_.string()), std::string::npos) << status.message();
      database_->close().ignore("the disk is still full");
    }
    open();
    EXPECT_EQ(rows(), (Rows{{"k", "1"}}));
    EXPECT_EQ(database_->offsets(), (Offsets{{"topic-0", 1}}));
    database_.reset();
  }
}

TEST_F(RocksDatabaseTest, SaysThatTheProcessHasTooManyFilesOpen) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const auto open_files = std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  const rlimit few{static_cast<rlim_t>(open_files) + 2, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  const auto opened = try_open();
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().code(), StatusCode::kIo);
  EXPECT_NE(opened.status().message().find(directory_.string()), std::string::npos) << opened.status().message();
  EXPECT_NE(opened.status().message().find("This process may have " + std::to_string(few.rlim_cur) + " files open"),
            std::string::npos)
      << opened.status().message();
  open();
}

TEST_F(RocksDatabaseTest, SaysWhichStateIsDamaged) {
  for (const bool remove : {false, true}) {
    fs::remove_all(directory_);
    for (int i = 0; i < 1000; ++i) {
      if (i == 0) open();
      database_->family("store").put("key" + std::to_string(i), std::string(100, 'v'));
    }
    ASSERT_TRUE(database_->commit({}).ok());
    ASSERT_TRUE(database_->close().ok());
    database_.reset();
    for (const auto& file : fs::directory_iterator(directory_)) {
      if (file.path().extension() != ".sst") continue;
      if (remove) {
        fs::remove(file);
      } else {
        fs::resize_file(file, fs::file_size(file) / 2);
      }
    }
    const auto opened = try_open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.status().code(), StatusCode::kCorrupted) << opened.status().message();
    EXPECT_NE(opened.status().message().find("Remove the directory"), std::string::npos) << opened.status().message();
  }
}

TEST_F(RocksDatabaseTest, SaysWhichOffsetIsNone) {
  open();
  ASSERT_TRUE(database_->close().ok());
  database_.reset();
  for (const Bytes& damaged : {Bytes("1234567"), Bytes("123456789"), Bytes("\x7f\xff\xff\xff\xff\xff\xff\xff", 8)}) {
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    const std::vector<rocksdb::ColumnFamilyDescriptor> families{{"default", {}}, {"store/store", {}}};
    ASSERT_TRUE(rocksdb::DB::Open({}, directory_.string(), families, &handles, &db).ok());
    ASSERT_TRUE(db->Put({}, handles[0], "offset/topic-0", damaged).ok());
    for (auto* handle : handles) ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    delete db;
    const auto opened = try_open();
    EXPECT_EQ(opened.status().code(), StatusCode::kCorrupted);
    EXPECT_EQ(opened.status().message(), "The state in '" + directory_.string() +
                                             "' has an offset for topic-0 that is none. Remove the directory: the "
                                             "state is then restored from its changelog.");
  }
}

}  // namespace
}  // namespace streams::state
