// The last record of a log that readers see, on the embedded cluster.
#include "log_ends.hpp"

#include <streams/embedded_cluster.hpp>

#include <gmock/gmock.h>

#include <future>

namespace orders {
namespace {

using namespace std::chrono_literals;

class LogEndsTest : public ::testing::Test {
 protected:
  LogEndsTest() {
    EXPECT_TRUE(cluster_.create_topic("log", 3).ok());
    EXPECT_TRUE(producer_->init_transactions(1000).ok());
  }
  void write(std::int32_t partition, int records) {
    for (int i = 0; i < records; ++i)
      ASSERT_TRUE(cluster_.produce("log", {.value = "plain", .partition = partition}).ok());
  }
  void begin(std::int32_t partition, int records) {
    ASSERT_TRUE(producer_->begin_transaction().ok());
    for (int i = 0; i < records; ++i)
      ASSERT_TRUE(
          producer_->send({.topic = "log", .partition = partition, .key = std::nullopt, .value = "in a transaction"})
              .ok());
    ASSERT_TRUE(producer_->flush(1000).ok());
  }
  void commit() { ASSERT_TRUE(producer_->commit_transaction(1000).ok()); }
  void abort() { ASSERT_TRUE(producer_->abort_transaction(1000).ok()); }
  /// The offset of the partition's last record, when it is found.
  std::future<std::int64_t> find(std::int32_t partition) {
    told_[partition] = {};
    ends_.find(partition);
    return told_[partition].get_future();
  }
  std::int64_t last(std::int32_t partition) { return find(partition).get(); }

  streams::EmbeddedCluster cluster_;
  std::unique_ptr<streams::client::Producer> producer_ = cluster_.clients().producer({{"transactional.id", "writer"}});
  std::map<std::int32_t, std::promise<std::int64_t>> told_;
  LogEnds ends_{cluster_.clients(), "log", [this](const LogEnds::End& end) {
                  EXPECT_EQ(end.partition_count, 3);
                  told_.at(end.partition).set_value(end.last_offset);
                }};
};

TEST_F(LogEndsTest, FindsTheLastRecordThatReadersSee) {
  EXPECT_EQ(last(0), -1) << "empty";
  write(0, 3);
  EXPECT_EQ(last(0), 2);
  begin(0, 2);
  commit();
  EXPECT_EQ(last(0), 4) << "the end of the transaction is at 5";
  begin(0, 40);
  abort();
  EXPECT_EQ(last(0), 4) << "all that came since was taken back";
  begin(1, 40);
  abort();
  EXPECT_EQ(last(1), -1);
  EXPECT_EQ(last(2), -1);
}

TEST_F(LogEndsTest, WaitsForTransactionsThatAreOpen) {
  begin(0, 1);
  write(0, 1);
  auto end = find(0);
  write(1, 1);
  EXPECT_EQ(last(1), 0) << "others are not held up";
  EXPECT_EQ(end.wait_for(50ms), std::future_status::timeout);
  abort();
  EXPECT_EQ(end.get(), 1) << "stored already, though it could not be read";
}

TEST_F(LogEndsTest, DoesNotWaitForWhatIsWrittenLater) {
  write(0, 1);
  begin(1, 1);
  EXPECT_EQ(last(0), 0);
  commit();
}

}  // namespace
}  // namespace orders
