// Dead letters that are replayed, archives, tables that are fed to topics.
#include "operations_test.hpp"
#include "archive.hpp"
#include "dead_letter_replay.hpp"
#include "table_feeder.hpp"

#include <streams/error_handlers.hpp>
#include <streams/streams_builder.hpp>

#include <charconv>
#include <random>
#include <sstream>
#include <stdexcept>

namespace operations {
namespace {

using streams::StoredRecord;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

/// A service that reads numbers and adds them up; what is no number becomes a dead letter.
class NumberAsText final : public streams::Serde<std::int64_t> {
 public:
  void serialize(std::string_view, const std::int64_t& value, streams::Bytes& out) const override {
    out += std::to_string(value);
  }
  std::int64_t deserialize(std::string_view, streams::BytesView bytes) const override {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), value);
    if (error != std::errc{} || end != bytes.data() + bytes.size()) throw streams::SerializationError("no number");
    return value;
  }
};

class DeadLetterReplay : public OperationsTest {
 protected:
  DeadLetterReplay() {
    topic("numbers", 2);
    topic("sums", 2);
    topic("numbers-dlq");
    topic("lost");
    const auto text = std::make_shared<NumberAsText>();
    streams::StreamsBuilder builder;
    builder.stream<std::string, std::int64_t>("numbers", {.value_serde = text})
        .group_by_key({.value_serde = text})
        .reduce([](std::int64_t a, std::int64_t b) { return a + b; }, {.store_name = "sums", .caching = false})
        .to_stream()
        .to("sums", {.value_serde = text});
    streams::StreamsConfig config;
    config.set_deserialization_handler(streams::log_and_continue("numbers-dlq"));
    service_ = application(builder.build(), "service", config);
    service_->start();
  }
  bool wait_for_records(const std::string& topic, std::size_t count) {
    return wait_for([&] { return records(topic).size() >= count; });
  }
  /// Gives what is left after "~" to numbers that were written by hand.
  static std::optional<StoredRecord> repair(StoredRecord record) {
    if (!record.value->starts_with("~")) return std::nullopt;
    record.value->erase(0, 1);
    return record;
  }

  std::shared_ptr<streams::KafkaStreams> service_;
};

TEST_F(DeadLetterReplay, SendsRepairedRecordsBackOnceWhileTheRestFlows) {
  for (const auto& [key, value] : {std::pair("a", "1"), {"b", "~20"}, {"a", "2"}, {"b", "7"}, {"a", "???"}}) {
    write("numbers", key, value, 5000);
  }
  ASSERT_TRUE(wait_for_records("sums", 3) && wait_for_records("numbers-dlq", 2));
  EXPECT_THAT(texts("sums"), ::testing::UnorderedElementsAre("a 1", "a 3", "b 7"));

  const ReplayOptions options{.dead_letters = "numbers-dlq", .given_up = "lost", .repair = repair};
  EXPECT_EQ(replay_dead_letters(clients_, options), (Replayed{1, 1}));
  ASSERT_TRUE(wait_for_records("sums", 4));
  EXPECT_EQ(fold(clients_, "sums"), (Rows{{"a", "3"}, {"b", "27"}}));
  EXPECT_THAT(texts("lost"), ElementsAre("a ???"));

  EXPECT_EQ(replay_dead_letters(clients_, options), Replayed()) << "all of it was replayed before";
  const StoredRecord back = records("numbers").back();
  EXPECT_EQ(back.timestamp, 5000);
  EXPECT_EQ(back.headers, (streams::Headers{{"replayed", "numbers-dlq/0"}})) << "nothing is left of the error";
}

TEST_F(DeadLetterReplay, GoesOnOnceWhereItFellOver) {
  for (int i = 0; i < 10; ++i) write("numbers", "k" + std::to_string(i), "~1");
  ASSERT_TRUE(wait_for_records("numbers-dlq", 10));
  ReplayOptions options{.dead_letters = "numbers-dlq"};
  int seen = 0;
  options.repair = [&seen](const StoredRecord& record) {
    if (++seen == 6) throw std::runtime_error("power cut");
    return repair(record);
  };
  EXPECT_THAT([&] { replay_dead_letters(clients_, options); }, ThrowsMessage<std::runtime_error>("power cut"));
  EXPECT_EQ(replay_dead_letters(clients_, options), (Replayed{10, 0})) << "the first five were not committed";
  ASSERT_TRUE(wait_for_records("sums", 10));
  Rows once;
  for (int i = 0; i < 10; ++i) once["k" + std::to_string(i)] = "1";
  EXPECT_EQ(fold(clients_, "sums"), once);
  EXPECT_EQ(records("sums").size(), 10U);
}

