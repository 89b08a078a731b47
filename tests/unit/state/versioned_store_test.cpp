// Versioned stores, against a plain list of versions per key.
#include "support.hpp"

#include <state/versions.hpp>
#include <streams/errors.hpp>

#include <gtest/gtest.h>

#include <random>

namespace streams::state {
namespace {

using Texts = std::vector<std::string>;

constexpr Timestamp kNewest = VersionedBytes::kValidToUndefined;

struct Versioned : Surroundings {
  explicit Versioned(std::int64_t retention = 100, std::int64_t interval = 30) : spec{retention, interval} { reopen(); }
  void reopen() { store = make_versioned_store(rows(), spec, context()); }
  /// "value@timestamp" and "..valid to" if it was superseded; "-" if there is none.
  static std::string text(const VersionedRow& row) {
    return row.value + "@" + std::to_string(row.timestamp) +
           (row.valid_to == kNewest ? "" : ".." + std::to_string(row.valid_to));
  }
  std::string get(BytesView key) {
    VersionedRow row;
    return store->get(key, row) ? text(row) : "-";
  }
  std::string get(BytesView key, Timestamp as_of) {
    VersionedRow row;
    return store->get(key, as_of, row) ? text(row) : "-";
  }
  Texts history(BytesView key, Timestamp from, Timestamp to, bool descending = false) {
    Texts texts;
    for (const VersionedRow& row : store->history(key, from, to, descending)) texts.push_back(text(row));
    return texts;
  }
  VersionedSpec spec;
  std::unique_ptr<VersionedBytes> store;
};

TEST(VersionedStore, RemembersFormerValues) {
  Versioned v;
  EXPECT_EQ(v.store->put("k", "a", 10), kNewest);
  EXPECT_EQ(v.store->put("k", "c", 50), kNewest);
  EXPECT_EQ(v.store->put("k", "b", 30), 50);
  EXPECT_EQ(v.store->put("k", "x", 5), 10);
  EXPECT_EQ(v.get("k"), "c@50");
  EXPECT_EQ(v.get("k", 49), "b@30..50");
  EXPECT_EQ(v.get("k", 30), "b@30..50");
  EXPECT_EQ(v.get("k", 29), "a@10..30");
  EXPECT_EQ(v.get("k", 7), "x@5..10");
  EXPECT_EQ(v.get("k", 4), "-");
  EXPECT_EQ(v.get("k", 1000), "c@50");
  EXPECT_EQ(v.get("other", 7), "-");
  EXPECT_EQ(v.history("k", 10, 30), (Texts{"a@10..30", "b@30..50"}));
  EXPECT_EQ(v.history("k", 0, 1000, true), (Texts{"c@50", "b@30..50", "a@10..30", "x@5..10"}));
}

TEST(VersionedStore, ReplacesAVersionOfTheSameTime) {
  Versioned v;
  v.store->put("k", "a", 10);
  v.store->put("k", "b", 50);
  EXPECT_EQ(v.store->put("k", "A", 10), 50);
  EXPECT_EQ(v.store->put("k", "B", 50), kNewest);
  EXPECT_EQ(v.history("k", 0, 100), (Texts{"A@10..50", "B@50"}));
}

TEST(VersionedStore, DeletionsAreVersionsToo) {
  Versioned v;
  v.store->put("k", "a", 10);
  EXPECT_EQ(v.store->put("k", std::nullopt, 40), kNewest);
  EXPECT_EQ(v.get("k"), "-");
  EXPECT_EQ(v.get("k", 39), "a@10..40");
  EXPECT_EQ(v.get("k", 40), "-");
  EXPECT_EQ(v.store->put("k", "b", 20), 40);
  EXPECT_EQ(v.get("k", 39), "b@20..40");
  EXPECT_EQ(v.store->put("k", std::nullopt, 60), kNewest);
  EXPECT_EQ(v.store->put("k", "c", 50), 60);
  EXPECT_EQ(v.store->put("k", "d", 60), kNewest);
  EXPECT_EQ(v.store->put("k", std::nullopt, 55), 60);
  EXPECT_EQ(v.history("k", 0, 100), (Texts{"a@10..20", "b@20..40", "c@50..55", "d@60"}));
}

TEST(VersionedStore, RemoveGivesWhatWasValid) {
  Versioned v;
  VersionedRow row;
  EXPECT_FALSE(v.store->remove("k", 10, row));
  v.store->put("k", "a", 20);
  v.store->put("k", "b", 40);
  EXPECT_TRUE(v.store->remove("k", 30, row));
  EXPECT_EQ(Versioned::text(row), "a@20..40");
  EXPECT_TRUE(v.store->remove("k", 50, row));
  EXPECT_EQ(Versioned::text(row), "b@40");
  EXPECT_FALSE(v.store->remove("k", 50, row));
  EXPECT_EQ(v.history("k", 0, 100), (Texts{"a@20..30", "b@40..50"}));
}

TEST(VersionedStore, RefusesWhatIsOlderThanItsHistory) {
  Versioned v;
  v.store->put("old", "a", 10);
  v.store->put("k", "b", 200);
  EXPECT_EQ(v.store->put("k", "late", 99), VersionedBytes::kNotPut);
  EXPECT_EQ(v.dropped, 1);
  VersionedRow row;
  EXPECT_FALSE(v.store->remove("old", 99, row));
  EXPECT_EQ(v.dropped, 2);
  EXPECT_EQ(v.store->put("k", "just in time", 100), 200);
  EXPECT_EQ(v.get("k", 100), "just in time@100..200");
  EXPECT_EQ(v.get("old"), "a@10");  // the newest version never expires
  EXPECT_EQ(v.get("old", 50), "a@10");
  EXPECT_EQ(v.get("old", 5), "-");
}

TEST(VersionedStore, ForgetsVersionsThatWereSupersededLongAgo) {
  Versioned v;
  for (Timestamp time = 0; time < 5000; time += 10) {
    v.store->put("k", std::to_string(time), time);
    v.store->put("gone" + std::to_string(time), "v", time);
    v.store->put("gone" + std::to_string(time), std::nullopt, time + 1);
  }
  EXPECT_EQ(v.get("k", 4800), "-");
  EXPECT_EQ(v.get("k", 4900), "4900@4900..4910");
  EXPECT_LE(v.rows().approximate_entries(), 30);
}

TEST(VersionedStore, LogsEveryPutWithItsOwnTime) {
  Versioned v;
  VersionedRow row;
  v.record.timestamp = 7;
  v.store->put("k", "a", 200);
  v.store->put("k", "late", 99);
  v.store->remove("k", 150, row);
  EXPECT_EQ(v.changelog.records, (Texts{"6b=a@200", "6b=late@99", "6b=null@150"}));
}

TEST(VersionedStore, IsTheSameAfterRestoringItsChangelog) {
  Versioned v;
  const std::vector<std::pair<OptionalView, Timestamp>> records{
      {"a", 10}, {"b", 300}, {"late", 20}, {"c", 250}, {std::nullopt, 320}};
  for (const auto& [value, time] : records) v.store->restore("k", value, time, {});
  EXPECT_EQ(v.get("k"), "-");
  EXPECT_EQ(v.history("k", 200, 1000), (Texts{"a@10..250", "c@250..300", "b@300..320"}));
  EXPECT_EQ(v.dropped, 0);
  EXPECT_TRUE(v.changelog.records.empty());
}

TEST(VersionedStore, AgreesWithAListOfVersions) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    Versioned v(100, 10 + pick(60));
    std::map<Timestamp, OptionalBytes> model;  // of one key
    Timestamp time = -1;
    for (int i = 0; i < 150; ++i) {
      const Timestamp at = std::max(0, i + pick(160) - 120);
      const std::string text = std::to_string(i);
      const OptionalView value = pick(3) == 0 ? std::nullopt : OptionalView(text);
      const bool late = at < time - 100;
      time = std::max(time, at);
      if (!late) model[at] = value ? OptionalBytes(text) : std::nullopt;
      const auto after = model.upper_bound(at);
      const Timestamp valid_to = late ? VersionedBytes::kNotPut : after == model.end() ? kNewest : after->first;
      ASSERT_EQ(v.store->put("k", value, at), valid_to);
      v.store->put("other", "v", at);
      if (pick(20) == 0) {
        v.store->flush();
        ASSERT_TRUE(v.database->commit({}).ok());
        v.reopen();
      }
      const Timestamp as_of = pick(300);
      std::string expected = "-";
      auto found = model.upper_bound(as_of);
      if (found != model.begin()) {
        const auto next = found--;
        const bool newest = next == model.end();
        if (found->second && (newest || as_of >= time - 100)) {
          expected =
              *found->second + "@" + std::to_string(found->first) + (newest ? "" : ".." + std::to_string(next->first));
        }
      }
      ASSERT_EQ(v.get("k", as_of), expected) << "as of " << as_of;
      ASSERT_EQ(v.get("k"),
                model.rbegin()->second ? *model.rbegin()->second + "@" + std::to_string(model.rbegin()->first) : "-");
    }
  }
}

TEST(Versions, AreReadAsTheyWereWritten) {
  const std::vector<Version> versions{{1, 5, "a"}, {5, 9, std::nullopt}, {9, Version::kOpen, ""}};
  const Bytes row = write_versions(versions);
  EXPECT_EQ(parse_versions(row), versions);
  for (std::size_t size = 1; size < row.size(); ++size) {
    const auto some = parse_versions(BytesView(row).substr(0, size));
    EXPECT_TRUE(!some || some->size() < versions.size()) << size;
  }
}

TEST(Versions, RandomBytesAreReadOrRefused) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    Bytes row(random() % 70, '\0');
    for (char& byte : row) byte = static_cast<char>(random() % 3 == 0 ? random() : 0);
    const auto versions = parse_versions(row);
    EXPECT_TRUE(!versions || write_versions(*versions).size() <= row.size());
  }
}

}  // namespace
}  // namespace streams::state
