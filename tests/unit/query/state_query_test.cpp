// Asking single partitions with KafkaStreams::query(), and the views of windows, sessions, versions and global stores.
#include "query_fixture.hpp"

namespace streams {
namespace {

using namespace std::chrono_literals;
using Text = std::string;

class StateQuery : public QueryTest {
 protected:
  /// "key@start=value ..." of the rows.
  template <class V>
  static Text shown(const StoreRange<std::pair<Windowed<Text>, V>>& range) {
    Text out;
    for (const auto& [window, value] : range) {
      out += (out.empty() ? "" : " ") + window.key + "@" + std::to_string(window.start) + "-" +
             std::to_string(window.end) + "=" + std::to_string(value);
    }
    return out;
  }
};

TEST_F(StateQuery, KeysAndRangesOfEachPartition) {
  create("in", 2);
  const KafkaStreams& app = start(counting());
  for (const char* key : {"a", "b", "c"}) {
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(cluster_.produce("in", {Text(key), Text("v"), 7, {}, 1}).ok());
  }
  const StateQueryRequest<KeyQuery<Text, Count>> key{.store = "counts", .query = {.key = "b"}};
  ASSERT_TRUE(eventually([&] {
    auto answer = app.query(key);
    const auto* only = answer.only_result();
    return only != nullptr && *only->value == 2;
  }));
  auto answer = app.query(key);
  EXPECT_EQ(answer.partitions.size(), 2u);
  EXPECT_EQ(answer.partitions[0].result(), std::nullopt);
  EXPECT_EQ(answer.position().offset("in", 1), 5);
  EXPECT_TRUE(answer.partitions[1].execution_info.empty());

  StateQueryRequest<RangeQuery<Text, Count>> range{.store = "counts", .query = {.lower = "b"}, .partitions = {{1, 9}}};
  range.execution_info = true;
  auto rows_of = app.query(range);
  EXPECT_EQ(keys(std::move(rows_of.partitions[1].result())), (Strings{"b", "c"}));
  EXPECT_EQ(rows_of.partitions[1].execution_info.size(), 1u);
  EXPECT_EQ(rows_of.partitions[9].failure, FailureReason::kNotPresent);
  EXPECT_THROW(rows_of.partitions[9].result(), InvalidStateStore);
  range.query = {.lower = std::nullopt, .upper = "b", .descending = true};
  EXPECT_EQ(keys(std::move(app.query(range).partitions[1].result())), (Strings{"b", "a"}));

  const StateQueryRequest<TimestampedKeyQuery<Text, Count>> timestamped{.store = "counts", .query = {.key = "a"}};
  auto with_time = app.query(timestamped);
  EXPECT_EQ(with_time.only_result()->result()->timestamp, 7);

  const StateQueryRequest<KeyQuery<Text, Text>> other_type{.store = "counts", .query = {.key = "a"}};
  EXPECT_EQ(app.query(other_type).partitions[0].failure, FailureReason::kUnknownQueryType);
  const StateQueryRequest<VersionedKeyQuery<Text, Count>> other_kind{.store = "counts", .query = {.key = "a"}};
  EXPECT_EQ(app.query(other_kind).partitions[0].failure, FailureReason::kUnknownQueryType);
  EXPECT_THROW(app.query(StateQueryRequest<KeyQuery<Text, Count>>{.store = "no", .query = {.key = "a"}}),
               UnknownStateStore);
}

TEST_F(StateQuery, ABoundRefusesStoresThatHaveNotComeSoFar) {
  create("in", 1);
  const KafkaStreams& app = start(counting());
  produce("a", "v");
  StateQueryRequest<KeyQuery<Text, Count>> request{.store = "counts", .query = {.key = "a"}};
  ASSERT_TRUE(eventually([&] { return app.query(request).partitions[0].position.offset("in", 0) == 0; }));
  request.bound = PositionBound::at(Position().set("in", 0, 1));
  auto early = app.query(request);
  EXPECT_EQ(early.partitions[0].failure, FailureReason::kNotUpToBound);
  EXPECT_EQ(early.partitions[0].failure_message,
            "Partition 0 has processed in-0@0, which is not as far as the bound asks for. Try again later.");
  const StateQueryRequest<RangeQuery<Text, Count>> range{.store = "counts", .query = {}, .bound = request.bound};
  EXPECT_EQ(app.query(range).partitions[0].failure, FailureReason::kNotUpToBound);
  request.require_active = true;
  // Eventually, as a thread is RUNNING a little after its tasks.
  EXPECT_TRUE(eventually([&] { return app.query(request).partitions[0].ok(); }))
      << "what is active is as far as it gets";
  request.require_active = false;
  produce("a", "v");
  EXPECT_TRUE(eventually([&] { return app.query(request).partitions[0].ok(); }));
  EXPECT_EQ(app.query(request).partitions[0].result(), 2);
}

TEST_F(StateQuery, TheCacheCanBeSkipped) {
  create("in", 1);
  const KafkaStreams& app = start(counting(), {{"commit.interval.ms", "1000000"}});
  produce("a", "v");
  StateQueryRequest<KeyQuery<Text, Count>> request{.store = "counts", .query = {.key = "a"}};
  ASSERT_TRUE(eventually([&] {
    auto answer = app.query(request);
    return answer.partitions.contains(0) && answer.partitions[0].value == Count{1};
  }));
  request.query.skip_cache = true;
  EXPECT_EQ(app.query(request).partitions[0].result(), std::nullopt);
}

TEST_F(StateQuery, Windows) {
  create("in", 1);
  StreamsBuilder builder;
  builder.stream<Text, Text>("in")
      .group_by_key()
      .windowed_by(TimeWindows::of_size_and_grace(10ms, 100ms))
      .count(Materialized<Text, Count>{.store_name = "windows"});
  const KafkaStreams& app = start(builder.build());
  for (const Timestamp at : {1, 2, 11, 25}) produce("a", "v", at);
  produce("b", "v", 12);
  const auto view = app.store("windows", queryable::window<Text, Count>());
  ASSERT_TRUE(eventually([&] { return view->fetch("b", 10).has_value(); }));
  EXPECT_EQ(view->fetch("a", 0), 2);
  EXPECT_EQ(shown(view->all()), "a@0-10=2 a@10-20=1 a@20-30=1 b@10-20=1");
  EXPECT_EQ(shown(view->fetch_range("a", "b", 10, 10)), "a@10-20=1 b@10-20=1");
  EXPECT_EQ(rows(view->fetch("a", 10, 20)), (std::map<Timestamp, Count>{{10, 1}, {20, 1}}));
  EXPECT_EQ(keys(view->backward_fetch("a", 0, 20)), (std::vector<Timestamp>{20, 10, 0}));
  EXPECT_EQ(app.store("windows", queryable::timestamped_window<Text, Count>())->fetch("a", 0)->timestamp, 2);
  const StateQueryRequest<WindowKeyQuery<Text, Count>> key{.store = "windows",
                                                           .query = {.key = "a", .from = 0, .to = 10}};
  EXPECT_EQ(rows(std::move(app.query(key).partitions[0].result())), (std::map<Timestamp, Count>{{0, 2}, {10, 1}}));
  const StateQueryRequest<WindowRangeQuery<Text, Count>> range{.store = "windows", .query = {.from = 10, .to = 30}};
  EXPECT_EQ(shown(app.query(range).partitions[0].result()), "a@10-20=1 a@20-30=1 b@10-20=1");
}

TEST_F(StateQuery, Sessions) {
  create("in", 1);
  StreamsBuilder builder;
  builder.stream<Text, Text>("in")
      .group_by_key()
      .windowed_by(SessionWindows::of_inactivity_gap_and_grace(5ms, 100ms))
      .count(Materialized<Text, Count>{.store_name = "sessions"});
  const KafkaStreams& app = start(builder.build());
  for (const Timestamp at : {1, 4, 20}) produce("a", "v", at);
  produce("b", "v", 2);
  const auto view = app.store("sessions", queryable::session<Text, Count>());
  ASSERT_TRUE(eventually([&] { return view->fetch_session("b", 2, 2).has_value(); }));
  EXPECT_EQ(view->fetch_session("a", 1, 4), 2);
  EXPECT_EQ(shown(view->fetch("a")), "a@1-4=2 a@20-20=1");
  EXPECT_EQ(shown(view->backward_fetch("a")), "a@20-20=1 a@1-4=2");
  EXPECT_EQ(shown(view->find_sessions("a", 10, 30)), "a@20-20=1");
  EXPECT_EQ(shown(view->fetch("b", std::nullopt)), "b@2-2=1");
  const StateQueryRequest<SessionKeyQuery<Text, Count>> key{.store = "sessions", .query = {.key = "a"}};
  EXPECT_EQ(shown(app.query(key).partitions[0].result()), "a@1-4=2 a@20-20=1");
}

TEST_F(StateQuery, Versions) {
  create("in", 1);
  StreamsBuilder builder;
  builder.table<Text, Text>("in", Materialized<Text, Text>{.store_name = "versions", .history_retention = 1000ms});
  const KafkaStreams& app = start(builder.build());
  produce("a", "one", 10);
  produce("a", "two", 20);
  const auto view = app.store("versions", queryable::versioned_key_value<Text, Text>());
  ASSERT_TRUE(eventually([&] { return view->get("a").has_value() && view->get("a")->value == "two"; }));
  EXPECT_EQ(view->get("a", 15)->value, "one");
  EXPECT_EQ(view->get("a", 15)->valid_to, 20);
  EXPECT_EQ(view->get("a", 5).has_value(), false);
  EXPECT_EQ(view->history("a", 0, 30).size(), 2u);
  const StateQueryRequest<VersionedKeyQuery<Text, Text>> one{.store = "versions", .query = {.key = "a", .as_of = 12}};
  EXPECT_EQ(app.query(one).partitions[0].result()->value, "one");
  const StateQueryRequest<MultiVersionedKeyQuery<Text, Text>> all{.store = "versions", .query = {.key = "a"}};
  auto versions = app.query(all);
  ASSERT_EQ(versions.partitions[0].result().size(), 2u);
  EXPECT_EQ(versions.partitions[0].result()[0].value, "two") << "newest first";
}

TEST_F(StateQuery, GlobalStoresAreReadAsAWhole) {
  create("in", 2);
  StreamsBuilder builder;
  builder.global_table<Text, Text>("in", Materialized<Text, Text>{.store_name = "all"});
  const KafkaStreams& app = start(builder.build());
  produce("a", "1");
  produce("b", "2");
  ASSERT_TRUE(all_running({apps_[0].get()}));
  const auto view = app.store("all", queryable::key_value<Text, Text>());
  EXPECT_TRUE(eventually([&] { return rows(view->all()) == std::map<Text, Text>{{"a", "1"}, {"b", "2"}}; }));
  EXPECT_EQ(view->get("a"), "1");
  const StateQueryRequest<KeyQuery<Text, Text>> request{.store = "all", .query = {.key = "a"}};
  EXPECT_EQ(app.query(request).global->failure, FailureReason::kUnknownQueryType);
  apps_[0]->close();
  EXPECT_THROW(view->get("a"), StreamsStopped);
}

}  // namespace
}  // namespace streams
