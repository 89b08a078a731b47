// Session stores, with and without a cache in front.
#include "support.hpp"

#include <state/record_cache.hpp>
#include <streams/errors.hpp>

#include <gtest/gtest.h>

#include <random>

namespace streams::state {
namespace {

using Texts = std::vector<std::string>;

/// Sessions as "key[start,end]=value".
Texts sessions_of(std::unique_ptr<SessionIterator> it) {
  Texts rows;
  for (; it->valid(); it->next()) {
    rows.push_back(std::string(it->key()) + "[" + std::to_string(it->start()) + "," + std::to_string(it->end()) +
                   "]=" + std::string(it->value()));
  }
  return rows;
}

struct Sessions : Surroundings {
  explicit Sessions(bool in_memory, bool time_ordered = false, ValueFormat format = ValueFormat::kPlain)
      : spec{.retention_ms = 120, .segment_interval_ms = 60, .exact_expiry = in_memory, .time_ordered = time_ordered} {
    store = make_session_store(rows(), spec, format, context());
  }
  void put(BytesView key, Timestamp start, Timestamp end, OptionalView value) { store->put(key, start, end, value); }
  Texts find(BytesView key, Timestamp earliest_end, Timestamp latest_start, bool reverse = false) {
    return sessions_of(store->find(key, earliest_end, latest_start, reverse));
  }
  Texts all(bool reverse = false) {
    return sessions_of(store->find_range(std::nullopt, std::nullopt, 0, INT64_MAX, reverse));
  }
  bool has(BytesView key, Timestamp start, Timestamp end) {
    Bytes value;
    return store->get(key, start, end, value);
  }

