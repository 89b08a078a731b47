// Uncommitted writes, commit, discard and ranges, checked against std::map.
#include "support.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>

namespace streams::state {
namespace {

/// What the family should hold, now and as of the last commit.
struct Model {
  using Map = std::map<std::string, std::string>;
  Map now, committed;

  Rows range(const OptionalBytes& from, const OptionalBytes& to, bool reverse) const {
    Rows rows;
    for (const auto& [key, value] : now) {
      if ((!from || key >= *from) && (!to || key < *to)) rows.emplace_back(key, value);
    }
    if (reverse) std::reverse(rows.begin(), rows.end());
    return rows;
  }
};

class Runs {
 public:
  Runs(StateDatabase& database, unsigned seed) : database_(database), rows_(database.family("store")), random_(seed) {}

  void step() {
    switch (pick(20)) {
      case 0:
        return commit();
      case 1:
        return discard();
      case 2:
        return erase_range();
      case 3:
      case 4:
        return check_range();
      case 5:
        return check_walk_with_writes();
      case 6:
      case 7:
      case 8:
        return erase();
      case 9:
      case 10:
      case 11:
        return check_get();
      default:
        return put();
    }
  }

 private:
  int pick(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  std::string key() {
    std::string text;
    for (int i = pick(4); i >= 0; --i)
      text.push_back(
          static_cast<char>("\x00\x01"
                            "a\xff"[pick(4)]));
    return text;
  }
  OptionalBytes bound() { return pick(4) == 0 ? std::nullopt : OptionalBytes(key()); }
  static OptionalView view(const OptionalBytes& bytes) { return bytes ? OptionalView(*bytes) : std::nullopt; }

  void put() {
    const std::string k = key(), v = std::to_string(random_());
    rows_.put(k, v);
    model_.now[k] = v;
  }
  void erase() {
    const std::string k = key();
    rows_.erase(k);
    model_.now.erase(k);
  }
  void erase_range() {
    const std::string from = key(), to = key();
    rows_.erase_range(from, to);
    if (from < to) model_.now.erase(model_.now.lower_bound(from), model_.now.lower_bound(to));
  }
  void commit() {
    const std::int64_t offset = ++offset_;
    ASSERT_TRUE(database_.commit({{"topic-0", offset}}).ok());
    EXPECT_EQ(database_.offsets(), (std::map<std::string, std::int64_t>{{"topic-0", offset}}));
    model_.committed = model_.now;
    EXPECT_EQ(database_.uncommitted_bytes(), 0U);
  }
  void discard() {
    database_.discard();
    model_.now = model_.committed;
  }
  void check_get() {
    const std::string k = key();
    Bytes value;
    const auto found = model_.now.find(k);
    ASSERT_EQ(rows_.get(k, value), found != model_.now.end());
    if (found != model_.now.end()) {
      ASSERT_EQ(value, found->second);
    }
  }
  void check_range() {
    const OptionalBytes from = bound(), to = bound();
    const bool reverse = pick(2) == 0;
    ASSERT_EQ(rows_of(rows_.range(view(from), view(to), reverse)), model_.range(from, to, reverse));
  }
  /// A walk stays in order and sees every row that is not touched meanwhile exactly once.
  void check_walk_with_writes() {
    const OptionalBytes from = bound(), to = bound();
    const bool reverse = pick(2) == 0;
    const Rows before = model_.range(from, to, reverse);
    std::map<std::string, bool> touched;
    Rows seen;
    const auto walk = rows_.range(view(from), view(to), reverse);
    while (walk->valid()) {
      const std::string k(walk->key()), v(walk->value());
      seen.emplace_back(k, v);
      const Model::Map now = model_.now;
      switch (pick(6)) {
        case 0:
          put();
          break;
        case 1:
          erase();
          break;
        case 2:
          commit();
          break;
        case 3:
          erase_range();
          break;
        default:
          break;
      }
      for (const auto& [key, value] : now) {
        if (!model_.now.count(key) || model_.now[key] != value) touched[key] = true;
      }
      for (const auto& [key, value] : model_.now) {
        if (!now.count(key)) touched[key] = true;
      }
      EXPECT_EQ(walk->key(), k);
      EXPECT_EQ(walk->value(), v);
      walk->next();
    }
    for (std::size_t i = 1; i < seen.size(); ++i) {
      ASSERT_TRUE(reverse ? seen[i].first < seen[i - 1].first : seen[i - 1].first < seen[i].first);
    }
    const auto untouched = [&](Rows rows) {
      std::erase_if(rows, [&](const auto& row) { return touched.count(row.first) != 0; });
      return rows;
    };
    ASSERT_EQ(untouched(seen), untouched(before));
  }

  StateDatabase& database_;
  ByteStore& rows_;
  std::mt19937 random_;
  Model model_;
  std::int64_t offset_ = 0;
};

TEST(InMemoryDatabase, BehavesLikeAMapThroughCommitsAndDiscards) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto database = make_in_memory({"store"});
    Runs runs(*database, seed);
    for (int i = 0; i < 400 && !::testing::Test::HasFatalFailure(); ++i) runs.step();
  }
}

TEST(RocksDatabase, BehavesLikeAMapThroughCommitsAndDiscards) {
  const auto directory = scratch_directory() / ("streams_overlay_" + std::to_string(::getpid()));
  const auto memory = make_memory_bound(16 << 20);
  for (unsigned seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::filesystem::remove_all(directory);
    auto database = open_rocksdb(directory.string(), {"store"}, memory);
    ASSERT_TRUE(database.ok()) << database.status().message();
    Runs runs(*database.value(), seed);
    for (int i = 0; i < 400 && !::testing::Test::HasFatalFailure(); ++i) {
      runs.step();
      if (i % 100 == 50) {
        ASSERT_TRUE(database.value()->flush().ok());
      }
    }
  }
  std::filesystem::remove_all(directory);
}

TEST(InMemoryDatabase, KeepsFamiliesApart) {
  const auto database = make_in_memory({"a", "b"});
  database->family("a").put("k", "1");
  database->family("b").put("k", "2");
  ASSERT_TRUE(database->commit({}).ok());
  Bytes value;
  ASSERT_TRUE(database->family("a").get("k", value));
  EXPECT_EQ(value, "1");
  EXPECT_EQ(database->family("a").approximate_entries(), 1);
}

TEST(InMemoryDatabase, CountsRowsExactly) {
  const auto database = make_in_memory({"a"});
  ByteStore& rows = database->family("a");
  for (const char* key : {"a", "b", "c", "d"}) rows.put(key, "1");
  ASSERT_TRUE(database->commit({}).ok());
  rows.put("a", "2");
  rows.put("e", "1");
  rows.erase("b");
  rows.erase("not there");
  EXPECT_EQ(rows.approximate_entries(), 4);
  rows.erase_range("c", "z");
  rows.put("c", "again");
  EXPECT_EQ(rows_of(rows.range(std::nullopt, std::nullopt)), (Rows{{"a", "2"}, {"c", "again"}}));
}

TEST(InMemoryDatabase, KeepsOffsetsOfPartitionsThatACommitDoesNotName) {
  const auto database = make_in_memory({});
  ASSERT_TRUE(database->commit({{"a-0", 1}, {"b-0", 2}}).ok());
  ASSERT_TRUE(database->commit({{"b-0", 5}}).ok());
  EXPECT_EQ(database->offsets(), (std::map<std::string, std::int64_t>{{"a-0", 1}, {"b-0", 5}}));
}

TEST(InMemoryDatabase, TellsHowMuchIsNotCommitted) {
  const auto database = make_in_memory({"a"});
  EXPECT_EQ(database->uncommitted_bytes(), 0U);
  database->family("a").put("key", "0123456789");
  const std::size_t one = database->uncommitted_bytes();
  EXPECT_GE(one, 13U);
  database->family("a").put("key", "0123");
  EXPECT_EQ(database->uncommitted_bytes(), one - 6);
  database->family("a").erase("key");
  EXPECT_EQ(database->uncommitted_bytes(), one - 10);
  database->discard();
  EXPECT_EQ(database->uncommitted_bytes(), 0U);
}

}  // namespace
}  // namespace streams::state
