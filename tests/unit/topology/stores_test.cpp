// What the functions of stores.hpp ask for.
#include "unit/topology/shapes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streams {
namespace {

using detail::StoreKind;
using detail::StoreSpec;
using state::ValueFormat;
using std::chrono::minutes;
using testing::HasSubstr;

/// The typed object that a task would get.
template <class Store>
bool makes(const StoreBuilder& builder) {
  const std::unique_ptr<StateStore> store = builder.spec().make(builder.spec());
  return dynamic_cast<Store*>(store.get()) != nullptr;
}

TEST(Stores, AreOnDiskUncachedAndLoggedUnlessTold) {
  const StoreBuilder builder = key_value_store<Text, std::int64_t>("st");
  const StoreSpec& spec = builder.spec();
  EXPECT_EQ(builder.name(), "st");
  EXPECT_EQ(spec.kind, StoreKind::kKeyValue);
  EXPECT_EQ(spec.format, ValueFormat::kPlain);
  EXPECT_TRUE(spec.persistent);
  EXPECT_FALSE(spec.caching);
  EXPECT_TRUE(spec.logging);
  EXPECT_TRUE((makes<KeyValueStore<Text, std::int64_t>>(builder)));
}

TEST(Stores, TakeTheirOptions) {
  const StoreBuilder builder = timestamped_key_value_store<Text, Text>(
      "st", {.type = StoreType::kInMemory, .caching = true, .logging = false, .topic_configs = {{"a", "b"}}});
  const StoreSpec& spec = builder.spec();
  EXPECT_EQ(spec.format, ValueFormat::kTimestamped);
  EXPECT_FALSE(spec.persistent);
  EXPECT_TRUE(spec.caching);
  EXPECT_FALSE(spec.logging);
  EXPECT_EQ(spec.topic_configs.at("a"), "b");
  EXPECT_TRUE((makes<TimestampedKeyValueStore<Text, Text>>(builder)));
}

TEST(Stores, KeepHeadersOnlyBesideTimestamps) {
  EXPECT_EQ((timestamped_key_value_store<Text, Text>("st", {.keep_headers = true}).spec().format),
            ValueFormat::kTimestampedHeaders);
  EXPECT_THAT(message_of<InvalidArgument>([] { key_value_store<Text, Text>("st", {.keep_headers = true}); }),
              HasSubstr("Store st cannot keep headers"));
}

TEST(Stores, LruMapsAreInMemoryAndBounded) {
  const StoreBuilder builder = lru_map<Text, Text>("st", 100);
  EXPECT_EQ(builder.spec().max_entries, 100);
  EXPECT_FALSE(builder.spec().persistent);
  EXPECT_TRUE((makes<KeyValueStore<Text, Text>>(builder)));
  EXPECT_EQ(message_of<InvalidArgument>([] { lru_map<Text, Text>("st", -1); }), "maxCacheSize cannot be negative");
}

TEST(Stores, WindowsHaveSizesAndNoCacheForDuplicates) {
  const StoreBuilder plain = window_store<Text, Text>("st", {minutes(5), minutes(1)}, {.caching = true});
  EXPECT_EQ(plain.spec().kind, StoreKind::kWindow);
  EXPECT_EQ(plain.spec().retention_ms, 300'000);
  EXPECT_EQ(plain.spec().window_ms, 60'000);
  EXPECT_FALSE(plain.spec().retain_duplicates);
  EXPECT_TRUE(plain.spec().caching);
  EXPECT_TRUE((makes<WindowStore<Text, Text>>(plain)));

  const StoreBuilder twice =
      timestamped_window_store<Text, Text>("st", {minutes(5), minutes(1), true}, {.caching = true});
  EXPECT_EQ(twice.spec().format, ValueFormat::kTimestamped);
  EXPECT_TRUE(twice.spec().retain_duplicates);
  EXPECT_FALSE(twice.spec().caching);
  EXPECT_TRUE((makes<TimestampedWindowStore<Text, Text>>(twice)));
}

TEST(Stores, WindowSizesMustMakeSense) {
  const auto error = [](int retention, int size) {
    return message_of<InvalidArgument>([&] { window_store<Text, Text>("st", {minutes(retention), minutes(size)}); });
  };
  EXPECT_EQ(error(-1, 1), "retentionPeriod cannot be negative");
  EXPECT_EQ(error(1, -1), "windowSize cannot be negative");
  EXPECT_EQ(error(1, 2),
            "The retention period of the window store st must be no smaller than its window size. Got size=[120000], "
            "retention=[60000]");
  EXPECT_EQ(error(1, 1), "no error");
}

struct OwnStore final : StateStore {
  void open(detail::StoreHost&) override {}
  void restore(BytesView, OptionalView, Timestamp, const Headers&) override {}
};

TEST(Stores, CanBeOfAnOwnType) {
  const StoreBuilder builder = custom_store("own", [] { return std::make_unique<OwnStore>(); }, false, {{"a", "b"}});
  EXPECT_EQ(builder.spec().kind, StoreKind::kOther);
  EXPECT_FALSE(builder.spec().logging);
  EXPECT_TRUE(makes<OwnStore>(builder));
  EXPECT_EQ(message_of<NullArgument>([] { custom_store("own", nullptr); }), "supplier cannot be null");
}

TEST(Stores, NeedAName) {
  EXPECT_EQ(message_of<NullArgument>([] { key_value_store<Text, Text>(""); }), "name cannot be null");
}

TEST(Stores, EveryTaskGetsAnObjectOfItsOwn) {
  const StoreBuilder builder = text_store("st");
  EXPECT_NE(builder.spec().make(builder.spec()), builder.spec().make(builder.spec()));
}

}  // namespace
}  // namespace streams
