// Window stores behind a cache: what is seen, in which order, and what is flushed.
#include "support.hpp"

#include <state/record_cache.hpp>

#include <gtest/gtest.h>

#include <random>

namespace streams::state {
namespace {

using Texts = std::vector<std::string>;

struct CachedWindowsFixture : Surroundings {
  explicit CachedWindowsFixture(bool in_memory, std::size_t max_bytes = 100000, bool send_old_values = false,
                                bool time_ordered = false, bool cache_index = false)
      : spec{.retention_ms = 1000,
             .window_ms = 10,
             .segment_interval_ms = 60,
             .exact_expiry = in_memory,
             .time_ordered = time_ordered,
             .cache_index = cache_index},
        cache(make_record_cache(max_bytes)) {
    auto rows_store = make_window_store(rows(), spec, ValueFormat::kPlain, context());
    inner = rows_store.get();
    store = make_caching(std::move(rows_store), spec, cache, "0_0-store", record);
    store->set_flush_listener(
        [this](BytesView key, Timestamp start, OptionalView fresh, OptionalView old) {
          told.push_back(std::string(key) + "@" + std::to_string(start) + ":" + std::string(old.value_or("-")) + "->" +
                         std::string(fresh.value_or("-")));
        },
        send_old_values);
  }
  Texts all(bool reverse = false) { return windows_of(store->all(reverse)); }

