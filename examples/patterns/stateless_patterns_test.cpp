// Patterns that remember nothing, or only their own errors.
#include "pattern_test.hpp"

namespace patterns {
namespace {

using ::testing::ElementsAre;

TEST(Map, MakesNewValuesAndNewKeys) {
  EXPECT_THAT(results_of("map"),
              ElementsAre("0:00:01 loud-words 1 -> HELLO", "0:00:01 words-by-word hello -> 1 HELLO",
                          "0:00:02 loud-words 2 -> STREAMS", "0:00:02 words-by-word streams -> 2 STREAMS"));
}

TEST(SplitAndMerge, SendsEachRecordOneWay) {
  EXPECT_THAT(results_of("split_and_merge"),
              ElementsAre("0:00:01 shipments p1 -> by bicycle", "0:00:02 shipments p2 -> by van, 12 kg",
                          "0:00:03 parcels-to-check p3 -> -1", "0:00:04 shipments p4 -> by bicycle"));
}

TEST(DynamicRouting, ChoosesTheTopicByTheRecord) {
  EXPECT_THAT(results_of("dynamic_routing"),
              ElementsAre("0:00:01 log-info web-1 -> INFO started", "0:00:02 log-error web-2 -> ERROR disk full",
                          "0:00:03 log-other web-1 -> core dumped", "0:00:04 log-other web-1 -> null"));
}

TEST(MixedDslAndProcessor, SeesHeadersAndOffsets) {
  EXPECT_THAT(results_of("mixed_dsl_and_processor"),
              ElementsAre("0:00:01 masked-access-log web-1 -> seen: 192.0.2.xxx GET / [read-from=access-log/0]",
                          "0:00:03 masked-access-log web-2 -> seen: 198.51.100.xxx GET /map [read-from=access-log/2]"));
}

TEST(DeadLetters, PutsBadRecordsAsideWithTheReason) {
  EXPECT_THAT(
      results_of("dead_letters"),
      ElementsAre("0:00:01 fahrenheit kitchen -> 68",
                  "0:00:02 celsius-unreadable attic -> warm [__streams.errors.exception=streams::SerializationError: "
                  "'warm' is not a number] [__streams.errors.message='warm' is not a number] "
                  "[__streams.errors.topic=celsius] [__streams.errors.partition=0] [__streams.errors.offset=1]",
                  "0:00:03 celsius-refused cellar -> -300 [why=colder than cold can be] [where=to-fahrenheit]",
                  "0:00:04 fahrenheit garden -> -40"));
}

}  // namespace
}  // namespace patterns
