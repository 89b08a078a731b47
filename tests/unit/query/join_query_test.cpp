// Reading the stores of a stream-stream join while it runs: what they know of their keys hides no row from readers.
#include "query_fixture.hpp"

#include <atomic>

namespace streams {
namespace {

using Text = std::string;

class JoinQuery : public QueryTest, public testing::WithParamInterface<std::tuple<StoreType, const char*>> {
 protected:
  static constexpr int kKeys = 10;
  static constexpr int kRounds = 300;
  static constexpr Timestamp kStep = 100;  ///< between two rounds

  static Topology joining(StoreType type) {
    StreamsBuilder builder;
    StreamJoined<Text, Text, Text> stores;
    stores.this_store = StoreSupplier{.name = "lefts", .type = type};
    stores.other_store = StoreSupplier{.name = "rights", .type = type};
    builder.stream<Text, Text>("left")
        .join(
            builder.stream<Text, Text>("right"), [](const Text& left, const Text& right) { return left + "+" + right; },
            JoinWindows::of_time_difference_and_grace(Millis(1000), Millis(kRounds * kStep)), stores)
        .to("out");
    return builder.build();
  }
  static Text key(int i) { return "key" + std::to_string(i % kKeys); }
  static Strings found(const KafkaStreams& app, int i, Timestamp from) {
    Strings out;
    const auto view = app.store("lefts", queryable::window<Text, Text>());
    for (const auto& [start, value] : view->fetch(key(i), from, kRounds * kStep)) out.push_back(value);
    return out;
  }
};

TEST_P(JoinQuery, ReadersFindEveryRowThatTheyFoundBefore) {
  const auto& [type, guarantee] = GetParam();
  for (const char* topic : {"left", "right", "out"}) create(topic, 1);
  const KafkaStreams& app = start(joining(type), {{"processing.guarantee", guarantee}});

  std::atomic<bool> done{false};
  std::atomic<int> lost{0}, read{0};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, from = reader * 10'000] {
      std::map<int, std::size_t> seen;
      for (int i = 0; !done; ++i) {
        try {
          const std::size_t now = found(app, i % kKeys, from).size();
          lost += now < seen[i % kKeys] ? 1 : 0;
          seen[i % kKeys] = now;
          ++read;
        } catch (const InvalidStateStore&) {  // not running yet
        }
      }
    });
  }
  std::map<int, Strings> expected;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kKeys; ++i) {
      produce(key(i), std::to_string(round), round * kStep, "right");
      produce(key(i), std::to_string(round), round * kStep, "left");
      expected[i].push_back(std::to_string(round));
    }
  }
  EXPECT_TRUE(eventually([&] { return found(app, kKeys - 1, 0).size() == kRounds; }));
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(lost, 0);
  EXPECT_GT(read, 0);
  for (const auto& [i, rows] : expected) EXPECT_EQ(found(app, i, 0), rows) << key(i);
}

INSTANTIATE_TEST_SUITE_P(All, JoinQuery,
                         testing::Values(std::tuple{StoreType::kRocksDb, "at_least_once"},
                                         std::tuple{StoreType::kRocksDb, "exactly_once_v2"},
                                         std::tuple{StoreType::kInMemory, "at_least_once"}));

}  // namespace
}  // namespace streams
