// The record cache: sizes, eviction, order of flushing, and what goes downstream. Cases computed by hand from
// ThreadCache, NamedCache and CachingKeyValueStore.
#include "support.hpp"

#include <state/record_cache.hpp>

#include <gtest/gtest.h>

namespace streams::state {
namespace {

using Texts = std::vector<std::string>;

/// A key-value store with a cache in front, and what its listener was told as "key:old->new@timestamp[header]".
struct Cached : Surroundings {
  explicit Cached(std::size_t max_bytes, bool send_old_values = false)
      : Cached(make_record_cache(max_bytes), "0_0-store", send_old_values) {}
  Cached(std::shared_ptr<RecordCache> cache_, const std::string& name, bool send_old_values = false)
      : cache(std::move(cache_)) {
    record.topic = "in";
    store = make_caching(make_key_value_store(rows(), ValueFormat::kPlain, context()), cache, name, record);
    EXPECT_TRUE(store->set_flush_listener(
        [this](BytesView key, OptionalView fresh, OptionalView old) {
          std::string text =
              std::string(key) + ":" + text_of(old) + "->" + text_of(fresh) + "@" + std::to_string(record.timestamp);
          for (const Header& header : *record.headers) text += "[" + header.key + "]";
          told.push_back(text);
          if (on_told) on_told(key);
        },
        send_old_values));
  }
  static std::string text_of(OptionalView value) { return value ? std::string(*value) : "-"; }

  void put(BytesView key, OptionalView value, Timestamp timestamp) {
    record.timestamp = timestamp;
    store->put(key, value);
  }
  std::string get(BytesView key) {
    Bytes value;
    return store->get(key, value) ? value : "-";
  }
  Texts take() { return std::exchange(told, {}); }

