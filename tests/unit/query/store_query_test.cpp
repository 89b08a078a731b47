// Reading key-value stores of running applications from other threads.
#include "query_fixture.hpp"

#include <atomic>
#include <ranges>

namespace streams {
namespace {

using Counts = std::map<std::string, Count>;

class StoreQuery : public QueryTest {
 protected:
  static auto counts(const KafkaStreams& app, const StoreQueryOptions& options = {}) {
    return app.store("counts", queryable::key_value<std::string, Count>(), options);
  }
  template <class Error>
  static std::string message(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing was thrown";
  }
};

TEST_F(StoreQuery, ReadsAllPartitions) {
  create("in", 3);
  const KafkaStreams& app = start(counting());
  Counts expected;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i % 40);
    produce(key, "v");
    ++expected[key];
  }
  const auto view = counts(app);
  ASSERT_TRUE(eventually([&] { return rows(view->all()) == expected; }));
  for (const auto& [key, count] : expected) EXPECT_EQ(view->get(key), count) << key;
  EXPECT_EQ(view->get("absent"), std::nullopt);
  EXPECT_EQ(rows(view->range("k10", "k12")), (Counts{{"k10", 3}, {"k11", 3}, {"k12", 3}}));
  EXPECT_EQ(rows(view->prefix_scan("k3")).size(), 11u);
  EXPECT_EQ(rows(view->reverse_range(std::nullopt, "k1")), (Counts{{"k0", 3}, {"k1", 3}}));
  EXPECT_TRUE(eventually([&] { return view->approximate_entries() == 40; })) << "counts what has left the cache";
}

TEST_F(StoreQuery, OnePartitionComesInItsOrder) {
  create("in", 2);
  const KafkaStreams& app = start(counting(StoreType::kInMemory));
  for (const char* key : {"d", "b", "a", "c"})
    ASSERT_TRUE(cluster_.produce("in", {std::string(key), std::string("v"), 0, {}, 1}).ok());
  const auto view = counts(app, {.partition = 1});
  ASSERT_TRUE(eventually([&] { return keys(view->all()).size() == 4; }));
  EXPECT_EQ(keys(view->all()), (Strings{"a", "b", "c", "d"}));
  EXPECT_EQ(keys(view->reverse_all()), (Strings{"d", "c", "b", "a"}));
  EXPECT_EQ(keys(counts(app, {.partition = 0})->all()), Strings());
}

TEST_F(StoreQuery, StoresWithTimestampsAreReadWithThemAndWithout) {
  create("in", 1);
  const KafkaStreams& app = start(counting());
  produce("a", "v", 17);
  const auto view = app.store("counts", queryable::timestamped_key_value<std::string, Count>());
  ASSERT_TRUE(eventually([&] { return view->get("a").has_value(); }));
  EXPECT_EQ(view->get("a")->value, 1);
  EXPECT_EQ(view->get("a")->timestamp, 17);
  EXPECT_EQ(counts(app)->get("a"), 1);
}

/// Counts the records of topic "in" by key and window, and by key and session.
Topology counting_by_time() {
  StreamsBuilder builder;
  const auto by_key = builder.stream<std::string, std::string>("in").group_by_key();
  by_key.windowed_by(TimeWindows::of_size_with_no_grace(Millis(10)))
      .count({.store_name = "windows", .retention = Millis(1000)});
  by_key.windowed_by(SessionWindows::of_inactivity_gap_with_no_grace(Millis(5)))
      .count({.store_name = "sessions", .retention = Millis(1000)});
  return builder.build();
}

template <class Range>
Strings texts(Range&& range) {
  Strings out;
  for (const auto& [window, count] : range) {
    out.push_back(window.key + "@" + std::to_string(window.start) + "-" + std::to_string(window.end) + "=" +
                  std::to_string(count));
  }
  return out;
}

