// Rows that a store cannot have written: each is refused with the names of store and row.
#include "support.hpp"

#include <state/key_bytes.hpp>
#include <state/window_rows.hpp>
#include <streams/errors.hpp>

#include <gtest/gtest.h>

namespace streams::state {
namespace {

template <class Error, class Fn>
std::string message_of(Fn&& fn) {
  try {
    fn();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string damaged(const std::string& key_and_reason) {
  return "State store store has a damaged row: key " + key_and_reason +
         ". If a store of another kind had this name before, give the new one another name; otherwise remove the "
         "task's directory below state.dir: the store is then restored from its changelog.";
}

Bytes segment(std::int64_t id, BytesView rest = {}) {
  Bytes key;
  append_ordered(key, id);
  return key += rest;
}

Bytes index_entry(std::size_t size) {
  Bytes key(1, '\0');
  append_ordered(key, 0);
  key.resize(size);
  return key;
}

struct Damaged : Surroundings {
  std::string window_store(BytesView row, bool time_ordered = false) {
    rows().put(row, "v");
    return message_of<StateError>([&] {
      const WindowSpec spec{.retention_ms = 100, .segment_interval_ms = 10, .time_ordered = time_ordered};
      windows_of(make_window_store(rows(), spec, ValueFormat::kPlain, context())->all(false));
    });
  }
  std::string session_store(BytesView row, bool time_ordered = false) {
    rows().put(row, "v");
    return message_of<StateError>([&] {
      const SessionSpec spec{.retention_ms = 100, .segment_interval_ms = 10, .time_ordered = time_ordered};
      const auto store = make_session_store(rows(), spec, ValueFormat::kPlain, context());
      store->find_ended(0, INT64_MAX);
    });
  }
  std::string versioned_store(BytesView row, BytesView value) {
    rows().put(row, value);
    return message_of<StateError>([&] {
      const auto store = make_versioned_store(rows(), {100, 10}, context());
      VersionedRow found;
      store->get("k", 5, found);
    });
  }
};

TEST(DamagedRows, ARowShorterThanTheIdOfASegmentIsRefusedWhenItsStoreIsOpened) {
  const std::string message = damaged("01020304050607 (7 bytes), which is shorter than the id of a segment");
  EXPECT_EQ(Damaged().window_store("\1\2\3\4\5\6\7"), message);
  EXPECT_EQ(Damaged().session_store("\1\2\3\4\5\6\7"), message);
  EXPECT_EQ(Damaged().versioned_store("\1\2\3\4\5\6\7", "v"), message);
}

TEST(DamagedRows, ASegmentBeyondAllTimeIsRefused) {
  EXPECT_EQ(Damaged().window_store(segment(INT64_MAX)),
            damaged("ffffffffffffffff (8 bytes), of a segment beyond all time"));
  EXPECT_EQ(Damaged().session_store(segment(INT64_MIN / 10 - 1)),
            damaged("7333333333333333 (8 bytes), of a segment beyond all time"));
}

TEST(DamagedRows, AWindowKeyThatIsTooShortIsRefusedWhenItIsRead) {
  const std::string why = ", time and sequence number of a window alone take 12 bytes";
  EXPECT_EQ(Damaged().window_store(segment(2, "k")), damaged("80000000000000026b (9 bytes)" + why));
  EXPECT_EQ(Damaged().window_store(index_entry(12), true), damaged("008000000000000000000000 (12 bytes)" + why));
}

TEST(DamagedRows, ASessionKeyThatIsTooShortIsRefusedWhenItIsRead) {
  const std::string why = ", end and start of a session alone take 16 bytes";
  EXPECT_EQ(Damaged().session_store(segment(2, "k")), damaged("80000000000000026b (9 bytes)" + why));
  EXPECT_EQ(Damaged().session_store(index_entry(16), true),
            damaged("00800000000000000000000000000000 (16 bytes)" + why));
}

TEST(DamagedRows, AVersionedRowThatHoldsNoVersionIsRefusedWhenItIsRead) {
  EXPECT_EQ(Damaged().versioned_store(BytesView("\0k", 2), "1234567"),
            damaged("006b (2 bytes), whose value has no timestamp"));
  EXPECT_EQ(Damaged().versioned_store(segment(0, "k"), "1234567"),
            damaged("80000000000000006b (9 bytes), whose value is no list of versions"));
}

TEST(DamagedRows, ChangelogKeysThatAreTooShortAreRefusedWithStoreAndKey) {
  Surroundings around;
  const auto restore = [](auto&& store) {
    return message_of<SerializationError>([&] { store->restore("short", "v", 0, {}); });
  };
  EXPECT_EQ(restore(make_window_store(around.rows(), {}, ValueFormat::kPlain, around.context())),
            "The changelog of state store store has a record with key 73686f7274 (5 bytes), which is too short: time "
            "and sequence number of a window alone take 12 bytes.");
  EXPECT_EQ(restore(make_session_store(around.rows(), {}, ValueFormat::kPlain, around.context())),
            "The changelog of state store store has a record with key 73686f7274 (5 bytes), which is too short: end "
            "and start of a session alone take 16 bytes.");
}

TEST(LastMillisecond, HasRowsInWindowStoresLikeAnyOther) {
  for (const bool reverse : {false, true}) {
    Surroundings around;
    const WindowSpec spec{.retention_ms = 100, .segment_interval_ms = 1};
    const auto store = make_window_store(around.rows(), spec, ValueFormat::kPlain, around.context());
    store->put("\xff\xff", "v", INT64_MAX);
    const std::vector<std::string> rows{"\xff\xff@9223372036854775807=v"};
    EXPECT_EQ(windows_of(store->all(reverse)), rows);
    const auto again = make_window_store(around.rows(), spec, ValueFormat::kPlain, around.context());
    EXPECT_EQ(windows_of(again->all(reverse)), rows);
  }
}

}  // namespace
}  // namespace streams::state
