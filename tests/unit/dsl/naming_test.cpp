// Names that users give, and topologies that ask for all of them.
#include <streams/errors.hpp>
#include <streams/streams_builder.hpp>
#include <streams/suppressed.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace streams {
namespace {

using namespace std::chrono_literals;
using String = std::string;
using Build = std::function<void(StreamsBuilder&)>;

String error_of(const Build& build) {
  TopologyConfig config;
  config.explicit_naming = true;
  StreamsBuilder builder(config);
  try {
    build(builder);
    builder.build();
  } catch (const TopologyError& error) {
    return error.what();
  }
  return "built";
}
KStream<String, String> rekeyed(StreamsBuilder& builder, const String& topic = "in") {
  return builder.stream<String, String>(topic).select_key([](const String& value) { return value; });
}
String either(const String& left, const String&) { return left; }

TEST(Names, AnEmptyNameIsRefusedWhereItIsGiven) {
  for (const auto& give : std::initializer_list<std::function<void()>>{
           [] { static_cast<void>(Named{""}); }, [] { static_cast<void>(Named{String()}); },
           [] { static_cast<void>(Materialized<String, String>{.store_name = ""}); },
           [] { static_cast<void>(Suppressed::until_time_limit(1ms, {}, "")); }}) {
    try {
      give();
      ADD_FAILURE() << "was taken";
    } catch (const TopologyError& error) {
      EXPECT_STREQ(error.what(), "Invalid topology: Name is illegal, it can't be empty");
    }
  }
  EXPECT_TRUE(Named{}.name.empty());
}

TEST(Names, WhereTheyAreRequiredStoresAndTopicsWithoutOneAreRefused) {
  EXPECT_EQ(error_of([](StreamsBuilder& builder) { rekeyed(builder).group_by_key().count(); }),
            "Invalid topology: Following changelog topic(s) has not been named: "
            "KSTREAM-AGGREGATE-STATE-STORE-0000000002-changelog\n"
            "Following state store(s) has not been named: KSTREAM-AGGREGATE-STATE-STORE-0000000002\n"
            "Following repartition topic(s) has not been named: "
            "KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition\n");
  EXPECT_EQ(error_of([](StreamsBuilder& builder) { builder.table<String, String>("in"); }),
            "Invalid topology: Following changelog topic(s) has not been named: in-STATE-STORE-0000000000-changelog\n"
            "Following state store(s) has not been named: in-STATE-STORE-0000000000\n");
  EXPECT_EQ(error_of([](StreamsBuilder& builder) { rekeyed(builder).repartition(); }),
            "Invalid topology: Following repartition topic(s) has not been named: "
            "KSTREAM-REPARTITION-0000000002-repartition\n");
  EXPECT_EQ(error_of([](StreamsBuilder& builder) {
              builder.table<String, String>("in", Materialized<String, String>{.store_name = "rows"})
                  .suppress(Suppressed::until_time_limit(5ms));
            }),
            "Invalid topology: Following changelog topic(s) has not been named: "
            "KTABLE-SUPPRESS-STATE-STORE-0000000003-changelog\n");
}

TEST(Names, OfJoinsAreThoseOfStoresAndOfRepartitionTopics) {
  const auto join = [](StreamsBuilder& builder, const StreamJoined<String, String, String>& options) {
    rekeyed(builder, "a")
        .left_join(builder.stream<String, String>("b"), either, JoinWindows::of_time_difference_with_no_grace(5ms),
                   options);
  };
  EXPECT_EQ(error_of([&](StreamsBuilder& builder) { join(builder, {.name = "j"}); }),
            "Invalid topology: Following changelog topic(s) has not been named: "
            "KSTREAM-JOINTHIS-0000000008-store-changelog, KSTREAM-OUTEROTHER-0000000009-store-changelog, "
            "KSTREAM-OUTERSHARED-0000000008-store-changelog\n"
            "Following state store(s) has not been named: KSTREAM-JOINTHIS-0000000008-store, "
            "KSTREAM-OUTEROTHER-0000000009-store, KSTREAM-OUTERSHARED-0000000008-store\n");
  EXPECT_EQ(error_of([&](StreamsBuilder& builder) { join(builder, {.store_name = "s"}); }),
            "Invalid topology: Following repartition topic(s) has not been named: "
            "KSTREAM-KEY-SELECT-0000000001-repartition\n");
  EXPECT_EQ(error_of([&](StreamsBuilder& builder) { join(builder, {.name = "j", .store_name = "s"}); }), "built");
}

TEST(Names, GivenOnesSatisfy) {
  EXPECT_EQ(error_of([](StreamsBuilder& builder) {
              const Materialized<String, std::int64_t> rows{.store_name = "rows", .logging = false};
              rekeyed(builder).group_by_key().count(rows);
            }),
            "built");
  EXPECT_EQ(error_of([](StreamsBuilder& builder) { rekeyed(builder).repartition({.name = "part"}); }), "built");
}

}  // namespace
}  // namespace streams
