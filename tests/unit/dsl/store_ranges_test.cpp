// Rows of stores as C++ ranges: standard algorithms and views, range-v3, and what happens when the store goes first.
#include <streams/errors.hpp>
#include <streams/stores.hpp>
#include <streams/streams_builder.hpp>
#include <streams/testing/topology_test_driver.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <range/v3/algorithm/count_if.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace streams {
namespace {

using namespace std::chrono_literals;
using String = std::string;
using Rows = std::vector<String>;

static_assert(std::ranges::input_range<StoreRange<std::pair<String, String>>>);
static_assert(std::ranges::view<StoreRange<std::pair<String, String>>>);
static_assert(::ranges::input_range<StoreRange<std::pair<String, String>>>);
static_assert(::ranges::view_<StoreRange<std::pair<String, String>>>);

/// Puts every record into all stores.
struct PutEverywhere final : Processor<String, String, void, void> {
  void init(Context& context) override {
    rows = &context.get_state_store<KeyValueStore<String, String>>("rows");
    windows = &context.get_state_store<WindowStore<String, String>>("windows");
    sessions = &context.get_state_store<SessionStore<String, String>>("sessions");
    versions = &context.get_state_store<VersionedKeyValueStore<String, String>>("versions");
  }
  void process(Record<String, String>&& record) override {
    rows->put(*record.key, record.value);
    windows->put(*record.key, record.value, record.timestamp);
    sessions->put({*record.key, record.timestamp, record.timestamp + 5}, record.value);
    versions->put(*record.key, record.value, record.timestamp);
  }
  KeyValueStore<String, String>* rows = nullptr;
  WindowStore<String, String>* windows = nullptr;
  SessionStore<String, String>* sessions = nullptr;
  VersionedKeyValueStore<String, String>* versions = nullptr;
};

class StoreRanges : public testing::TestWithParam<StoreType> {
 protected:
  StoreRanges() {
    const StoreOptions<String, String> options{.type = GetParam()};
    StreamsBuilder builder;
    builder.add_state_store(key_value_store<String, String>("rows", options))
        .add_state_store(window_store<String, String>("windows", {1h, 10ms}, options))
        .add_state_store(session_store<String, String>("sessions", 1h, options))
        .add_state_store(versioned_key_value_store<String, String>("versions", 1h, options));
    builder.stream<String, String>("in").process([] { return std::make_unique<PutEverywhere>(); }, {},
                                                 {"rows", "windows", "sessions", "versions"});
    driver_.emplace(builder.build(), StreamsConfig{{"application.id", "app"}});
    Timestamp timestamp = 0;
    for (const char* key : {"apple", "avocado", "banana", "cherry"}) {
      driver_->pipe_raw({.topic = "in", .key = key, .value = String(1, key[0]), .timestamp = timestamp});
      timestamp += 10;
    }
  }
  KeyValueStore<String, String>& rows() { return driver_->get_state_store<KeyValueStore<String, String>>("rows"); }
  WindowStore<String, String>& windows() { return driver_->get_state_store<WindowStore<String, String>>("windows"); }
  SessionStore<String, String>& sessions() {
    return driver_->get_state_store<SessionStore<String, String>>("sessions");
  }

