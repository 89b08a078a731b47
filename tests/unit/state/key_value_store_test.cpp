// Key-value stores: rows, ranges, what goes to the changelog and what comes back.
#include "support.hpp"

#include <streams/detail/value_codec.hpp>

#include <gtest/gtest.h>

namespace streams::state {
namespace {

Bytes stored(ValueFormat format, Timestamp timestamp, const Headers& headers, BytesView value) {
  Bytes bytes;
  detail::append_value_prefix(bytes, format, timestamp, headers);
  bytes += value;
  return bytes;
}

const Headers kStoredHeaders{{"s", "1"}};
const Headers kContextHeaders{{"c", "2"}};

TEST(KeyValueStore, SendsToTheChangelogWhatItsFormatSays) {
  struct Case {
    ValueFormat format;
    std::vector<std::string> records;
  };
  const std::vector<Case> cases{
      {ValueFormat::kPlain, {"6b=v@70", "6b=null@70"}},
      {ValueFormat::kTimestamped, {"6b=v@5", "6b=null@70"}},
      {ValueFormat::kTimestampedHeaders, {"6b=v@5[s:1]", "6b=null@70[c:2]"}},
      {ValueFormat::kHeaders, {"6b=v@70[s:1]", "6b=null@70[c:2]"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(static_cast<int>(c.format));
    Surroundings around;
    around.record.timestamp = 70;
    around.record.headers = &kContextHeaders;
    const auto store = make_key_value_store(around.rows(), c.format, around.context());
    store->put("k", stored(c.format, 5, kStoredHeaders, "v"));
    store->put("k", std::nullopt);
    EXPECT_EQ(around.changelog.records, c.records);
  }
}

TEST(KeyValueStore, RestoresTheRowThatWasLogged) {
  for (const ValueFormat format :
       {ValueFormat::kPlain, ValueFormat::kTimestamped, ValueFormat::kTimestampedHeaders, ValueFormat::kHeaders}) {
    SCOPED_TRACE(static_cast<int>(format));
    Surroundings around;
    const auto store = make_key_value_store(around.rows(), format, around.context());
    store->restore("k", "v", 5, kStoredHeaders);
    store->restore("gone", "v", 5, {});
    store->restore("gone", std::nullopt, 6, {});
    EXPECT_EQ(rows_of(store->range(std::nullopt, std::nullopt, false)),
              (Rows{{"k", stored(format, 5, kStoredHeaders, "v")}}));
    EXPECT_TRUE(around.changelog.records.empty());
  }
}

TEST(KeyValueStore, WorksWithoutChangelog) {
  Surroundings around;
  StoreContext context = around.context();
  context.changelog = nullptr;
  const auto store = make_key_value_store(around.rows(), ValueFormat::kTimestamped, context);
  store->put("k", "12345678v");
  Bytes value;
  EXPECT_TRUE(store->get("k", value));
  EXPECT_EQ(value, "12345678v");
}

TEST(KeyValueStore, RangesAreInclusiveAndOpenWhereABoundIsMissing) {
  Surroundings around;
  const auto store = make_key_value_store(around.rows(), ValueFormat::kPlain, around.context());
  for (const char* key : {"a", "b", "b0", "c"}) store->put(key, "1");
  const auto keys = [](std::unique_ptr<ByteIterator> it) {
    std::string text;
    for (; it->valid(); it->next()) text += std::string(it->key()) + " ";
    return text;
  };
  EXPECT_EQ(keys(store->range("a", "b", false)), "a b ");
  EXPECT_EQ(keys(store->range("a", "b", true)), "b a ");
  EXPECT_EQ(keys(store->range("b", std::nullopt, false)), "b b0 c ");
  EXPECT_EQ(keys(store->range(std::nullopt, "b0", true)), "b0 b a ");
  EXPECT_EQ(keys(store->range(std::nullopt, std::nullopt, true)), "c b0 b a ");
  EXPECT_EQ(keys(store->range("c", "a", false)), "");
  EXPECT_EQ(keys(store->prefix("b")), "b b0 ");
  EXPECT_EQ(keys(store->prefix("")), "a b b0 c ");
  EXPECT_EQ(keys(store->prefix("x")), "");
}

TEST(KeyValueStore, PrefixesMayEndInTheHighestByte) {
  Surroundings around;
  const auto store = make_key_value_store(around.rows(), ValueFormat::kPlain, around.context());
  for (const char* key : {"a", "a\xff",
                          "a\xff"
                          "1",
                          "b", "\xff", "\xff\xff"})
    store->put(key, "1");
  EXPECT_EQ(rows_of(store->prefix("a\xff")), (Rows{{"a\xff", "1"},
                                                   {"a\xff"
                                                    "1",
                                                    "1"}}));
  EXPECT_EQ(rows_of(store->prefix("\xff")), (Rows{{"\xff", "1"}, {"\xff\xff", "1"}}));
}

}  // namespace
}  // namespace streams::state