TEST_F(DeadLetterReplay, GivesUpLettersThatDoNotSayWhereTheyCameFrom) {
  for (const char* partition : {"one", "", "1x", "-1", "99999999999"}) {
    ASSERT_TRUE(cluster_
                    .produce("numbers-dlq", {.key = "a",
                                             .value = partition,
                                             .headers = {{"__streams.errors.topic", "numbers"},
                                                         {"__streams.errors.partition", partition}}})
                    .ok());
  }
  write("numbers-dlq", "a", "no headers");
  const ReplayOptions options{.dead_letters = "numbers-dlq", .given_up = "lost"};
  EXPECT_EQ(replay_dead_letters(clients_, options), (Replayed{0, 6}));
  EXPECT_THAT(texts("lost"), ElementsAre("a one", "a ", "a 1x", "a -1", "a 99999999999", "a no headers"));
}

TEST_F(DeadLetterReplay, WhatFailsAgainIsADeadLetterAgain) {
  write("numbers", "a", "~~1");
  ASSERT_TRUE(wait_for_records("numbers-dlq", 1));
  const ReplayOptions options{.dead_letters = "numbers-dlq", .repair = repair};
  EXPECT_EQ(replay_dead_letters(clients_, options), (Replayed{1, 0}));
  ASSERT_TRUE(wait_for_records("numbers-dlq", 2));
  EXPECT_THAT(records("sums"), IsEmpty());
  EXPECT_EQ(replay_dead_letters(clients_, options), (Replayed{1, 0}));
  ASSERT_TRUE(wait_for_records("sums", 1));
  EXPECT_THAT(texts("sums"), ElementsAre("a 1"));
}

class Archive : public OperationsTest {
 protected:
  Archive() {
    topic("orders", 3);
    topic("stock", 2);
    topic("customers", 1, "compact");
    write("customers", "imke", "platinum");
    for (int i = 0; i < 200; ++i) {
      const std::string key = "k" + std::to_string(i % 17);
      write("orders", key, "order " + std::to_string(i), 1000 + i);
      write("stock", key, i % 5 == 0 ? std::nullopt : std::optional("level " + std::to_string(i)), 1000 + i);
    }
    const streams::Bytes any("\0\xff\n\"", 4);
    EXPECT_TRUE(
        cluster_
            .produce("orders",
                     {.key = any, .value = any, .timestamp = 2000, .headers = {{"h", any}, {"h", std::nullopt}}})
            .status()
            .ok());
  }

  streams::EmbeddedCluster empty_;
};

TEST_F(Archive, RestoresTopicsIntoAnEmptyCluster) {
  std::stringstream file;
  const Archived written = archive(clients_, {.topics = {"orders", "stock", "customers"}}, file);
  EXPECT_EQ(written, (Archived{3, 402}));
  EXPECT_EQ(restore(empty_.clients(), file), written);
  EXPECT_EQ(empty_.topics(), cluster_.topics());
  for (const auto& [name, partitions] : cluster_.topics()) {
    EXPECT_TRUE(empty_.read(name).value() == records(name)) << name;  // as text it would fill pages
  }
  EXPECT_EQ(empty_.clients().admin({})->topic_configs("customers", 1000).value().at("cleanup.policy"), "compact");
  EXPECT_EQ(empty_.clients().admin({})->topic_configs("stock", 1000).value().at("cleanup.policy"), "delete");
}

TEST_F(Archive, SnapshotOfAnEarlierTimeIsTheTableOfThatTime) {
  std::stringstream file;
  const Archived written = archive(clients_, {.topics = {"stock"}, .until = 1000 + 99, .snapshot = true}, file);
  restore(empty_.clients(), file);
  Rows then;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i % 17);
    then.erase(key);
    if (i % 5 != 0) then[key] = "level " + std::to_string(i);
  }
  EXPECT_EQ(fold(empty_.clients(), "stock"), then);
  EXPECT_EQ(written, (Archived{1, static_cast<std::int64_t>(then.size())}));
}