  std::optional<TopologyTestDriver> driver_;
};

constexpr auto kKeys = [](const auto& row) { return row.first; };
constexpr auto kWindowKeys = [](const auto& row) { return row.first.key; };

template <class Range>
Rows listed(Range&& range) {
  Rows out;
  for (auto&& item : range) out.push_back(item);
  return out;
}

TEST_P(StoreRanges, KeyValueRowsGoThroughStandardViewsAndAlgorithms) {
  const auto a_only = [](const auto& row) { return row.second == "a"; };
  EXPECT_EQ(listed(rows().all() | std::views::transform(kKeys)), (Rows{"apple", "avocado", "banana", "cherry"}));
  EXPECT_EQ(listed(rows().all() | std::views::filter(a_only) | std::views::transform(kKeys)),
            (Rows{"apple", "avocado"}));
  EXPECT_EQ(listed(rows().range("avocado", "banana") | std::views::transform(kKeys)), (Rows{"avocado", "banana"}));
  EXPECT_EQ(listed(rows().reverse_all() | std::views::take(1) | std::views::transform(kKeys)), Rows{"cherry"});
  EXPECT_EQ(listed(rows().reverse_range("avocado", std::nullopt) | std::views::transform(kKeys)),
            (Rows{"cherry", "banana", "avocado"}));
  EXPECT_EQ(listed(rows().prefix_scan("a") | std::views::transform(kKeys)), (Rows{"apple", "avocado"}));
  EXPECT_EQ(std::ranges::count_if(rows().all(), a_only), 2);
  auto all = rows().all();
  const auto found = std::ranges::find_if(all, [](const auto& row) { return row.first > "b"; });
  EXPECT_EQ((*found).first, "banana");
}

TEST_P(StoreRanges, RowsGoThroughRangeV3) {
  const auto a_only = [](const auto& row) { return row.second == "a"; };
  EXPECT_EQ(
      rows().all() | ::ranges::views::filter(a_only) | ::ranges::views::transform(kKeys) | ::ranges::to<std::vector>(),
      (Rows{"apple", "avocado"}));
  EXPECT_EQ(::ranges::count_if(rows().prefix_scan("a"), a_only), 2);
  EXPECT_EQ((windows().all() | ::ranges::views::transform(kWindowKeys) | ::ranges::to<std::vector>()).size(), 4U);
}

TEST_P(StoreRanges, WindowsAndSessionsAreRangesToo) {
  const auto values = std::views::transform([](const auto& row) { return row.second; });
  const auto keys = std::views::transform(kWindowKeys);
  Rows all = listed(windows().all() | keys);
  EXPECT_EQ(all, (Rows{"apple", "avocado", "banana", "cherry"}));
  std::ranges::reverse(all);
  EXPECT_EQ(listed(windows().backward_all() | keys), all);
  EXPECT_EQ(listed(windows().fetch_range("b", std::nullopt, 0, 100) | keys), (Rows{"banana", "cherry"}));
  EXPECT_EQ(listed(windows().fetch("banana", 0, 100) | values), Rows{"b"});
  EXPECT_EQ(listed(windows().backward_fetch("cherry", 0, 100) | values), Rows{"c"});
  EXPECT_EQ(listed(windows().backward_fetch_range("b", std::nullopt, 0, 100) | keys), (Rows{"cherry", "banana"}));
  EXPECT_EQ(listed(windows().fetch_all(10, 20) | keys), (Rows{"avocado", "banana"}));
  EXPECT_EQ(listed(windows().backward_fetch_all(10, 20) | keys), (Rows{"banana", "avocado"}));
  EXPECT_EQ(listed(sessions().fetch("apple") | keys), Rows{"apple"});
  EXPECT_EQ(listed(sessions().find_sessions("banana", 0, 100) | keys), Rows{"banana"});
  EXPECT_EQ(listed(sessions().fetch("apple", "banana") | keys), (Rows{"apple", "avocado", "banana"}));
  EXPECT_EQ(listed(sessions().backward_fetch("apple", "banana") | keys), (Rows{"banana", "avocado", "apple"}));
  EXPECT_EQ(listed(sessions().backward_find_sessions("apple", "banana", 16, 100) | keys), Rows{"banana"});
  EXPECT_EQ(listed(sessions().find_ended(15, 25) | keys), (Rows{"avocado", "banana"}));
}

TEST_P(StoreRanges, VersionsAreAVector) {
  auto& versions = driver_->get_state_store<VersionedKeyValueStore<String, String>>("versions");
  EXPECT_EQ(listed(versions.history("apple", 0, 100) | std::views::transform([](const auto& v) { return v.value; })),
            Rows{"a"});
}

TEST_P(StoreRanges, StayValidWhereRowsAreDeletedAndChangedMeanwhile) {
  Rows seen;
  for (const auto& [key, value] : rows().all()) {
    seen.push_back(key);
    rows().put(key, std::nullopt);
    rows().put("aardvark", value);
  }
  EXPECT_EQ(seen, (Rows{"apple", "avocado", "banana", "cherry"}));
  EXPECT_EQ(listed(rows().all() | std::views::transform(kKeys)), Rows{"aardvark"});
}

template <class Range>
String error_of_use(const Range& range) {
  try {
    static_cast<void>(range.begin() == range.end());
  } catch (const InvalidStateStore& error) {
    return error.what();
  }
  return "no error";
}

TEST_P(StoreRanges, ThatOutliveTheirStoreSayWhose) {
  auto of_rows = rows().all();
  auto of_windows = windows().all();
  auto of_window = windows().fetch("apple", 0, 100);
  auto of_sessions = sessions().fetch("apple");
  auto at = of_rows.begin();
  { const auto gone_before = rows().reverse_all(); }
  driver_->close();
  const String advice =
      " is used after the store was closed. Read what you need before the processor or the application that owns the "
      "store is closed.";
  EXPECT_EQ(error_of_use(of_rows), "An iterator over StateStore rows" + advice);
  EXPECT_EQ(error_of_use(of_windows), "An iterator over StateStore windows" + advice);
  EXPECT_EQ(error_of_use(of_window), "An iterator over StateStore windows" + advice);
  EXPECT_EQ(error_of_use(of_sessions), "An iterator over StateStore sessions" + advice);
  EXPECT_THROW(*at, InvalidStateStore);
  EXPECT_THROW(++at, InvalidStateStore);
  driver_.reset();
  EXPECT_EQ(error_of_use(of_rows), "An iterator over StateStore rows" + advice);
}

INSTANTIATE_TEST_SUITE_P(, StoreRanges, testing::Values(StoreType::kRocksDb, StoreType::kInMemory),
                         [](const auto& type) { return type.param == StoreType::kRocksDb ? "OnDisk" : "InMemory"; });

}  // namespace
}  // namespace streams
