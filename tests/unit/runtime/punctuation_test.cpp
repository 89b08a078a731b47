// When punctuations fire, and the heap they wait in.
#include <runtime/punctuation.hpp>
#include <runtime/task_heap.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace streams::runtime {
namespace {

using streams::detail::PunctuationType;
using testing::ElementsAre;

struct NoNode final : streams::detail::NodeBase {
  void link(NodeBase&) override {}
  bool childless() const override { return true; }
};

/// One punctuation and the times at which it fired.
struct Fixture {
  std::shared_ptr<Punctuation> add(std::int64_t interval, PunctuationType type, std::optional<Timestamp> start,
                                   Timestamp now) {
    auto [punctuation, due] = make_punctuation(
        node, interval, type, [this](Timestamp at) { fired.push_back(at); }, start, now);
    queue.schedule(punctuation, due);
    return punctuation;
  }
  std::vector<Timestamp> at(std::vector<Timestamp> times) {
    fired.clear();
    for (const Timestamp now : times) queue.run(now, [&](const Punctuation& p) { p.callback(now); });
    return fired;
  }
  NoNode node;
  PunctuationQueue queue;
  std::vector<Timestamp> fired;
};

TEST(Punctuation, OfStreamTimeFiresWithTheFirstRecordAndThenOnTheGrid) {
  Fixture fixture;
  fixture.add(10, PunctuationType::kStreamTime, std::nullopt, -1);
  EXPECT_THAT(fixture.at({3, 4, 9, 10, 11, 19, 20}), ElementsAre(3, 10, 20));
}

TEST(Punctuation, OfWallClockFiresAfterOneInterval) {
  Fixture fixture;
  fixture.add(10, PunctuationType::kWallClockTime, std::nullopt, 1003);
  EXPECT_THAT(fixture.at({1003, 1012, 1013, 1022, 1023}), ElementsAre(1013, 1023));
}

TEST(Punctuation, ThatWasMissedSeveralTimesFiresOnceAndKeepsItsGrid) {
  Fixture fixture;
  fixture.add(10, PunctuationType::kWallClockTime, std::nullopt, 0);
  EXPECT_THAT(fixture.at({47, 49, 50, 60}), ElementsAre(47, 50, 60));
}

TEST(Punctuation, WithAStartFiresOnThatGrid) {
  Fixture later;
  later.add(10, PunctuationType::kWallClockTime, 25, 0);
  EXPECT_THAT(later.at({10, 24, 25, 34, 35}), ElementsAre(25, 35));
  Fixture past;
  past.add(10, PunctuationType::kWallClockTime, 5, 37);
  EXPECT_THAT(past.at({37, 44, 45, 55}), ElementsAre(45, 55));
  Fixture present;
  present.add(10, PunctuationType::kWallClockTime, 40, 40);
  EXPECT_THAT(present.at({40, 50}), ElementsAre(40, 50));
  Fixture on_grid;
  on_grid.add(10, PunctuationType::kWallClockTime, 20, 40);
  EXPECT_THAT(on_grid.at({40, 49, 50}), ElementsAre(50));
}

TEST(Punctuation, ThatIsCancelledFiresNoMore) {
  Fixture fixture;
  const auto first = fixture.add(10, PunctuationType::kStreamTime, std::nullopt, -1);
  EXPECT_THAT(fixture.at({0, 10}), ElementsAre(0, 10));
  first->cancel();
  first->cancel();
  EXPECT_THAT(fixture.at({20, 30}), ElementsAre());
  EXPECT_EQ(fixture.queue.next_due(), std::nullopt);
}

TEST(Punctuation, MayCancelItself) {
  Fixture fixture;
  std::shared_ptr<Punctuation> own;
  auto [punctuation, due] = make_punctuation(
      fixture.node, 5, PunctuationType::kStreamTime, [&](Timestamp) { own->cancel(); }, std::nullopt, -1);
  own = punctuation;
  fixture.queue.schedule(punctuation, due);
  EXPECT_TRUE(fixture.queue.run(7, [](const Punctuation& p) { p.callback(7); }));
  EXPECT_EQ(fixture.queue.next_due(), std::nullopt);
}

TEST(Punctuation, ThatIsDueEarlierFiresEarlier) {
  PunctuationQueue queue;
  NoNode node;
  std::string order;
  const auto add = [&](char name, std::int64_t interval) {
    auto [punctuation, due] = make_punctuation(
        node, interval, PunctuationType::kWallClockTime, [&order, name](Timestamp) { order += name; }, std::nullopt, 0);
    queue.schedule(punctuation, due);
  };
  add('a', 30);
  add('b', 10);
  add('c', 20);
  queue.run(100, [](const Punctuation& p) { p.callback(100); });
  EXPECT_EQ(order, "bca");
  EXPECT_EQ(queue.next_due(), 110);
}

TEST(Punctuation, RefusesIntervalsBelowOneAndNegativeStarts) {
  NoNode node;
  const auto make = [&](std::int64_t interval, std::optional<Timestamp> start) {
    make_punctuation(
        node, interval, PunctuationType::kStreamTime, [](Timestamp) {}, start, -1);
  };
  EXPECT_THROW(make(0, std::nullopt), InvalidArgument);
  EXPECT_THROW(make(-5, std::nullopt), InvalidArgument);
  EXPECT_THROW(make(1, -1), InvalidArgument);
  EXPECT_THROW(make_punctuation(node, 1, PunctuationType::kStreamTime, nullptr, std::nullopt, -1), NullArgument);
}

struct ByNumber {
  bool operator()(const std::pair<int, char>& a, const std::pair<int, char>& b) const { return a.first < b.first; }
};

std::string drain(TaskHeap<std::pair<int, char>, ByNumber>& heap) {
  std::string out;
  while (!heap.empty()) out += heap.pop().second;
  return out;
}

/// The orders are those that java.util.PriorityQueue gives.
TEST(TaskHeap, OrdersEqualElementsAsJavasPriorityQueue) {
  TaskHeap<std::pair<int, char>, ByNumber> heap;
  for (const char c : {'a', 'b', 'c', 'd', 'e'}) heap.push({0, c});
  // After a: [e b c d]; after e: [d b c]; after d: [c b]; ...
  EXPECT_EQ(drain(heap), "aedcb");
  for (const auto& [number, c] : {std::pair{2, 'x'}, {1, 'a'}, {2, 'y'}, {1, 'b'}, {1, 'c'}}) heap.push({number, c});
  EXPECT_EQ(drain(heap), "acbyx");
}

TEST(TaskHeap, PutsTheTakenElementBackBehindItsEquals) {
  TaskHeap<std::pair<int, char>, ByNumber> heap;
  heap.push({0, 'a'});
  heap.push({0, 'b'});
  std::string order;
  for (int i = 0; i < 4; ++i) {
    auto top = heap.pop();
    order += top.second;
    heap.push(top);
  }
  EXPECT_EQ(order, "abab");
}

}  // namespace
}  // namespace streams::runtime