  std::shared_ptr<RecordCache> cache;
  std::unique_ptr<KeyValueBytes> store;
  Texts told;
  std::function<void(BytesView)> on_told;
};

/// Of an entry with a key and value of one byte each and topic "in".
constexpr std::size_t kEntry = 1 + 24 + 1 + 1 + 8 + 8 + 4 + 2;

TEST(RecordCache, CountsBytesAsKafkaStreamsDoes) {
  Cached c(10000);
  c.put("k", "v", 1);
  EXPECT_EQ(c.cache->bytes(), kEntry);
  c.put("k", "longer", 1);
  EXPECT_EQ(c.cache->bytes(), kEntry + 5);
  c.put("k", std::nullopt, 1);
  EXPECT_EQ(c.cache->bytes(), kEntry - 1);
  const Headers headers{{"h\xc3\xa4\xf0\x9f\x98\x80", "1234"},
                        {"null", std::nullopt}};  // h, a umlaut, a face of two units
  c.record.headers = &headers;
  c.put("k", "v", 1);
  EXPECT_EQ(c.cache->bytes(), kEntry + 4 + 4 + 4);
  c.store.reset();
  EXPECT_EQ(c.cache->bytes(), 0U);
}

TEST(RecordCache, CountsWhatItReadsWithoutContext) {
  Cached c(10000);
  c.rows().put("k", "v");
  EXPECT_EQ(c.get("k"), "v");
  EXPECT_EQ(c.cache->bytes(), kEntry - 2);
  c.rows().put("k", "not seen");
  EXPECT_EQ(c.get("k"), "v");
  EXPECT_EQ(c.get("missing"), "-");
  EXPECT_EQ(c.cache->bytes(), kEntry - 2);
}

TEST(RecordCache, FlushesInTheOrderInWhichEntriesBecameDirty) {
  Cached c(10000);
  c.put("a", "1", 1);
  c.put("b", "2", 2);
  c.put("c", "3", 3);
  c.put("a", "4", 4);
  EXPECT_EQ(c.take(), Texts{});
  EXPECT_EQ(c.changelog.records, Texts{});
  c.record.timestamp = 99;
  c.store->flush();
  EXPECT_EQ(c.take(), (Texts{"b:-->2@2", "c:-->3@3", "a:-->4@4"}));
  EXPECT_EQ(c.changelog.records, (Texts{"62=2@2", "63=3@3", "61=4@4"}));
  EXPECT_EQ(c.record.timestamp, 99);
  c.store->flush();
  EXPECT_EQ(c.take(), Texts{});
  EXPECT_EQ(c.get("a"), "4");
}

TEST(RecordCache, TellsOldValuesIfAsked) {
  Cached c(10000, true);
  c.rows().put("a", "0");
  c.put("a", "1", 1);
  c.put("b", "1", 2);
  c.store->flush();
  EXPECT_EQ(c.take(), (Texts{"a:0->1@1", "b:-->1@2"}));
  c.put("a", std::nullopt, 3);
  c.put("c", std::nullopt, 4);  // nobody below knows of it: nothing happens
  c.store->flush();
  EXPECT_EQ(c.take(), (Texts{"a:1->-@3"}));
  EXPECT_EQ(c.changelog.records, (Texts{"61=1@1", "62=1@2", "61=null@3"}));
}

TEST(RecordCache, SkipsTombstonesThatMeetNothingEvenIfOldValuesAreNotSent) {
  Cached c(10000);
  c.rows().put("a", "0");
  c.put("a", std::nullopt, 1);
  c.put("b", "1", 2);
  c.put("b", std::nullopt, 3);
  EXPECT_EQ(c.get("a"), "-");
  c.store->flush();
  EXPECT_EQ(c.take(), (Texts{"a:-->-@1"}));
  EXPECT_EQ(c.changelog.records, (Texts{"61=null@1"}));
  EXPECT_EQ(c.cache->bytes(), 0U);  // flushed tombstones leave the cache
}

TEST(RecordCache, WritesTombstonesThroughWhereNobodyListens) {
  Cached c(10000);
  c.store->set_flush_listener(nullptr, false);
  c.put("b", std::nullopt, 3);
  c.store->flush();
  EXPECT_EQ(c.changelog.records, (Texts{"62=null@3"}));
}

TEST(RecordCache, EvictingADirtyEntryFlushesAllOfThem) {
  Cached c(3 * kEntry);
  c.put("a", "1", 1);
  c.put("b", "2", 2);
  c.put("c", "3", 3);
  EXPECT_EQ(c.get("a"), "1");  // now b is the one used longest ago
  EXPECT_EQ(c.take(), Texts{});
  c.put("d", "4", 4);
  EXPECT_EQ(c.take(), (Texts{"b:-->2@2", "a:-->1@1", "c:-->3@3", "d:-->4@4"}));
  EXPECT_EQ(c.cache->bytes(), 3 * kEntry);
  c.put("e", "5", 5);  // evicts c, which is clean
  EXPECT_EQ(c.take(), Texts{});
  c.put("f", "6", 6);  // evicts a, clean too
  c.put("g", "7", 7);  // evicts d
  c.put("h", "8", 8);  // evicts e
  EXPECT_EQ(c.take(), (Texts{"e:-->5@5", "f:-->6@6", "g:-->7@7", "h:-->8@8"}));
}

TEST(RecordCache, WithoutBudgetEveryPutGoesThrough) {
  Cached c(0, true);
  c.put("a", "1", 1);
  c.put("a", "2", 2);
  c.put("a", std::nullopt, 3);
  c.put("b", std::nullopt, 4);
  EXPECT_EQ(c.take(), (Texts{"a:-->1@1", "a:1->2@2", "a:2->-@3"}));
  EXPECT_EQ(c.cache->bytes(), 0U);
  EXPECT_EQ(c.get("a"), "-");
}

/// The conformance case cache__evict_150 at the level of bytes.
TEST(RecordCache, EvictsAsRecorded) {
  Cached c(150);
  const std::string count(16, '1');  // timestamp and count
  const auto keys = [&] {
    std::string text;
    for (const std::string& entry : c.take()) text += entry[0];
    return text;
  };
  const std::vector<std::pair<std::string, std::string>> steps{{"a", ""},   {"b", ""},    {"c", "abc"}, {"a", ""},
                                                               {"d", ""},   {"e", "ade"}, {"a", ""},    {"f", ""},
                                                               {"b", "af"}, {"g", ""}};
  Timestamp time = 0;
  for (const auto& [key, told] : steps) {
    c.get(key);
    c.put(key, count, ++time);
    EXPECT_EQ(keys(), told) << "step " << time - 1;
  }
  c.store->flush();
  EXPECT_EQ(keys(), "bg");
}

TEST(RecordCache, EvictsOnlyFromTheCacheThatGrew) {
  const auto cache = make_record_cache(4 * kEntry);
  Cached one(cache, "0_0-one"), two(cache, "0_0-two");
  one.put("a", "1", 1);
  one.put("b", "1", 2);
  one.put("c", "1", 3);
  two.put("x", "1", 4);
  EXPECT_EQ(one.take(), Texts{});
  two.put("y", "1", 5);
  EXPECT_EQ(one.take(), Texts{});
  EXPECT_EQ(two.take(), (Texts{"x:-->1@4", "y:-->1@5"}));
  EXPECT_EQ(cache->bytes(), 4 * kEntry);
}

/// While the evicted entry is flushed, it still counts: a put from there into another cache finds that one over the
/// budget.
TEST(RecordCache, CountsAnEvictedEntryUntilItsFlushIsOver) {
  const auto cache = make_record_cache(3 * kEntry);
  Cached up(cache, "0_0-up"), down(cache, "0_0-down");
  up.on_told = [&](BytesView key) { down.put(key, "d", 50); };
  up.put("a", "1", 1);
  up.put("b", "1", 2);
  up.put("c", "1", 3);
  up.put("d", "1", 4);
  EXPECT_EQ(up.take(), (Texts{"a:-->1@1", "b:-->1@2", "c:-->1@3", "d:-->1@4"}));
  EXPECT_EQ(down.take(), (Texts{"a:-->d@50", "b:-->d@50", "c:-->d@50", "d:-->d@50"}));
  EXPECT_EQ(cache->bytes(), 3 * kEntry);
  EXPECT_EQ(cache->find("0_0-down")->bytes(), 0U);
}

TEST(RecordCache, ListenersMayUseTheCacheThatIsFlushed) {
  Cached c(2 * kEntry, true);
  c.rows().put("x", "below");
  c.put("a", "1", 1);
  c.put("b", "1", 2);
  c.on_told = [&](BytesView key) {
    EXPECT_EQ(c.get("x"), "below");
    EXPECT_EQ(c.get(key), "1");
  };
  c.store->flush();
  EXPECT_EQ(c.take(), (Texts{"a:-->1@1", "b:-->1@2"}));
}

TEST(RecordCache, PutsFromListenersAreKeptForTheNextFlush) {
  Cached c(10000);
  c.put("a", "1", 1);
  c.put("b", "1", 2);
  c.on_told = [&](BytesView key) {
    if (key == "a") c.put("b", "2", 3);
  };
  c.store->flush();
  EXPECT_EQ(c.take(), (Texts{"a:-->1@1", "b:-->1@2"}));
  EXPECT_EQ(c.get("b"), "2");
  c.store->flush();
  EXPECT_EQ(c.take(), (Texts{"b:-->2@3"}));
}

TEST(RecordCache, GivesTheListenerTheContextOfTheEntry) {
  Cached c(10000);
  const Headers first{{"first", std::nullopt}}, second{{"second", "2"}};
  c.record.headers = &first;
  c.record.offset = 10;
  c.put("a", "1", 1);
  c.record.headers = &second;
  c.record.offset = 20;
  std::int64_t offset = 0;
  c.on_told = [&](BytesView) { offset = c.record.offset; };
  c.store->flush();
  EXPECT_EQ(c.take(), (Texts{"a:-->1@1[first]"}));
  EXPECT_EQ(offset, 10);
  EXPECT_EQ(c.record.offset, 20);
  EXPECT_EQ(c.record.headers, &second);
}

TEST(RecordCache, StaysExactWhenAListenerThrows) {
  Cached c(10000);
  c.put("a", "1", 1);
  c.put("b", "1", 2);
  c.on_told = [](BytesView) { throw std::runtime_error("no"); };
  EXPECT_THROW(c.store->flush(), std::runtime_error);
  EXPECT_EQ(c.record.timestamp, 2);
  EXPECT_EQ(c.cache->bytes(), 2 * kEntry);
  c.store.reset();
  EXPECT_EQ(c.cache->bytes(), 0U);
}

TEST(RecordCache, ShrinksAllCachesInTurn) {
  const auto cache = make_record_cache(100 * kEntry);
  Cached one(cache, "0_0-one"), two(cache, "0_0-two");
  for (const char* key : {"a", "b", "c"}) {
    one.put(key, "1", 1);
    two.put(key, "1", 1);
  }
  cache->resize(2 * kEntry);
  EXPECT_EQ(cache->bytes(), 2 * kEntry);
  EXPECT_EQ(cache->find("0_0-one")->bytes(), kEntry);
  EXPECT_EQ(one.take().size(), 3U);
  EXPECT_EQ(two.take().size(), 3U);
  cache->resize(0);
  EXPECT_EQ(cache->bytes(), 0U);
}

TEST(RecordCache, RangesSeeCachedRowsOverStoredOnes) {
  Cached c(10000);
  for (const char* key : {"a", "b", "c", "d"}) c.rows().put(key, "s");
  c.put("b", "1", 1);
  c.put("bb", "2", 2);
  c.put("c", std::nullopt, 3);
  c.put("e", std::nullopt, 4);
  const Rows all{{"a", "s"}, {"b", "1"}, {"bb", "2"}, {"d", "s"}};
  EXPECT_EQ(rows_of(c.store->range(std::nullopt, std::nullopt, false)), all);
  EXPECT_EQ(rows_of(c.store->range(std::nullopt, std::nullopt, true)), Rows(all.rbegin(), all.rend()));
  EXPECT_EQ(rows_of(c.store->range("b", "c", true)), (Rows{{"bb", "2"}, {"b", "1"}}));
  EXPECT_EQ(rows_of(c.store->prefix("b")), (Rows{{"b", "1"}, {"bb", "2"}}));
  EXPECT_EQ(rows_of(c.store->range("d", "a", false)), Rows{});
}

TEST(RecordCache, LookingAtARangeMakesItsEntriesRecentlyUsed) {
  Cached c(3 * kEntry);
  c.put("a", "1", 1);
  c.put("b", "1", 2);
  c.put("c", "1", 3);
  rows_of(c.store->range("a", "a", false));
  c.put("d", "1", 4);
  EXPECT_EQ(c.take()[0], "b:-->1@2");
}

TEST(RecordCache, RangesStayValidWhileTheCacheChanges) {
  Cached c(4 * kEntry);
  for (const char* key : {"a", "b", "c", "d"}) c.put(key, "1", 1);
  Texts seen;
  for (auto it = c.store->range(std::nullopt, std::nullopt, false); it->valid(); it->next()) {
    if (it->key().size() == 1) seen.emplace_back(it->key());
    c.put(std::string(it->key()) + "+", "2", 2);  // evicts others, which are then found below
  }
  EXPECT_EQ(seen, (Texts{"a", "b", "c", "d"}));
}

}  // namespace
}  // namespace streams::state
