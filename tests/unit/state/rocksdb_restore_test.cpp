// Restoring by sorted files: the same rows as by commits, whole or not at all, and on disk at once.
#include "support.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include <filesystem>
#include <fstream>
#include <random>

namespace streams::state {
namespace {

namespace fs = std::filesystem;
using Offsets = std::map<std::string, std::int64_t>;

std::unique_ptr<StateDatabase> open_at(const fs::path& directory) {
  auto opened = open_rocksdb(directory.string(), {"a", "b"}, make_memory_bound(32 << 20));
  if (!opened.ok()) throw std::runtime_error(opened.status().message());
  return std::move(opened).value();
}

Rows rows_in(StateDatabase& database, const std::string& family) {
  return rows_of(database.family(family).range(std::nullopt, std::nullopt));
}

std::vector<std::string> left_over(const fs::path& directory) {
  std::vector<std::string> out;
  for (const auto& file : fs::directory_iterator(directory)) {
    if (file.path().filename().string().starts_with("restored-")) out.push_back(file.path().filename().string());
  }
  return out;
}

class RocksDbRestoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = scratch_directory() / ("streams_restore_" + std::to_string(::getpid()) + info->name());
    fs::remove_all(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }
  fs::path directory_;
};

/// The same random changes to both.
void change(std::mt19937& random, ByteStore& one, ByteStore& other, int round) {
  for (int i = 0; i < 60; ++i) {
    const std::string key = "k" + std::to_string(random() % 200);
    switch (random() % 8) {
      case 0:
        one.erase(key);
        other.erase(key);
        break;
      case 1: {
        const std::string end = key + "~";
        if (random() % 3 != 0) break;
        one.erase_range(key, end);
        other.erase_range(key, end);
        break;
      }
      default: {
        const std::string value = std::to_string(round) + "-" + std::to_string(i);
        one.put(key, value);
        other.put(key, value);
      }
    }
  }
}

TEST_F(RocksDbRestoreTest, LeavesTheRowsThatCommitsLeave) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    fs::remove_all(directory_);
    std::mt19937 random(seed);
    auto database = open_at(directory_);
    const auto expected = make_in_memory({"a", "b"});
    for (int round = 1; round <= 40; ++round) {
      for (const char* family : {"a", "b"}) {
        if (random() % 4 != 0) change(random, database->family(family), expected->family(family), round);
      }
      const Offsets offsets{{"topic-0", round}};
      const bool plain = random() % 4 == 0;
      ASSERT_TRUE((plain ? database->commit(offsets) : database->commit_restored(offsets, false)).ok());
      ASSERT_TRUE(expected->commit(offsets).ok());
      if (random() % 10 == 0) {
        ASSERT_TRUE(database->close().ok());
        database = open_at(directory_);
      }
      for (const char* family : {"a", "b"}) ASSERT_EQ(rows_in(*database, family), rows_in(*expected, family));
      ASSERT_EQ(database->offsets(), expected->offsets());
    }
    EXPECT_EQ(left_over(directory_), std::vector<std::string>());
  }
}

/// Restores 50 times, with a commit before every fifth time, and dies in the middle of more.
[[noreturn]] void restore_until_killed(const std::string& directory) {
  const auto database = open_at(directory);
  for (int i = 1; i <= 50; ++i) {
    database->family("a").put("row" + std::to_string(i), "1");
    database->family("b").put("count", std::to_string(i));
    const bool plain = i % 5 == 4;
    const Status status =
        plain ? database->commit({{"topic-0", i}}) : database->commit_restored({{"topic-0", i}}, false);
    if (!status.ok()) ::_exit(3);
  }
  database->family("b").put("count", "not committed");
  ::raise(SIGKILL);
  ::_exit(5);
}

TEST_F(RocksDbRestoreTest, ACrashLosesNothingOfIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const fs::path directory = scratch_directory() / "streams_restore_crash";
  fs::remove_all(directory);
  EXPECT_EXIT(restore_until_killed(directory.string()), ::testing::KilledBySignal(SIGKILL), "");
  {
    const auto database = open_at(directory);
    EXPECT_EQ(database->offsets(), (Offsets{{"topic-0", 50}}));
    EXPECT_EQ(rows_in(*database, "b"), (Rows{{"count", "50"}}));
    EXPECT_EQ(rows_in(*database, "a").size(), 50U);
  }
  fs::remove_all(directory);
}

TEST_F(RocksDbRestoreTest, FilesOfAProcessThatDiedAreRemoved) {
  open_at(directory_).reset();
  std::ofstream(directory_ / "restored-0.sst") << "half of a file";
  open_at(directory_).reset();
  EXPECT_EQ(left_over(directory_), std::vector<std::string>());
}

TEST_F(RocksDbRestoreTest, AFullDiskLosesNothingAndIsForgottenWhenThereIsRoom) {
  auto database = open_at(directory_);
  database->family("a").put("k", "1");
  ASSERT_TRUE(database->commit_restored({{"topic-0", 1}}, false).ok());
  const auto fill = [&] {
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
      database->family("a").put(std::to_string(random()), std::to_string(random()));
      database->family("b").put(std::to_string(random()), std::to_string(random()));
    }
  };
  fill();
  {
    const FullDisk full(20'000);
    const Status status = database->commit_restored({{"topic-0", 2}}, false);
    EXPECT_EQ(status.code(), StatusCode::kIo) << status.message();
    EXPECT_NE(status.message().find(directory_.string()), std::string::npos) << status.message();
    EXPECT_EQ(left_over(directory_), std::vector<std::string>());
    EXPECT_EQ(database->offsets(), (Offsets{{"topic-0", 1}}));
  }
  ASSERT_TRUE(database->commit_restored({{"topic-0", 2}}, true).ok());
  ASSERT_TRUE(database->close().ok());
  database = open_at(directory_);
  EXPECT_EQ(database->offsets(), (Offsets{{"topic-0", 2}}));
  EXPECT_EQ(rows_in(*database, "a").size(), 2001U);
  EXPECT_EQ(rows_in(*database, "b").size(), 2000U);
}

}  // namespace
}  // namespace streams::state
