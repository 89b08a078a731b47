// A disk that is full or cannot be written: the application says so, and goes on with nothing lost when it is mended.
#include "broker/broker_topologies.hpp"

#include <runtime/state_directory.hpp>
#include <streams/embedded_cluster.hpp>
#include <streams/kafka_streams.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace streams::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Strings = std::vector<std::string>;

/// A file system of 8 MB in memory. Only root may mount one.
class SmallDisk {
 public:
  SmallDisk() : path_(fs::temp_directory_path() / ("bad_disk_test_" + runtime::random_uuid())) {
    fs::create_directories(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=8m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    fs::remove_all(path_);
  }
  bool mounted() const { return mounted_; }
  std::string path() const { return path_.string(); }

  void fill() const {
    std::ofstream file(path_ / "filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void empty() const { fs::remove(path_ / "filler"); }
  void set_read_only(bool read_only) const {
    ASSERT_EQ(::mount("tmpfs", path_.c_str(), "tmpfs", read_only ? MS_REMOUNT | MS_RDONLY : MS_REMOUNT, "size=8m"), 0);
  }

 private:
  fs::path path_;
  bool mounted_ = false;
};

class BadDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.mounted()) GTEST_SKIP() << "No file system can be mounted here: that needs root.";
    for (const char* topic : {"in", "out"}) ASSERT_TRUE(cluster_.create_topic(topic).ok());
  }
  StreamsConfig config() const {
    StreamsConfig out{{"application.id", "app"},
                      {"state.dir", disk_.path()},
                      {"processing.guarantee", "exactly_once_v2"},
                      {"commit.interval.ms", "50"},
                      {"poll.ms", "10"}};
    if (std::getenv("STREAMS_TEST_LOG") == nullptr) out.set_logger(nullptr);
    return out;
  }
  std::unique_ptr<KafkaStreams> app() {
    return std::make_unique<KafkaStreams>(count_topology("in", "out"), config(), cluster_);
  }
  /// Records of many keys, so that their counts take room.
  void produce(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string key = "key" + std::to_string(i) + std::string(100, '.');
      ASSERT_TRUE(cluster_.produce("in", {key, std::string("x"), 0}).ok());
    }
  }
  Strings counts() {
    Strings out;
    for (const StoredRecord& r : cluster_.read("out").value()) out.push_back(r.value.value_or("null"));
    return out;
  }
  static bool wait_until(const std::function<bool()>& done) {
    for (int i = 0; i < 3000 && !done(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return done();
  }
  static std::string refusal(KafkaStreams& app) {
    try {
      app.start();
    } catch (const StreamsError& error) {
      return error.what();
    }
    return "it started";
  }
  /// `count` keys were each counted once per round.
  void expect_counted(int count, int rounds) {
    Strings expected;
    for (int round = 1; round <= rounds; ++round) {
      for (int i = 0; i < count; ++i) expected.push_back(std::to_string(round));
    }
    EXPECT_EQ(counts(), expected);
  }

  SmallDisk disk_;
  EmbeddedCluster cluster_;
};

TEST_F(BadDiskTest, AFullDiskRefusesTheStartAndIsForgottenWhenThereIsRoom) {
  produce(10);
  disk_.fill();
  EXPECT_THAT(refusal(*app()), AllOf(HasSubstr(disk_.path()), HasSubstr("No space left"), HasSubstr("state.dir")));
  disk_.empty();
  const auto mended = app();
  mended->start();
  EXPECT_TRUE(wait_until([&] { return counts().size() == 10; }));
  EXPECT_TRUE(mended->close());
  EXPECT_EQ(mended->last_error(), "");
  expect_counted(10, 1);
}

TEST_F(BadDiskTest, ADiskThatFillsUpWhileTheApplicationRunsLosesNothing) {
  {
    const auto before = app();
    before->start();
    produce(1000);
    EXPECT_TRUE(wait_until([&] { return counts().size() == 1000; }));
    disk_.fill();
    produce(1000);
    EXPECT_TRUE(wait_until([&] { return counts().size() == 2000 || !before->last_error().empty(); }));
    before->close();  // what is in memory does not fit on the disk any more
  }
  disk_.empty();
  produce(1000);
  const auto mended = app();
  mended->start();
  EXPECT_TRUE(wait_until([&] { return counts().size() >= 3000 || !mended->last_error().empty(); }));
  EXPECT_TRUE(mended->close());
  EXPECT_EQ(mended->last_error(), "");
  expect_counted(1000, 3);
}

TEST_F(BadDiskTest, ADirectoryThatCannotBeWrittenIsNamed) {
  produce(10);
  disk_.set_read_only(true);
  EXPECT_THAT(refusal(*app()),
              AllOf(HasSubstr(disk_.path() + "/app"), HasSubstr("Read-only file system"), HasSubstr("state.dir")));
  disk_.set_read_only(false);
  const auto mended = app();
  mended->start();
  EXPECT_TRUE(wait_until([&] { return counts().size() == 10; }));
  EXPECT_TRUE(mended->close());
  expect_counted(10, 1);
}

}  // namespace
}  // namespace streams::testing
