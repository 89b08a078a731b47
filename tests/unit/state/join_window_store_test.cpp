// The window stores of stream-stream joins: what they know of their keys hides no row.
#include "window_support.hpp"

#include <state/key_bytes.hpp>

#include <gtest/gtest.h>

#include <random>

namespace streams::state {
namespace {

WindowSpec join_spec(bool persistent) {
  return {.retention_ms = 9000,
          .window_ms = 2000,
          .segment_interval_ms = 3000,
          .retain_duplicates = true,
          .exact_expiry = !persistent};
}

/// Where fetches of a join know that nothing was committed, they find it when it is.
TEST(JoinWindowStore, WalksOfJoinsFindWhatIsCommittedMeanwhile) {
  for (const bool reverse : {false, true}) {
    for (int commit_at = 0; commit_at < 5; ++commit_at) {
      Windows w(join_spec(true));
      for (Timestamp start = 0; start < 8000; start += 1600) w.put("a", "v", start);
      Texts seen;
      int row = 0;
      for (auto it = w.store->fetch("a", 0, 8000, reverse); it->valid(); it->next(), ++row) {
        seen.push_back(std::to_string(it->start()));
        if (row == commit_at) {
          ASSERT_TRUE(w.database->commit({}).ok());
        }
      }
      const Texts all{"0", "1600", "3200", "4800", "6400"};
      EXPECT_EQ(seen, reverse ? reversed(all) : all) << "commit at row " << commit_at;
    }
  }
}

TEST(JoinWindowStore, FetchesOfJoinsAskOnlyForWhatMayBeThere) {
  Surroundings s;
  CountedRows rows(s.rows());
  auto store = make_window_store(rows, join_spec(true), ValueFormat::kPlain, s.context());
  const auto walks = [&](BytesView key, Timestamp from, Timestamp to) {
    rows.walks = 0;
    store->fetch(key, from, to, false);
    return rows.walks;
  };
  store->put("a", "v", 1000);
  store->put("a", "v", 4000);
  EXPECT_EQ(walks("a", 0, 2500), 1);
  EXPECT_EQ(walks("a", 2500, 2900), 0);
  EXPECT_EQ(walks("b", 0, 9000), 0);
  store->flush();
  ASSERT_TRUE(s.database->commit({}).ok());
  store = make_window_store(rows, join_spec(true), ValueFormat::kPlain, s.context());
  EXPECT_EQ(walks("b", 4000, 5000), 1) << "nothing is known of rows that were there before";
  EXPECT_EQ(walks("b", 4001, 5000), 0);
}

/// The time of a segment that was not saved is not that of its newest row; neither is a time saved before the segment.
TEST(JoinWindowStore, FetchesOfJoinsFindRowsThatAreNewerThanTheSavedTime) {
  Windows w(join_spec(true));
  w.put("a", "1", 1000);
  w.store->flush();
  ASSERT_TRUE(w.database->commit({}).ok());
  w.put("a", "2", 4000);
  ASSERT_TRUE(w.database->commit({}).ok());
  w.reopen();
  EXPECT_EQ(w.fetch("a", 3500, 5000), (Texts{"a@4000=2"}));
}

TEST(JoinWindowStore, WhatIsPutBetweenFlushAndCommitIsKnownAfterARestart) {
  Windows w(join_spec(true));
  for (const char* first : {"1", "2"}) {
    w.put("a", first, 1000);
    w.store->flush();
    w.put("a", "later", 1500);
    ASSERT_TRUE(w.database->commit({}).ok());
    w.reopen();
  }
  EXPECT_EQ(w.fetch("a", 1200, 2000), (Texts{"a@1500=later", "a@1500=later"}));
  w.put("a", "last", 1000);
  EXPECT_EQ(w.fetch("a", 0, 2000), (Texts{"a@1000=1", "a@1000=2", "a@1000=last", "a@1500=later", "a@1500=later"}));
}

/// What is put, restored, expired, committed and taken back in any order is found by key as it is by a walk over all.
TEST(JoinWindowStore, FetchesOfJoinsFindEveryRow) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    Windows w(join_spec(seed % 2 == 0));
    const auto key = [&] { return std::string(1 + pick(2), static_cast<char>('a' + pick(5))); };
    const int pace = 1 + pick(300);
    for (int i = 1; i <= 400; ++i) {
      const Timestamp start = std::max<Timestamp>(0, i * pace + pick(6000) - 5000);
      const int what = pick(40);
      if (what < 24) {
        w.put(key(), std::to_string(i), start);
      } else if (what < 32) {
        Bytes changed = key();
        append_i64(changed, start);
        append_i32(changed, pick(400));
        w.store->restore(changed, pick(4) == 0 ? std::nullopt : OptionalView("restored"), 0, {});
      } else if (what < 34) {
        w.store->flush();
        if (pick(2) == 0) w.put(key(), "between", start);
        ASSERT_TRUE(w.database->commit({}).ok());
        if (what == 33) w.reopen();
      } else if (what == 34) {
        w.database->discard();
        w.reopen();
      }
      const std::string wanted = key();
      const Timestamp from = i * pace + pick(8000) - 6000, to = from + pick(5000);
      Texts found;
      for (auto row = w.store->all(false); row->valid(); row->next()) {
        if (row->key() == wanted && row->start() >= from && row->start() <= to)
          found.push_back(wanted + "@" + std::to_string(row->start()) + "=" + std::string(row->value()));
      }
      ASSERT_EQ(w.fetch(wanted, from, to), found);
      ASSERT_EQ(w.fetch(wanted, from, to, true), reversed(found));
    }
  }
}

}  // namespace
}  // namespace streams::state