TEST_F(StoreQuery, WindowsAndSessionsAreReadBothWays) {
  create("in", 1);
  const KafkaStreams& app = start(counting_by_time());
  for (const auto& [key, time] : {std::pair{"a", 1}, {"b", 4}, {"b", 9}, {"c", 30}}) produce(key, "v", time);
  const auto windows = app.store("windows", queryable::window<std::string, Count>());
  const auto sessions = app.store("sessions", queryable::session<std::string, Count>());
  ASSERT_TRUE(eventually([&] { return windows->fetch("c", 30).has_value(); }));
  ASSERT_TRUE(eventually([&] { return sessions->fetch_session("c", 30, 30).has_value(); }));
  EXPECT_EQ(texts(windows->all()), (Strings{"a@0-10=1", "b@0-10=2", "c@30-40=1"}));
  EXPECT_EQ(texts(windows->backward_all()), (Strings{"c@30-40=1", "b@0-10=2", "a@0-10=1"}));
  EXPECT_EQ(texts(windows->fetch_all(0, 9)), (Strings{"a@0-10=1", "b@0-10=2"}));
  EXPECT_EQ(texts(windows->backward_fetch_all(0, 9)), (Strings{"b@0-10=2", "a@0-10=1"}));
  EXPECT_EQ(texts(windows->backward_fetch_range("b", std::nullopt, 0, 40)), (Strings{"c@30-40=1", "b@0-10=2"}));
  EXPECT_EQ(texts(windows->all() | std::views::drop(1) | std::views::take(1)), Strings{"b@0-10=2"});
  EXPECT_EQ(texts(sessions->fetch("a", std::nullopt)), (Strings{"a@1-1=1", "b@4-9=2", "c@30-30=1"}));
  EXPECT_EQ(texts(sessions->backward_fetch("a", "b")), (Strings{"b@4-9=2", "a@1-1=1"}));
  EXPECT_EQ(texts(sessions->backward_find_sessions("a", "c", 9, 30)), (Strings{"c@30-30=1", "b@4-9=2"}));
  EXPECT_EQ(texts(sessions->find_ended(1, 9)), (Strings{"a@1-1=1", "b@4-9=2"}));
}

TEST_F(StoreQuery, SaysWhatIsWrong) {
  create("in", 1);
  KafkaStreams early(counting(), config(), cluster_);
  EXPECT_EQ(message<StreamsNotStarted>([&] { counts(early); }),
            "State store counts cannot be read before KafkaStreams is started. Call start(), then try again.");
  KafkaStreams& app = start(counting());
  ASSERT_TRUE(all_running({&app}));
  EXPECT_EQ(message<UnknownStateStore>([&] { app.store("other", queryable::key_value<std::string, Count>()); }),
            "The topology has no state store other; it has: counts. A table has one to ask for if Materialized gives "
            "it a name.");
  EXPECT_EQ(message<InvalidStateStore>([&] { app.store("counts", queryable::key_value<std::string, std::string>()); }),
            "State store counts cannot be read as a key-value store (queryable::key_value): it is a key-value store "
            "with timestamps. Ask for that kind, with exactly the types of key and value that the store was made "
            "with.");
  EXPECT_EQ(message<InvalidStateStorePartition>([&] { counts(app, {.partition = 5})->get("a"); }),
            "Partition 5 of state store counts is not on this instance: there is no such partition, or another "
            "instance has it. Ask metadata_for_store() or query_metadata_for_key().");
  const auto view = counts(app);
  app.close();
  EXPECT_EQ(message<StreamsStopped>([&] { view->get("a"); }),
            "State store counts cannot be read: KafkaStreams is NOT_RUNNING. Ask another instance, or make a new one.");
  apps_.clear();
  EXPECT_THROW(view->get("a"), StreamsStopped) << "the view outlives the application";
}

TEST_F(StoreQuery, ARangeUnderWayEndsWithAnErrorWhenTheStoreCloses) {
  create("in", 1);
  KafkaStreams& app = start(counting());
  for (int i = 0; i < 2000; ++i) produce("k" + std::to_string(i), "v");
  const auto view = counts(app);
  ASSERT_TRUE(eventually([&] { return view->get("k1999").has_value(); }));
  const auto range = view->all();
  auto at = range.begin();
  EXPECT_EQ((*at).second, 1);
  app.close();
  EXPECT_THROW(
      {
        for (; at != range.end(); ++at) (void)*at;
      },
      StateStoreMigrated);
}