  SessionSpec spec;
  std::unique_ptr<SessionBytes> store;
};

Texts reversed(const Texts& texts) { return {texts.rbegin(), texts.rend()}; }

TEST(SessionStore, FindsSessionsThatOverlap) {
  for (const bool in_memory : {false, true}) {
    Sessions s(in_memory);
    s.put("a", 0, 10, "1");
    s.put("a", 20, 30, "2");
    s.put("a", 50, 70, "3");
    s.put("b", 20, 30, "4");
    s.put("aa", 20, 30, "5");
    EXPECT_EQ(s.find("a", 10, 20), (Texts{"a[0,10]=1", "a[20,30]=2"}));
    EXPECT_EQ(s.find("a", 11, 49), (Texts{"a[20,30]=2"}));
    EXPECT_EQ(s.find("a", 0, 1000, true), (Texts{"a[50,70]=3", "a[20,30]=2", "a[0,10]=1"}));
    EXPECT_EQ(s.find("a", 31, 49), Texts{});
    EXPECT_EQ(s.find("c", 0, 1000), Texts{});
    EXPECT_TRUE(s.has("a", 20, 30));
    EXPECT_FALSE(s.has("a", 20, 31));
    s.store->remove("a", 20, 30);
    s.put("a", 0, 10, std::nullopt);
    EXPECT_EQ(s.find("a", 0, 1000), (Texts{"a[50,70]=3"}));
    EXPECT_EQ(s.dropped, 0);
  }
}

TEST(SessionStore, PersistentRangesRunBySegmentThenKeyThenEndThenStart) {
  Sessions s(false);
  s.put("b", 0, 10, "1");
  s.put("a", 5, 40, "2");
  s.put("a", 0, 40, "3");
  s.put("a", 0, 20, "4");
  s.put("a", 60, 80, "5");
  s.put("aa", 0, 15, "6");
  const Texts rows{"a[0,20]=4", "a[0,40]=3", "a[5,40]=2", "aa[0,15]=6", "b[0,10]=1", "a[60,80]=5"};
  EXPECT_EQ(s.all(), rows);
  EXPECT_EQ(s.all(true), reversed(rows));
  EXPECT_EQ(sessions_of(s.store->find_range("a", "aa", 16, 50, false)), (Texts{"a[0,20]=4", "a[0,40]=3", "a[5,40]=2"}));
  EXPECT_EQ(sessions_of(s.store->find_range("b", "a", 0, 50, false)), Texts{});
}

TEST(SessionStore, InMemoryRangesRunByEndThenKeyThenLatestStart) {
  Sessions s(true);
  s.put("b", 0, 10, "1");
  s.put("a", 0, 40, "2");
  s.put("a", 5, 40, "3");
  s.put("aa", 0, 40, "4");
  const Texts rows{"b[0,10]=1", "a[5,40]=3", "a[0,40]=2", "aa[0,40]=4"};
  EXPECT_EQ(s.all(), rows);
  EXPECT_EQ(s.all(true), reversed(rows));
  EXPECT_EQ(s.find("a", 0, 100), (Texts{"a[5,40]=3", "a[0,40]=2"}));
}

TEST(SessionStore, FindsSessionsByTheirEnd) {
  for (const bool time_ordered : {false, true}) {
    for (const bool in_memory : {false, true}) {
      Sessions s(in_memory, time_ordered);
      s.put("b", 0, 10, "1");
      s.put("a", 20, 61, "2");
      s.put("b", 5, 61, "3");
      s.put("c", 70, 80, "4");
      const auto ended = [&](Timestamp from, Timestamp to) { return sessions_of(s.store->find_ended(from, to)); };
      EXPECT_EQ(ended(10, 61), in_memory ? (Texts{"b[0,10]=1", "a[20,61]=2", "b[5,61]=3"})
                                         : (Texts{"b[0,10]=1", "b[5,61]=3", "a[20,61]=2"}));
      EXPECT_EQ(ended(62, INT64_MAX), (Texts{"c[70,80]=4"}));
      EXPECT_EQ(ended(62, 61), Texts{});
      s.store->remove("c", 70, 80);
      EXPECT_EQ(ended(62, INT64_MAX), Texts{});
      s.put("d", 300, 300, "5");
      EXPECT_EQ(ended(0, 1000), (Texts{"d[300,300]=5"}));
      EXPECT_LE(s.rows().approximate_entries(), 2);
    }
  }
}

TEST(SessionStore, DropsAndHidesWhatIsExpired) {
  Sessions persistent(false), in_memory(true);
  for (Sessions* s : {&persistent, &in_memory}) {
    s->put("a", 0, 60, "old");
    s->put("a", 181, 181, "new");
    EXPECT_FALSE(s->has("a", 0, 60));
    EXPECT_EQ(s->all(), (Texts{"a[181,181]=new"}));
    s->put("a", 0, 59, "late");
    s->store->remove("a", 0, 59);
    EXPECT_EQ(s->dropped, 1);
    s->put("a", 0, 61, "hidden");
    s->put("a", 0, 62, "live");
    EXPECT_EQ(s->all(), (Texts{"a[0,62]=live", "a[181,181]=new"}));
  }
  EXPECT_EQ(persistent.dropped, 1);
  EXPECT_EQ(in_memory.dropped, 2);
}

TEST(SessionStore, SendsToTheChangelogWhatItsFormatSays) {
  const Headers headers{{"c", "2"}};
  for (const bool with_headers : {false, true}) {
    Sessions s(false, false, with_headers ? ValueFormat::kHeaders : ValueFormat::kPlain);
    s.record.timestamp = 70;
    s.record.headers = &headers;
    s.put("a", 1, 5,
          with_headers ? BytesView("\x0a\x02\x02s\x02"
                                   "1v",
                                   7)
                       : BytesView("v"));
    s.store->remove("a", 1, 5);
    const std::string key = "6100000000000000050000000000000001";
    EXPECT_EQ(s.changelog.records, with_headers ? (Texts{key + "=v@70[s:1]", key + "=null@70[c:2]"})
                                                : (Texts{key + "=v@70", key + "=null@70"}));
  }
}

TEST(SessionStore, RestoresFromChangelogKeys) {
  Sessions s(false);
  const std::string key = "a" + std::string(7, '\0') + "\x05" + std::string(7, '\0') + "\x01";
  s.store->restore(key, "v", 0, {});
  EXPECT_EQ(s.all(), (Texts{"a[1,5]=v"}));
  s.store->restore(key, std::nullopt, 0, {});
  EXPECT_EQ(s.all(), Texts{});
  EXPECT_TRUE(s.changelog.records.empty());
}

struct CachedSessions : Sessions {
  CachedSessions(bool in_memory, std::size_t max_bytes, bool send_old_values = true)
      : Sessions(in_memory), cache(make_record_cache(max_bytes)) {
    inner = store.get();
    store = make_caching(std::move(store), spec, cache, "0_0-store", record);
    store->set_flush_listener(
        [this](BytesView key, Timestamp start, Timestamp end, OptionalView fresh, OptionalView old) {
          told.push_back(std::string(key) + "[" + std::to_string(start) + "," + std::to_string(end) +
                         "]:" + std::string(old.value_or("-")) + "->" + std::string(fresh.value_or("-")));
        },
        send_old_values);
  }
  std::shared_ptr<RecordCache> cache;
  SessionBytes* inner;
  Texts told;
};

TEST(CachingSessionStore, ForwardsWhatIsLeftOfMergedSessions) {
  CachedSessions s(false, 10000);
  s.inner->put("a", 0, 0, "below");
  s.put("a", 0, 0, std::nullopt);
  s.put("a", 0, 5, "1");
  s.put("a", 0, 5, std::nullopt);
  s.put("a", 0, 9, "2");
  Bytes value;
  EXPECT_FALSE(s.store->get("a", 0, 0, value));
  EXPECT_EQ(s.find("a", 0, 100), (Texts{"a[0,9]=2"}));
  s.changelog.records.clear();
  s.store->flush();
  EXPECT_EQ(s.told, (Texts{"a[0,0]:below->-", "a[0,9]:-->2"}));
  EXPECT_EQ(s.changelog.records,
            (Texts{"6100000000000000000000000000000000=null@0", "6100000000000000090000000000000000=2@0"}));
}

TEST(CachingSessionStore, ShowsWhatAnUncachedStoreShows) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    CachedSessions cached(seed % 2 == 0, static_cast<std::size_t>(pick(4) * 500));
    Sessions plain(seed % 2 == 0);
    const auto key = [&] { return std::string(1 + pick(2), static_cast<char>('a' + pick(3))); };
    for (int i = 0; i < 100; ++i) {
      const std::string k = key(), other = key(), value = std::to_string(i);
      const Timestamp start = pick(100), end = start + pick(20);
      const OptionalView v = pick(4) == 0 ? std::nullopt : OptionalView(value);
      cached.put(k, start, end, v);
      plain.put(k, start, end, v);
      if (pick(15) == 0) cached.store->flush();
      const bool reverse = pick(2) == 0;
      const Timestamp earliest = pick(100), latest = earliest + pick(100);
      ASSERT_EQ(cached.find(k, earliest, latest, reverse), plain.find(k, earliest, latest, reverse));
      ASSERT_EQ(sessions_of(cached.store->find_range(k, other, earliest, latest, reverse)),
                sessions_of(plain.store->find_range(k, other, earliest, latest, reverse)));
      ASSERT_EQ(cached.all(reverse), plain.all(reverse));
      ASSERT_EQ(sessions_of(cached.store->find_ended(earliest, latest)),
                sessions_of(plain.store->find_ended(earliest, latest)));
    }
  }
}

}  // namespace
}  // namespace streams::state
