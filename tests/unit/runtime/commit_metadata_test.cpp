// The metadata of committed offsets, against strings that Kafka Streams writes.
#include <runtime/commit_metadata.hpp>

#include <gtest/gtest.h>

namespace streams::runtime {
namespace {

TEST(CommitMetadata, HasKafkaStreamsBytes) {
  // 02 | 00 00 00 00 00 00 00 0a
  EXPECT_EQ(encode_commit_metadata(10, {}), "AgAAAAAAAAAK");
  // 02 | ff * 8
  EXPECT_EQ(encode_commit_metadata(-1, {}), "Av//////////");
  // ... | 00000001 | 00000001 'k' | 0000000000000005
  EXPECT_EQ(encode_commit_metadata(10, {{"k", 5}}), "AgAAAAAAAAAKAAAAAQAAAAFrAAAAAAAAAAU=");
}

TEST(CommitMetadata, IsReadBack) {
  const ProcessorMetadata processors{{"store-1", 123456789012}, {"", -1}, {"\xc3\xa4", 0}};
  EXPECT_EQ(decode_commit_metadata(encode_commit_metadata(1700000000000, processors)),
            (CommitMetadata{1700000000000, processors}));
  EXPECT_EQ(decode_commit_metadata(encode_commit_metadata(0, {})), (CommitMetadata{0, {}}));
}

TEST(CommitMetadata, OfVersion1HasATimeOnly) {
  EXPECT_EQ(decode_commit_metadata("AQAAAAAAAAAK"), (CommitMetadata{10, {}}));
}

TEST(CommitMetadata, ThatCannotBeReadIsUnknown) {
  for (const char* text : {"", "hello, world", "AgAAAAAAAA", "BQAAAAAAAAAK", "A", "Ag=="}) {
    EXPECT_EQ(decode_commit_metadata(text), CommitMetadata()) << text;
  }
  // A time that is there, processor metadata that is cut off.
  EXPECT_EQ(decode_commit_metadata("AgAAAAAAAAAKAAAAAQAAAAFr"), (CommitMetadata{10, {}}));
}

TEST(CommitMetadata, IsMergedToTheHigherValue) {
  ProcessorMetadata into{{"a", 1}, {"b", 5}};
  merge_metadata(into, {{"a", 2}, {"b", 4}, {"c", 3}});
  EXPECT_EQ(into, (ProcessorMetadata{{"a", 2}, {"b", 5}, {"c", 3}}));
}

}  // namespace
}  // namespace streams::runtime
