// Tables and joins.
#include "pattern_test.hpp"

namespace patterns {
namespace {

using ::testing::ElementsAre;

TEST(UserRegions, MovesTheCountWithTheUser) {
  EXPECT_THAT(results_of("user_regions"),
              ElementsAre("0:00:01 users-per-region asia -> 1", "0:00:02 users-per-region asia -> 2",
                          "0:00:03 users-per-region asia -> 1", "0:00:03 users-per-region europe -> 1",
                          "0:00:04 users-per-region asia -> 0"));
}

TEST(TableJoin, FollowsBothTables) {
  EXPECT_THAT(results_of("table_join"),
              ElementsAre("0:00:03 whereabouts alice -> Oslo, last seen Monday",
                          "0:00:04 whereabouts alice -> Oslo, last seen Tuesday",
                          "0:00:05 whereabouts alice -> Lima, last seen Tuesday", "0:00:06 whereabouts alice -> null"));
}

TEST(ForeignKeyJoin, FollowsTheRowThatIsNamed) {
  EXPECT_THAT(results_of("foreign_key_join"), ElementsAre("0:00:01 purchased-titles p1 -> Kind of Blue: 1 copy",
                                                          "0:00:02 purchased-titles p2 -> Homogenic: 3 copies",
                                                          "0:00:03 purchased-titles p2 -> Homogenic (live): 3 copies",
                                                          "0:00:04 purchased-titles p1 -> Homogenic (live): 1 copy",
                                                          "0:00:05 purchased-titles p2 -> null"));
}

TEST(PageViewsByRegion, CountsByWhatTheTableSays) {
  EXPECT_THAT(results_of("page_views_by_region"), ElementsAre("0:03:20 views-per-region asia@0:00:00-0:05:00 -> 1",
                                                              "0:03:20 views-per-region asia@0:02:30-0:07:30 -> 1",
                                                              "0:05:20 views-per-region europe@0:02:30-0:07:30 -> 1",
                                                              "0:05:20 views-per-region europe@0:05:00-0:10:00 -> 1",
                                                              "0:05:30 views-per-region asia@0:02:30-0:07:30 -> 2",
                                                              "0:05:30 views-per-region asia@0:05:00-0:10:00 -> 1",
                                                              "0:05:40 views-per-region unknown@0:02:30-0:07:30 -> 1",
                                                              "0:05:40 views-per-region unknown@0:05:00-0:10:00 -> 1"));
}

TEST(GlobalTables, LooksUpByAnyAttribute) {
  EXPECT_THAT(results_of("global_tables"), ElementsAre("0:00:01 readable-order-lines o1 -> Imke buys a kettle",
                                                       "0:00:02 readable-order-lines o2 -> somebody buys a lantern"));
}

TEST(VersionedJoin, FindsThePriceOfTheTime) {
  EXPECT_THAT(results_of("versioned_join"),
              ElementsAre("0:11:00 revenue tea -> 30", "0:05:00 revenue tea -> 20", "0:12:00 revenue tea -> 3"));
}

TEST(AdClicks, TellsWhoStayedAlone) {
  EXPECT_THAT(results_of("ad_clicks"),
              ElementsAre("0:00:04 ad-results ad1 -> shown/clicked", "0:00:02 ad-results ad2 -> shown/not clicked",
                          "0:00:06 ad-results ad3 -> not shown/clicked"));
}

}  // namespace
}  // namespace patterns
