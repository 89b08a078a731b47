// Aggregations, and their windows.
#include "pattern_test.hpp"

namespace patterns {
namespace {

using ::testing::ElementsAre;

TEST(Sum, AddsUpOddNumbers) {
  EXPECT_THAT(results_of("sum"), ElementsAre("0:00:01 sum-of-odd-numbers sum of odd numbers -> 1",
                                             "0:00:03 sum-of-odd-numbers sum of odd numbers -> 4",
                                             "0:00:05 sum-of-odd-numbers sum of odd numbers -> 9",
                                             "0:00:07 sum-of-odd-numbers sum of odd numbers -> 16",
                                             "0:00:09 sum-of-odd-numbers sum of odd numbers -> 25"));
}

TEST(OwnType, RoundsHalvesToEvenAndLosesNoCent) {
  EXPECT_THAT(results_of("own_type"),
              ElementsAre("0:00:01 tax-by-invoice inv-1 -> 0.02", "0:00:02 tax-by-invoice inv-1 -> 0.06",
                          "0:00:03 tax-by-invoice inv-2 -> 0.48", "0:00:04 tax-by-invoice inv-1 -> 3.86"));
}

TEST(RunningAverage, DividesSumByCount) {
  EXPECT_THAT(results_of("running_average"),
              ElementsAre("0:00:01 average-ratings Tampopo -> 10", "0:00:02 average-ratings Tampopo -> 8.5",
                          "0:00:03 average-ratings Ran -> 9", "0:00:04 average-ratings Tampopo -> 7"));
}

TEST(Cogroup, CountsBothStreamsIntoOneRow) {
  EXPECT_THAT(results_of("cogroup"),
              ElementsAre("0:00:01 fill-rate lamp -> 0 of 8, 0 %", "0:00:02 fill-rate lamp -> 6 of 8, 75 %",
                          "0:00:03 fill-rate sofa -> 1 of 0, 0 %", "0:00:04 fill-rate sofa -> 1 of 1, 100 %",
                          "0:00:05 fill-rate lamp -> 8 of 8, 100 %"));
}

TEST(EventTime, CountsByTheTimeOfTheReading) {
  EXPECT_THAT(results_of("event_time"), ElementsAre("0:00:10 readings-per-minute d1@0:00:00-0:01:00 -> 1",
                                                    "0:01:10 readings-per-minute d1@0:01:00-0:02:00 -> 1",
                                                    "0:00:10 readings-per-minute d1@0:00:00-0:01:00 -> 2",
                                                    "0:13:20 readings-per-minute d1@0:13:00-0:14:00 -> 1"));
}

TEST(AnomalyDetection, TellsOnlyThoseAboveTheLimit) {
  EXPECT_THAT(results_of("anomaly_detection"), ElementsAre("0:00:04 suspicious-logins mallory@0:00:00-0:01:00 -> 3",
                                                           "0:00:05 suspicious-logins mallory@0:00:00-0:01:00 -> 4"));
}

TEST(SessionWindows, JoinsSessionsAroundALateRecord) {
  EXPECT_THAT(results_of("session_windows"), ElementsAre("0:00:00 songs-per-session jo@0:00:00-0:00:00 -> 1",
                                                         "0:50:00 songs-per-session jo@0:50:00-0:50:00 -> 1",
                                                         "0:55:00 songs-per-session sam@0:55:00-0:55:00 -> 1",
                                                         "0:00:00 songs-per-session jo@0:00:00-0:00:00 -> null",
                                                         "0:50:00 songs-per-session jo@0:50:00-0:50:00 -> null",
                                                         "0:50:00 songs-per-session jo@0:00:00-0:50:00 -> 3"));
}

TEST(FinalResults, GivesOneResultWhenAWindowCloses) {
  EXPECT_THAT(results_of("final_results"), ElementsAre("0:00:09 highest-temperatures hall@0:00:00-0:00:10 -> 22.5",
                                                       "0:00:15 highest-temperatures hall@0:00:10-0:00:20 -> 19"));
}

TEST(CumulativeTotals, TellsTheSumOnceAnHour) {
  EXPECT_THAT(results_of("cumulative_totals"),
              ElementsAre("1:00:00 sales-today-so-far books@0:00:00-24:00:00 -> 65",
                          "2:15:00 sales-today-so-far books@0:00:00-24:00:00 -> 68",
                          "25:00:00 sales-today-so-far books@24:00:00-48:00:00 -> 15"));
}

TEST(SlidingAverage, OpensAWindowWhereverRecordsComeOrGo) {
  EXPECT_THAT(results_of("sliding_average"), ElementsAre("0:00:20 average-cpu-load web-1@0:00:10-0:00:20 -> 10",
                                                         "0:00:25 average-cpu-load web-1@0:00:20.001-0:00:30.001 -> 30",
                                                         "0:00:25 average-cpu-load web-1@0:00:15-0:00:25 -> 20",
                                                         "0:00:32 average-cpu-load web-1@0:00:25.001-0:00:35.001 -> 80",
                                                         "0:00:32 average-cpu-load web-1@0:00:22-0:00:32 -> 55"));
}

TEST(DailyWindows, BeginsDaysAtSixInTheEvening) {
  EXPECT_THAT(results_of("daily_windows"),
              ElementsAre("17:59:00 transfers-per-business-day acme@-6:00:00-18:00:00 -> 1",
                          "18:00:00 transfers-per-business-day acme@18:00:00-42:00:00 -> 1",
                          "26:00:00 transfers-per-business-day acme@18:00:00-42:00:00 -> 2",
                          "42:00:00 transfers-per-business-day acme@42:00:00-66:00:00 -> 1"));
}

TEST(TopArticles, RanksEachSectionAndHour) {
  EXPECT_THAT(results_of("top_articles"),
              ElementsAre("0:01:00 top-articles sport@0:00:00-1:00:00 -> Cup final 1",
                          "0:02:00 top-articles sport@0:00:00-1:00:00 -> Chess 1, Cup final 1",
                          "0:03:00 top-articles sport@0:00:00-1:00:00 -> Chess 2, Cup final 1",
                          "0:04:00 top-articles arts@0:00:00-1:00:00 -> Opera 1",
                          "0:05:00 top-articles sport@0:00:00-1:00:00 -> Chess 2, Cup final 1",
                          "1:01:00 top-articles sport@1:00:00-2:00:00 -> Rowing 1"));
}

}  // namespace
}  // namespace patterns