  WindowSpec spec;
  std::shared_ptr<RecordCache> cache;
  WindowBytes* inner = nullptr;
  std::unique_ptr<WindowBytes> store;
  Texts told;
};

TEST(CachingWindowStore, FlushesWindowsInTheOrderInWhichTheyBecameDirty) {
  CachedWindowsFixture c(false, 100000, true);
  c.inner->put("b", "0", 70);
  c.changelog.records.clear();
  c.record.timestamp = 5;
  c.store->put("b", "1", 70);
  c.store->put("a", "2", 10);
  c.store->put("c", std::nullopt, 10);
  c.store->put("b", "3", 70);
  EXPECT_EQ(c.told, Texts{});
  c.store->flush();
  EXPECT_EQ(c.told, (Texts{"a@10:-->2", "b@70:0->3"}));
  EXPECT_EQ(c.changelog.records, (Texts{"61000000000000000a00000000=2@5", "62000000000000004600000000=3@5"}));
  EXPECT_EQ(windows_of(c.inner->all(false)), (Texts{"a@10=2", "b@70=3"}));
}

TEST(CachingWindowStore, FetchesOneWindow) {
  CachedWindowsFixture c(false);
  Bytes value;
  c.inner->put("a", "stored", 10);
  c.inner->put("a", "stored", 20);
  c.store->put("a", "cached", 10);
  c.store->put("a", std::nullopt, 20);
  ASSERT_TRUE(c.store->get("a", 10, value));
  EXPECT_EQ(value, "cached");
  EXPECT_FALSE(c.store->get("a", 20, value));
  EXPECT_FALSE(c.store->get("a", 30, value));
  EXPECT_EQ(c.cache->find("0_0-store")->table().size(), 2U);  // reading windows caches nothing
}

TEST(CachingWindowStore, EvictionTellsOfWindows) {
  CachedWindowsFixture c(false, 150);
  c.store->put("a", "1", 10);
  c.store->put("a", "2", 20);
  EXPECT_EQ(c.told, Texts{});
  c.store->put("a", "3", 30);
  EXPECT_EQ(c.told, (Texts{"a@10:-->1", "a@20:-->2", "a@30:-->3"}));
}

TEST(CachingWindowStore, WalkingBackUsesTheOlderWindowsOfTheKeyInTheSegmentToo) {
  for (const bool reverse : {false, true}) {
    CachedWindowsFixture c(false, 220);
    c.store->put("a", "1", 10);
    c.store->put("b", "2", 10);
    c.store->put("b", "3", 30);
    EXPECT_EQ(windows_of(c.store->fetch("a", 20, 40, reverse)), Texts{});
    c.store->put("c", "4", 50);
    EXPECT_EQ(c.told, reverse ? (Texts{"b@10:-->2", "a@10:-->1", "b@30:-->3", "c@50:-->4"})
                              : (Texts{"a@10:-->1", "b@10:-->2", "b@30:-->3", "c@50:-->4"}));
  }
}

TEST(CachingWindowStore, RowsInFrontOfAStoreInMemoryAreUsedByEveryWalkThatPassesThem) {
  CachedWindowsFixture c(true, 220);
  c.store->put("b", "1", 10);
  c.store->put("a", "2", 5);
  c.store->put("a", "3", 30);
  EXPECT_EQ(windows_of(c.store->fetch("a", 8, 30, false)), Texts{"a@30=3"});  // passes b's window, but not a@5
  c.store->put("c", "4", 50);
  EXPECT_EQ(c.told, (Texts{"a@5:-->2", "b@10:-->1", "a@30:-->3", "c@50:-->4"}));
}

TEST(CachingWindowStore, ARowThatAWalkHasLookedAtIsNotUsedAgainWhenOthersChange) {
  CachedWindowsFixture c(false, 220);
  c.inner->put("a", "1", 30);
  c.store->put("b", "0", 10);
  c.store->put("a", "2", 10);
  c.store->flush();
  c.told.clear();
  const auto walk = c.store->fetch("a", 0, 40, true);  // stands on a@30, and has looked at a@10
  ASSERT_EQ(walk->start(), 30);
  c.store->put("a", "3", 30);
  c.store->put("c", "4", 50);  // b@10 goes
  walk->next();
  ASSERT_EQ(walk->start(), 10);
  c.store->put("d", "5", 50);  // a@10 goes, and nothing is told of clean rows
  EXPECT_EQ(c.told, Texts{});
}

TEST(CachingWindowStore, TimeOrderedWindowsAreEvictedByStart) {
  CachedWindowsFixture c(false, 250, false, true);
  c.store->put("b", "1", 10);
  c.store->put("a", "1", 20);
  c.store->put("a", "1", 10);
  EXPECT_EQ(windows_of(c.store->fetch_range(std::nullopt, std::nullopt, 10, 20, false)),
            (Texts{"a@10=1", "b@10=1", "a@20=1"}));
  c.store->put("c", "1", 30);
  EXPECT_EQ(c.told, (Texts{"a@10:-->1", "b@10:-->1", "a@20:-->1", "c@30:-->1"}));
}

/// The index makes the cache full twice as early; what it stands for is written through once.
TEST(CachingWindowStore, AnIndexTakesPlaceAndIsWrittenThroughAsTheRowsItStandsFor) {
  CachedWindowsFixture c(false, 300, false, true, true);
  c.store->put("a", "1", 10);
  c.store->put("b", "1", 10);
  EXPECT_EQ(c.told, Texts{});
  Bytes value;
  ASSERT_TRUE(c.store->get("a", 10, value));  // its entry in the index is the one used longest ago
  c.store->put("c", "1", 20);
  EXPECT_EQ(c.told, (Texts{"a@10:-->1", "b@10:-->1", "c@20:-->1"}));
  EXPECT_EQ(windows_of(c.store->all(false)), (Texts{"a@10=1", "b@10=1", "c@20=1"}));
  c.store->flush();
  c.told.clear();
  c.store->put("b", "2", 10);
  c.store->flush();
  EXPECT_EQ(c.told, Texts{"b@10:-->2"});
}

TEST(CachingWindowStore, PersistentRangesRunBySegmentThenKeyThenStart) {
  CachedWindowsFixture c(false);
  c.inner->put("a", "s", 10);
  c.inner->put("b", "s", 70);
  c.inner->put("a", "s", 130);
  c.store->put("b", "c", 5);
  c.store->put("a", "c", 65);
  c.store->put("a", "c", 130);
  c.store->put("aa", "c", 12);
  c.store->put("b", std::nullopt, 70);
  c.store->put("c", "c", 600);
  const Texts rows{"a@10=s", "aa@12=c", "b@5=c", "a@65=c", "a@130=c", "c@600=c"};
  EXPECT_EQ(c.all(), rows);
  EXPECT_EQ(c.all(true), Texts(rows.rbegin(), rows.rend()));
  EXPECT_EQ(windows_of(c.store->fetch("a", 0, 1000, false)), (Texts{"a@10=s", "a@65=c", "a@130=c"}));
  EXPECT_EQ(windows_of(c.store->fetch("a", 11, 130, true)), (Texts{"a@130=c", "a@65=c"}));
  EXPECT_EQ(windows_of(c.store->fetch_range("a", "aa", 0, 100, false)), (Texts{"a@10=s", "aa@12=c", "a@65=c"}));
  EXPECT_EQ(windows_of(c.store->fetch_range(std::nullopt, std::nullopt, 12, 130, false)),
            (Texts{"aa@12=c", "a@65=c", "a@130=c"}));
  EXPECT_EQ(windows_of(c.store->fetch_range("aa", std::nullopt, 0, 1000, true)),
            (Texts{"c@600=c", "b@5=c", "aa@12=c"}));
  EXPECT_EQ(windows_of(c.store->fetch_range("b", "a", 0, 1000, false)), Texts{});
}

TEST(CachingWindowStore, InMemoryRangesRunByStartThenKey) {
  CachedWindowsFixture c(true);
  c.inner->put("a", "s", 10);
  c.inner->put("b", "s", 70);
  c.store->put("b", "c", 5);
  c.store->put("a", "c", 70);
  c.store->put("a", std::nullopt, 10);
  const Texts rows{"b@5=c", "a@70=c", "b@70=s"};
  EXPECT_EQ(c.all(), rows);
  EXPECT_EQ(c.all(true), Texts(rows.rbegin(), rows.rend()));
  EXPECT_EQ(windows_of(c.store->fetch("a", 0, 1000, false)), (Texts{"a@70=c"}));
}

/// With random puts, flushes and evictions, a cached store shows what an uncached one does.
TEST(CachingWindowStore, ShowsWhatAnUncachedStoreShows) {
  for (unsigned seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    CachedWindowsFixture c(seed % 2 == 0, static_cast<std::size_t>(pick(4) * 500), false, seed % 4 < 2);
    Surroundings plain_around;
    const auto plain = make_window_store(plain_around.rows(), c.spec, ValueFormat::kPlain, plain_around.context());
    const auto key = [&] { return std::string(1 + pick(2), static_cast<char>('a' + pick(3))); };
    for (int i = 0; i < 100; ++i) {
      const std::string k = key(), value = std::to_string(i);
      const Timestamp start = pick(400);
      const OptionalView v = pick(5) == 0 ? std::nullopt : OptionalView(value);
      c.store->put(k, v, start);
      plain->put(k, v, start);
      if (pick(15) == 0) c.store->flush();
      const bool reverse = pick(2) == 0;
      const Timestamp from = pick(400), to = from + pick(200);
      const std::string other = key();
      ASSERT_EQ(windows_of(c.store->fetch(k, from, to, reverse)), windows_of(plain->fetch(k, from, to, reverse)));
      // The one case in which a persistent store gives windows by key, its cache by start.
      const auto ordered = [&](Texts windows) {
        if (c.spec.time_ordered && !c.spec.exact_expiry) std::sort(windows.begin(), windows.end());
        return windows;
      };
      ASSERT_EQ(ordered(windows_of(c.store->fetch_range(k, other, from, to, reverse))),
                ordered(windows_of(plain->fetch_range(k, other, from, to, reverse))));
      ASSERT_EQ(ordered(windows_of(c.store->fetch_range(k, std::nullopt, from, to, reverse))),
                ordered(windows_of(plain->fetch_range(k, std::nullopt, from, to, reverse))));
      ASSERT_EQ(c.all(reverse), windows_of(plain->all(reverse)));
    }
  }
}

TEST(CachingWindowStore, WalksStayValidWhileTheCacheChanges) {
  for (const bool reverse : {false, true}) {
    CachedWindowsFixture c(false, 600);
    for (Timestamp start = 0; start < 400; start += 50) c.store->put("a", "1", start);
    Texts seen;
    for (auto it = c.store->fetch("a", 0, 400, reverse); it->valid(); it->next()) {
      seen.push_back(std::to_string(it->start()));
      c.store->put("a", "2", it->start() + 1 + (it->start() * 7) % 40);
      c.store->put("b", "2", it->start());
    }
    Texts expected{"0", "50", "100", "150", "200", "250", "300", "350"};
    if (reverse) expected = Texts(expected.rbegin(), expected.rend());
    Texts original;
    for (const std::string& start : seen) {
      if (std::stoi(start) % 50 == 0) original.push_back(start);
    }
    EXPECT_EQ(original, expected) << ::testing::PrintToString(seen);
  }
}

}  // namespace
}  // namespace streams::state
