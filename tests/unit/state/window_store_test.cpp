// Window stores: order, retention, duplicates, changelog keys, and what they know after a restart.
#include "window_support.hpp"

#include <streams/errors.hpp>

#include <gtest/gtest.h>

#include <random>

namespace streams::state {
namespace {

constexpr std::int64_t kInterval = 60;

WindowSpec persistent_spec() { return {.retention_ms = 120, .window_ms = 10, .segment_interval_ms = kInterval}; }
WindowSpec in_memory_spec() {
  return {.retention_ms = 120, .window_ms = 10, .segment_interval_ms = kInterval, .exact_expiry = true};
}

TEST(WindowStore, FetchesOneKeyInOrderOfStart) {
  for (const WindowSpec& spec : {persistent_spec(), in_memory_spec()}) {
    Windows w(spec);
    for (const Timestamp start : {70, 10, 100, 59, 60, 0}) w.put("a", "v", start);
    w.put("b", "v", 60);
    w.put(BytesView("a\0", 2), "v", 60);
    EXPECT_EQ(w.fetch("a", 0, 100), (Texts{"a@0=v", "a@10=v", "a@59=v", "a@60=v", "a@70=v", "a@100=v"}));
    EXPECT_EQ(w.fetch("a", 10, 60), (Texts{"a@10=v", "a@59=v", "a@60=v"}));
    EXPECT_EQ(w.fetch("a", 10, 60, true), (Texts{"a@60=v", "a@59=v", "a@10=v"}));
    EXPECT_EQ(w.fetch("a", -100, INT64_MAX), w.fetch("a", 0, 100));
    EXPECT_EQ(w.fetch("a", 11, 58), Texts{});
    EXPECT_EQ(w.fetch("a", 60, 10), Texts{});
    EXPECT_EQ(w.fetch("c", 0, 100), Texts{});
  }
}

TEST(WindowStore, PersistentRangesRunBySegmentThenKeyThenStart) {
  Windows w(persistent_spec());
  w.put("b", "1", 5);
  w.put("a", "2", 30);
  w.put("a", "3", 65);
  w.put("b", "4", 61);
  w.put("a", "5", 10);
  w.put("aa", "6", 20);
  const Texts rows{"a@10=5", "a@30=2", "aa@20=6", "b@5=1", "a@65=3", "b@61=4"};
  EXPECT_EQ(w.all(), rows);
  EXPECT_EQ(w.all(true), reversed(rows));
  EXPECT_EQ(w.range(std::nullopt, std::nullopt, 10, 61), (Texts{"a@10=5", "a@30=2", "aa@20=6", "b@61=4"}));
  EXPECT_EQ(w.range("a", "aa", 0, 100), (Texts{"a@10=5", "a@30=2", "aa@20=6", "a@65=3"}));
  EXPECT_EQ(w.range("aa", std::nullopt, 0, 100, true), (Texts{"b@61=4", "b@5=1", "aa@20=6"}));
  EXPECT_EQ(w.range(std::nullopt, "a", 0, 100), (Texts{"a@10=5", "a@30=2", "a@65=3"}));
  EXPECT_EQ(w.range("b", "a", 0, 100), Texts{});
}

TEST(WindowStore, TimeOrderedStoresAreScannedByStartThenKey) {
  for (WindowSpec spec : {persistent_spec(), in_memory_spec()}) {
    spec.time_ordered = true;
    Windows w(spec);
    w.put("b", "1", 5);
    w.put("a", "2", 30);
    w.put("a", "3", 65);
    w.put("b", "4", 30);
    w.put("aa", "5", 30);
    w.put("c", "6", 30);
    w.put("c", std::nullopt, 30);
    const Texts rows{"b@5=1", "a@30=2", "aa@30=5", "b@30=4", "a@65=3"};
    EXPECT_EQ(w.all(), rows);
    EXPECT_EQ(w.all(true), reversed(rows));
    EXPECT_EQ(w.range(std::nullopt, std::nullopt, 6, 64), (Texts{"a@30=2", "aa@30=5", "b@30=4"}));
    EXPECT_EQ(w.fetch("a", 0, 100), (Texts{"a@30=2", "a@65=3"}));
    EXPECT_TRUE(w.has("a", 65));
    w.put("z", "7", 400);
    EXPECT_EQ(w.all(), (Texts{"z@400=7"}));
    EXPECT_EQ(w.rows().approximate_entries(), 2);
    w.reopen();
    EXPECT_EQ(w.all(), (Texts{"z@400=7"}));
  }
}

TEST(WindowStore, InMemoryRangesRunByStartThenKey) {
  Windows w(in_memory_spec());
  w.put("b", "1", 5);
  w.put("a", "2", 30);
  w.put("a", "3", 65);
  w.put("b", "4", 30);
  w.put("aa", "6", 30);
  const Texts rows{"b@5=1", "a@30=2", "aa@30=6", "b@30=4", "a@65=3"};
  EXPECT_EQ(w.all(), rows);
  EXPECT_EQ(w.all(true), reversed(rows));
  EXPECT_EQ(w.range("a", "aa", 0, 100), (Texts{"a@30=2", "aa@30=6", "a@65=3"}));
}

TEST(WindowStore, PersistentStoresDropBySegmentAndHideByMillisecond) {
  Windows w(persistent_spec());
  w.put("a", "old", 0);
  w.put("a", "old", 59);
  w.put("a", "old", 60);
  w.put("a", "new", 181);  // live: starts from 62 on; segment of 61 and later is kept
  EXPECT_EQ(w.all(), (Texts{"a@181=new"}));
  EXPECT_FALSE(w.has("a", 60));
  w.put("a", "late", 61);  // taken, because its segment lives, but not to be seen
  w.put("a", "late", 62);
  EXPECT_EQ(w.dropped, 0);
  w.put("a", "too late", 59);
  EXPECT_EQ(w.dropped, 1);
  EXPECT_EQ(w.all(), (Texts{"a@62=late", "a@181=new"}));
  EXPECT_EQ(w.fetch("a", 0, 200), (Texts{"a@62=late", "a@181=new"}));
  EXPECT_FALSE(w.has("a", 61));
  EXPECT_TRUE(w.has("a", 62));
}

TEST(WindowStore, ExpiredSegmentsLeaveTheDatabase) {
  for (const WindowSpec& spec : {persistent_spec(), in_memory_spec()}) {
    Windows w(spec);
    for (Timestamp start = 0; start < 1000; start += 10) w.put("a", "v", start);
    EXPECT_LE(w.rows().approximate_entries(), 20);
    ASSERT_TRUE(w.database->commit({}).ok());
    EXPECT_LE(w.rows().approximate_entries(), 20);
  }
}

TEST(WindowStore, InMemoryStoresExpireByTheMillisecond) {
  Windows w(in_memory_spec());
  w.put("a", "1", 0);
  w.put("a", "2", 120);
  EXPECT_FALSE(w.has("a", 0));
  w.put("a", "3", 1);
  w.put("a", "late", 0);
  EXPECT_EQ(w.dropped, 1);
  w.put("a", std::nullopt, 0);
  EXPECT_EQ(w.dropped, 2);
  EXPECT_EQ(w.all(), (Texts{"a@1=3", "a@120=2"}));
}

TEST(WindowStore, DeletesWithANullValue) {
  for (const WindowSpec& spec : {persistent_spec(), in_memory_spec()}) {
    Windows w(spec);
    w.put("a", "1", 5);
    w.put("a", std::nullopt, 5);
    w.put("a", std::nullopt, 6);
    EXPECT_EQ(w.all(), Texts{});
    EXPECT_FALSE(w.has("a", 5));
  }
}

TEST(WindowStore, KeepsDuplicatesInOrderOfArrival) {
  for (WindowSpec spec : {persistent_spec(), in_memory_spec()}) {
    spec.retain_duplicates = true;
    Windows w(spec);
    w.record.timestamp = 7;
    w.put("a", "1", 5);
    w.put("a", "2", 5);
    w.put("a", std::nullopt, 5);
    w.put("a", "3", 5);
    w.put("a", "4", 4);
    EXPECT_EQ(w.fetch("a", 0, 10), (Texts{"a@4=4", "a@5=1", "a@5=2", "a@5=3"}));
    EXPECT_EQ(w.fetch("a", 0, 10, true), (Texts{"a@5=3", "a@5=2", "a@5=1", "a@4=4"}));
    EXPECT_EQ(w.changelog.records, (Texts{"61000000000000000500000001=1@7", "61000000000000000500000002=2@7",
                                          "61000000000000000500000003=null@7", "61000000000000000500000004=3@7",
                                          "61000000000000000400000005=4@7"}));
  }
}

TEST(WindowStore, LogsDroppedRecordsToo) {
  Windows w(persistent_spec());
  w.put("a", "1", 1000);
  w.put("a", "2", 5);
  EXPECT_EQ(w.dropped, 1);
  EXPECT_EQ(w.changelog.records, (Texts{"6100000000000003e800000000=1@0", "61000000000000000500000000=2@0"}));
}

TEST(WindowStore, SendsToTheChangelogWhatItsFormatSays) {
  const Headers headers{{"c", "2"}};
  struct Case {
    ValueFormat format;
    std::string value;
    Texts records;
    bool logs_headers = false;
  };
  const std::string time(7, '\0');
  const std::vector<Case> cases{
      {ValueFormat::kPlain, "v", {"61000000000000000500000000=v@70", "61000000000000000500000000=null@70"}},
      {ValueFormat::kPlain,
       "v",
       {"61000000000000000500000000=v@70[c:2]", "61000000000000000500000000=null@70[c:2]"},
       true},
      {ValueFormat::kTimestamped,
       time + "\x03v",
       {"61000000000000000500000000=v@3", "61000000000000000500000000=null@70"}},
      {ValueFormat::kTimestampedHeaders,
       std::string(1, '\0') + time + "\x03v",
       {"61000000000000000500000000=v@3", "61000000000000000500000000=null@70[c:2]"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(static_cast<int>(c.format));
    WindowSpec spec = persistent_spec();
    spec.logs_headers = c.logs_headers;
    Windows w(spec, c.format);
    w.record.timestamp = 70;
    w.record.headers = &headers;
    w.put("a", c.value, 5);
    w.put("a", std::nullopt, 5);
    EXPECT_EQ(w.changelog.records, c.records);
  }
}

TEST(WindowStore, RestoresFromChangelogKeys) {
  for (WindowSpec spec : {persistent_spec(), in_memory_spec()}) {
    spec.retain_duplicates = true;
    Windows w(spec);
    const auto key = [](BytesView k, char start, char sequence) {
      return std::string(k) + std::string(7, '\0') + start + std::string(3, '\0') + sequence;
    };
    w.store->restore(key("a", 5, 1), "1", 0, {});
    w.store->restore(key("a", 5, 2), "2", 0, {});
    w.store->restore(key("b", 6, 3), "3", 0, {});
    w.store->restore(key("b", 6, 3), std::nullopt, 0, {});
    EXPECT_EQ(w.all(), (Texts{"a@5=1", "a@5=2"}));
    EXPECT_TRUE(w.changelog.records.empty());
    w.put("a", "next", 5);
    EXPECT_EQ(w.fetch("a", 0, 10), (Texts{"a@5=1", "a@5=2", "a@5=next"}));
    EXPECT_EQ(w.changelog.records, (Texts{"61000000000000000500000004=next@0"}));
  }
}

TEST(WindowStore, RestoringAdvancesItsTimeAndSkipsExpiredRows) {
  Windows w(persistent_spec(), ValueFormat::kTimestamped);
  const auto key = [](char start) { return "a" + std::string(6, '\0') + '\x01' + start + std::string(4, '\0'); };
  w.store->restore(std::string("a") + std::string(12, '\0'), "old", 1, {});
  w.store->restore(key(0), "v", 2, {});
  w.store->restore(std::string("b") + std::string(12, '\0'), "old", 1, {});
  EXPECT_EQ(w.all(), (Texts{"a@256=" + std::string(7, '\0') + "\x02v"}));
  EXPECT_EQ(w.dropped, 0);
}

TEST(WindowStore, TakesOrRefusesAnyChangelogKey) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    Windows w(round % 2 == 0 ? persistent_spec() : in_memory_spec(), ValueFormat::kTimestamped);
    for (int i = 0; i < 100; ++i) {
      Bytes key(random() % 30, '\0');
      for (char& byte : key) byte = static_cast<char>(random() % 2 == 0 ? random() : 0);
      try {
        w.store->restore(key, random() % 4 == 0 ? std::nullopt : OptionalView("v"), 0, {});
      } catch (const SerializationError&) {
        EXPECT_LT(key.size(), 12U);
      }
    }
    EXPECT_LE(w.all().size(), 100U);
    w.store->flush();
    w.reopen();
    w.all(true);
  }
}

TEST(WindowStore, KnowsItsTimeAndSequenceAfterARestart) {
  WindowSpec spec = persistent_spec();
  spec.retain_duplicates = true;
  Windows w(spec);
  w.put("a", "1", 70);
  w.put("a", "2", 239);
  w.put("a", "3", 239);
  w.store->flush();
  ASSERT_TRUE(w.database->commit({}).ok());
  w.reopen();
  EXPECT_EQ(w.all(), (Texts{"a@239=2", "a@239=3"}));
  w.put("a", "late", 59);
  EXPECT_EQ(w.dropped, 1);
  w.put("a", "4", 239);
  EXPECT_EQ(w.fetch("a", 0, 300), (Texts{"a@239=2", "a@239=3", "a@239=4"}));
}

TEST(WindowStore, DerivesItsTimeFromSegmentsWhereItWasNotSaved) {
  Windows w(persistent_spec());
  w.put("a", "1", 70);
  w.put("a", "2", 250);
  w.reopen();
  EXPECT_EQ(w.all(), (Texts{"a@250=2"}));  // time is 240, the begin of the segment
  w.put("a", "late", 59);
  EXPECT_EQ(w.dropped, 1);
}

TEST(WindowStore, ExpiredSegmentsAreDroppedWithoutLookingAtTheirRows) {
  for (const bool time_ordered : {false, true}) {
    Surroundings s;
    CountedRows rows(s.rows());
    WindowSpec spec = persistent_spec();
    spec.time_ordered = time_ordered;
    const auto store = make_window_store(rows, spec, ValueFormat::kPlain, s.context());
    for (Timestamp start = 0; start < 120; ++start) store->put("a", "v", start);
    ASSERT_TRUE(s.database->commit({}).ok());
    rows.gets = rows.walks = 0;
    store->put("a", "v", 10'000);
    EXPECT_EQ(rows.gets + rows.walks + rows.erases, 0);
    EXPECT_EQ(rows.erased_ranges, time_ordered ? 2 : 1);
    ASSERT_TRUE(s.database->commit({}).ok());
    EXPECT_EQ(rows_of(s.rows().range(std::nullopt, std::nullopt)).size(), time_ordered ? 2U : 1U);
  }
}

TEST(WindowStore, TakesStartsBeforeTheEpoch) {
  Windows w(in_memory_spec());
  w.put("a", "1", -70);
  w.put("a", "2", -5);
  w.put("a", "3", 5);
  EXPECT_EQ(w.range(std::nullopt, std::nullopt, -100, 100), (Texts{"a@-70=1", "a@-5=2", "a@5=3"}));
}

TEST(WindowStore, WalksStayValidWhileTheStoreIsWritten) {
  Windows w(persistent_spec());
  for (Timestamp start = 0; start < 100; start += 20) w.put("a", "v", start);
  Texts seen;
  for (auto it = w.store->fetch("a", 0, 100, false); it->valid(); it->next()) {
    seen.push_back(std::to_string(it->start()));
    w.put("a", "changed", it->start());
    w.put("b", "more", it->start());
    ASSERT_TRUE(w.database->commit({}).ok());
  }
  EXPECT_EQ(seen, (Texts{"0", "20", "40", "60", "80"}));
}

/// Every fetch agrees with a plain list of rows that is filtered and sorted.
TEST(WindowStore, AgreesWithAModel) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    Windows w(seed % 2 == 0 ? persistent_spec() : in_memory_spec());
    const auto key = [&] { return std::string(1 + pick(2), static_cast<char>('a' + pick(2))); };
    std::map<std::pair<std::string, Timestamp>, std::string> model;
    Timestamp time = -1;
    for (int i = 0; i < 200; ++i) {
      const std::string k = key();
      const Timestamp start = std::max<Timestamp>(0, i * 2 + pick(150) - 100);
      time = std::max(time, start);
      const std::string value = std::to_string(i);
      w.put(k, value, start);
      if (pick(20) == 0) {
        ASSERT_TRUE(w.database->commit({}).ok());
      }
      const bool taken = seed % 2 == 0 ? start / kInterval >= (time - 120) / kInterval : start > time - 120;
      if (taken) model[{k, start}] = value;
      const std::string from = key(), to = key();
      const Timestamp start_from = i * 2 + pick(200) - 150, start_to = start_from + pick(100);
      std::vector<std::pair<std::string, std::string>> wanted;  // sort key and text
      for (const auto& [row, v] : model) {
        const auto& [row_key, row_start] = row;
        if (row_key < from || row_key > to || row_start < start_from || row_start > start_to || row_start <= time - 120)
          continue;
        Bytes order;
        detail::append_big_endian(order, seed % 2 == 0 ? row_start / kInterval : row_start);
        wanted.emplace_back(order + row_key + std::to_string(1000 + row_start),
                            row_key + "@" + std::to_string(row_start) + "=" + v);
      }
      std::sort(wanted.begin(), wanted.end());
      Texts texts;
      for (auto& [order, text] : wanted) texts.push_back(std::move(text));
      ASSERT_EQ(w.range(from, to, start_from, start_to), texts);
      ASSERT_EQ(w.range(from, to, start_from, start_to, true), reversed(texts));
    }
  }
}

}  // namespace
}  // namespace streams::state