/// Values of which a reader can tell whether they were torn.
std::string stamped(int n) { return std::to_string(n) + "#" + std::string(100, 'x') + "#" + std::to_string(n); }
int number_of(const std::string& value) {
  const int n = std::stoi(value);
  return value == stamped(n) ? n : -1;
}

Topology stamping(StoreType type) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").group_by_key().aggregate(
      [] { return stamped(0); },
      [](const std::string&, const std::string&, const std::string& old) { return stamped(std::stoi(old) + 1); },
      Materialized<std::string, std::string>{.store_name = "stamps", .store_type = type});
  return builder.build();
}

/// Reads rows from several threads and looks whether they are whole, and only ever grow.
struct Watch {
  std::atomic<bool> done{false};
  std::atomic<int> torn{0}, went_back{0}, answers{0};

  void read(const KafkaStreams& app, bool stale, int keys, std::string (*key)(int)) {
    const auto view = app.store("stamps", queryable::key_value<std::string, std::string>(), {.stale_stores = stale});
    std::map<std::string, int> seen;
    const auto check = [&](const std::string& of, const std::string& value) {
      const int n = number_of(value);
      torn += n < 0 ? 1 : 0;
      // A store that restores begins again.
      went_back += !stale && n < seen[of] ? 1 : 0;
      seen[of] = n;
      ++answers;
    };
    for (int i = 0; !done; ++i) {
      try {
        if (const auto value = view->get(key(i % keys))) check(key(i % keys), *value);
        if (i % 10 != 0) continue;
        for (const auto& [of, value] : view->all()) check(of, value);
      } catch (const InvalidStateStore&) {
        seen.clear();  // the store moved
      }
    }
  }
};

class StoreQueryUnderLoad
    : public StoreQuery,
      public testing::WithParamInterface<std::tuple<StoreType, const char* /*cache*/, const char* /*guarantee*/>> {};

TEST_P(StoreQueryUnderLoad, ReadersSeeWholeRowsThatNeverGoBackWhileInstancesComeAndGo) {
  const auto& [type, cache, guarantee] = GetParam();
  const std::map<std::string, std::string> settings{
      {"statestore.cache.max.bytes", cache}, {"processing.guarantee", guarantee}, {"num.stream.threads", "2"}};
  create("in", 4);
  constexpr int kKeys = 50;
  constexpr int kRounds = 60;
  std::string (*const key)(int) = [](int i) { return "key" + std::to_string(i); };
  std::vector<KafkaStreams*> apps{&start(stamping(type), settings), &start(stamping(type), settings)};

  Watch watch;
  std::vector<std::thread> readers;
  for (const KafkaStreams* app : apps) {
    for (const bool stale : {false, true})
      readers.emplace_back([&watch, &key, app, stale] { watch.read(*app, stale, kKeys, key); });
  }
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kKeys; ++i) produce(key(i), "v");
    if (round == kRounds / 2) apps[1]->add_stream_thread();
  }
  std::map<std::string, std::string> expected;
  for (int i = 0; i < kKeys; ++i) expected[key(i)] = stamped(kRounds);
  const auto view = [](const KafkaStreams& app) {
    return app.store("stamps", queryable::key_value<std::string, std::string>());
  };
  EXPECT_TRUE(eventually([&] {
    auto all = rows(view(*apps[0])->all());
    const auto others = rows(view(*apps[1])->all());
    const std::size_t sum = all.size() + others.size();
    all.insert(others.begin(), others.end());
    return sum == expected.size() && all == expected;
  })) << "every row is on one instance";
  apps[1]->close();
  EXPECT_TRUE(eventually([&] { return rows(view(*apps[0])->all()) == expected; }));
  watch.done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(watch.torn, 0);
  EXPECT_EQ(watch.went_back, 0);
  EXPECT_GT(watch.answers, 0);
}

INSTANTIATE_TEST_SUITE_P(All, StoreQueryUnderLoad,
                         testing::Values(std::tuple{StoreType::kRocksDb, "0", "at_least_once"},
                                         std::tuple{StoreType::kRocksDb, "20000", "exactly_once_v2"},
                                         std::tuple{StoreType::kInMemory, "0", "exactly_once_v2"},
                                         std::tuple{StoreType::kInMemory, "20000", "at_least_once"}));

}  // namespace
}  // namespace streams