TEST_F(Archive, RefusesWhatIsNotWholeAndTopicsThatAreNotEmpty) {
  std::stringstream file;
  archive(clients_, {.topics = {"stock"}}, file);
  EXPECT_THAT([&] { restore(clients_, file); }, ThrowsMessage<std::runtime_error>("topic stock is not empty"));
  std::string text = file.str();
  text.erase(text.rfind('\n', text.size() - 2) + 1);
  std::istringstream cut(text);
  EXPECT_THAT([&] { restore(empty_.clients(), cut); },
              ThrowsMessage<std::runtime_error>(HasSubstr("is not complete: it has 1 topics and 200 records")));
  std::istringstream damaged(text.substr(0, text.size() / 2));
  streams::EmbeddedCluster another;
  EXPECT_THAT([&] { restore(another.clients(), damaged); },
              ThrowsMessage<std::runtime_error>(HasSubstr("of the archive is damaged")));
  std::istringstream no_bytes(text.replace(text.find(R"("key":")") + 7, 2, "xy"));
  streams::EmbeddedCluster third;
  EXPECT_THAT([&] { restore(third.clients(), no_bytes); },
              ThrowsMessage<std::runtime_error>(HasSubstr("line 2 of the archive is damaged: these are no bytes: xy")));
}

TEST_F(Archive, DamagedAnywhereIsRefusedInWordsOrRestored) {
  std::stringstream file;
  archive(clients_, {.topics = {"stock"}, .until = 1005}, file);
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    std::string text = file.str();
    const std::size_t at = random() % text.size();
    if (i % 2 == 0) {
      text[at] = static_cast<char>(random());
    } else {
      text.erase(at, 1 + random() % 9);
    }
    std::istringstream damaged(text);
    streams::EmbeddedCluster to;
    try {
      restore(to.clients(), damaged);
    } catch (const std::runtime_error& e) {
      EXPECT_NE(std::string(e.what()), "");
    }
  }
}

TEST_F(OperationsTest, ReadingATopicEndsWhereItEndedWhenReadingBegan) {
  topic("growing", 2);
  const auto write_to = [&](std::int32_t partition, const std::string& value) {
    ASSERT_TRUE(cluster_.produce("growing", {.key = "k", .value = value, .partition = partition}).ok());
  };
  write_to(0, "a");
  write_to(1, "b");
  std::vector<std::string> values;
  read_topic(clients_, "growing", [&](const streams::StoredRecord& record) {
    values.push_back(*record.value);
    if (record.partition == 0) write_to(1, "meanwhile");
  });
  EXPECT_THAT(values, ElementsAre("a", "b"));
}

class TableFeeder : public OperationsTest {
 protected:
  TableFeeder() { topic("catalogue", 2, "compact"); }
  Fed feed(const std::string& rows) { return feed_table(clients_, "id,name,cents\n" + rows, "catalogue"); }
};

TEST_F(TableFeeder, WritesWhatChanged) {
  EXPECT_EQ(feed("1,KETTLE,3000\n2,LANTERN,1950\n"), (Fed{2, 0}));
  EXPECT_EQ(feed("1,KETTLE,3000\n2,LANTERN,1950\n"), Fed()) << "nothing changed";
  EXPECT_EQ(feed("1,KETTLE,2900\n3,COMPASS,700\n"), (Fed{2, 1}));
  EXPECT_EQ(fold(clients_, "catalogue"), (Rows{{"1", "1,KETTLE,2900"}, {"3", "3,COMPASS,700"}}));
  EXPECT_THAT(texts("catalogue"), ::testing::UnorderedElementsAre("1 1,KETTLE,3000", "2 2,LANTERN,1950",
                                                                  "1 1,KETTLE,2900", "3 3,COMPASS,700", "2 null"));
}

TEST_F(TableFeeder, DoesNotSeeWhatLiesBetweenTwoLooks) {
  feed("1,KETTLE,3000\n");
  // The price was 2500 and a LANTERN was sold out, but nobody looked. A system that writes its changes to a log itself
  // would have told.
  feed("1,KETTLE,2900\n");
  EXPECT_THAT(texts("catalogue"), ElementsAre("1 1,KETTLE,3000", "1 1,KETTLE,2900"));
}

TEST_F(TableFeeder, DeletionsReachTablesDownstream) {
  streams::StreamsBuilder builder;
  builder.table<std::string, std::string>("catalogue", {.store_name = "local"});
  builder.global_table<std::string, std::string>("catalogue-copy", {.store_name = "everywhere"});
  builder.stream<std::string, std::string>("catalogue-changes").to("catalogue-copy");
  topic("catalogue-copy", 1, "compact");
  topic("catalogue-changes");
  const auto app = application(builder.build(), "tables");
  feed("1,KETTLE,3000\n2,LANTERN,1950\n");
  write("catalogue-changes", "1", "KETTLE");
  write("catalogue-changes", "2", "LANTERN");
  app->start();
  const auto rows = [&](const char* store) -> std::int64_t {
    try {
      std::int64_t count = 0;
      const auto view = app->store(store, streams::queryable::key_value<std::string, std::string>());
      for (const auto& row : view->all()) count += row.first.empty() ? 0 : 1;
      return count;
    } catch (const streams::InvalidStateStore&) {
      return -1;
    }
  };
  ASSERT_TRUE(wait_for([&] { return rows("local") == 2 && rows("everywhere") == 2; }));
  feed("1,KETTLE,3000\n");
  write("catalogue-changes", "2", std::nullopt);
  EXPECT_TRUE(wait_for([&] { return rows("local") == 1 && rows("everywhere") == 1; }))
      << rows("local") << " " << rows("everywhere");
}

}  // namespace
}  // namespace operations
