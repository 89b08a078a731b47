// Stores that are restored from a changelog with anything in it.
#include "surroundings.hpp"

#include <state/session_rows.hpp>
#include <state/window_rows.hpp>
#include <streams/errors.hpp>

#include <initializer_list>

namespace streams::fuzz {

using namespace streams::state;

void read_all(WindowBytes& store) {
  for (const bool reverse : {false, true}) {
    walk(store.all(reverse));
    walk(store.fetch("k", 0, INT64_MAX, reverse));
    walk(store.fetch_range("a", "z", INT64_MIN, INT64_MAX, reverse));
  }
  Bytes value;
  store.get("k", INT64_MAX, value);
}

void read_all(SessionBytes& store) {
  for (const bool reverse : {false, true}) {
    walk(store.find("k", 0, INT64_MAX, reverse));
    walk(store.find_range(std::nullopt, std::nullopt, INT64_MIN, INT64_MAX, reverse));
  }
  walk(store.find_ended(INT64_MIN, INT64_MAX));
}

void read_all(VersionedBytes& store) {
  VersionedRow row;
  for (const Timestamp time : {Timestamp{0}, Timestamp{5}, INT64_MAX, INT64_MIN}) store.get("k", time, row);
  store.get("k", row);
  for (const bool descending : {false, true}) store.history("k", INT64_MIN, INT64_MAX, descending);
}

namespace {

constexpr std::uint8_t kWithHeader = 1;
constexpr std::uint8_t kTombstone = 2;

struct Change {
  std::uint8_t flags;
  BytesView key, value;
  Timestamp time;
};

PartsWriter& write(PartsWriter& parts, std::initializer_list<Change> changes) {
  for (const Change& c : changes) parts.byte(c.flags).bytes(c.key).bytes(c.value).number(c.time);
  return parts;
}

/// Gives changelog records until the input ends, then opens the store again.
template <class Make>
auto restored(Parts& parts, Make&& make) {
  auto store = make();
  while (!parts.empty()) {
    const std::uint8_t flags = parts.byte();
    const Bytes key = parts.bytes(), value = parts.bytes();
    const Timestamp time = parts.number();
    Headers headers;
    if ((flags & kWithHeader) != 0) headers.add("h", Bytes("1"));
    try {
      store->restore(key, (flags & kTombstone) != 0 ? OptionalView() : OptionalView(value), time, headers);
    } catch (const SerializationError&) {  // the next one may be good
    }
  }
  store->flush();
  return make();
}

void key_value_store(BytesView input) {
  Parts parts(input);
  Surroundings around;
  const auto format = static_cast<ValueFormat>(parts.byte() % 4);
  const std::uint8_t entries = parts.byte();
  const auto store = restored(parts, [&] {
    return entries == 0 ? make_key_value_store(around.rows(), format, around.context())
                        : make_lru_map(around.rows(), format, entries % 4, around.context());
  });
  walk(store->range(std::nullopt, std::nullopt, false));
  walk(store->prefix("\xff"));
}

/// Flags and seven bits of a store: what its spec says, and two bits of its format.
void window_store(BytesView input) {
  Parts parts(input);
  Surroundings around;
  const std::uint8_t flags = parts.byte();
  const WindowSpec spec{.retention_ms = parts.number() & INT64_MAX,
                        .window_ms = 10,
                        .segment_interval_ms = flags >> 5,
                        .retain_duplicates = (flags & 1) != 0,
                        .exact_expiry = (flags & 2) != 0,
                        .time_ordered = (flags & 4) != 0};
  const auto format = static_cast<ValueFormat>(flags >> 3 & 3);
  const auto store = restored(parts, [&] { return make_window_store(around.rows(), spec, format, around.context()); });
  read_all(*store);
}

void session_store(BytesView input) {
  Parts parts(input);
  Surroundings around;
  const std::uint8_t flags = parts.byte();
  const SessionSpec spec{.retention_ms = parts.number() & INT64_MAX,
                         .segment_interval_ms = flags >> 5,
                         .exact_expiry = (flags & 2) != 0,
                         .time_ordered = (flags & 4) != 0};
  const auto format = static_cast<ValueFormat>(flags >> 3 & 3);
  const auto store = restored(parts, [&] { return make_session_store(around.rows(), spec, format, around.context()); });
  read_all(*store);
}

void versioned_store(BytesView input) {
  Parts parts(input);
  Surroundings around;
  const std::uint8_t interval = parts.byte();
  const VersionedSpec spec{parts.number() & INT64_MAX, interval};
  const auto store = restored(parts, [&] { return make_versioned_store(around.rows(), spec, around.context()); });
  read_all(*store);
}

// -- seeds

std::vector<Bytes> key_value_seeds() {
  std::vector<Bytes> seeds;
  for (std::uint8_t format = 0; format < 4; ++format) {
    for (const std::uint8_t entries : {0, 1}) {
      PartsWriter parts;
      parts.byte(format).byte(entries);
      seeds.push_back(write(parts, {{kWithHeader, "k", "v", 5}, {0, "l", "w", 6}, {kTombstone, "k", "", 7}}).input());
    }
  }
  return seeds;
}

/// Two records with these keys, and the first one's tombstone, for each kind of store.
void add_timed(std::vector<Bytes>& seeds, BytesView first, BytesView second) {
  for (const std::uint8_t flags : {0, 1, 2, 4, 8, 16, 24, 32, 36}) {
    PartsWriter parts;
    parts.byte(flags).number(100);
    seeds.push_back(
        write(parts, {{0, first, "v", 5}, {kWithHeader, second, "w", 6}, {kTombstone, first, "", 7}}).input());
  }
}

std::vector<Bytes> window_seeds() {
  std::vector<Bytes> seeds;
  for (const Timestamp start : {Timestamp{5}, INT64_MAX - 5, INT64_MAX, INT64_MIN, Timestamp{-1}}) {
    Bytes first, second;
    append_window_key(first, "k", start, 0);
    append_window_key(second, "k", 200'000, 1);
    add_timed(seeds, first, second);
  }
  return seeds;
}

std::vector<Bytes> session_seeds() {
  std::vector<Bytes> seeds;
  for (const Timestamp end : {Timestamp{5}, INT64_MAX, INT64_MIN, Timestamp{-1}}) {
    Bytes first, second;
    append_session_key(first, "k", 0, end);
    append_session_key(second, "k", 100'000, 200'000);
    add_timed(seeds, first, second);
  }
  return seeds;
}

std::vector<Bytes> versioned_seeds() {
  std::vector<Bytes> seeds;
  for (const std::uint8_t interval : {0, 1, 30}) {
    PartsWriter some, extreme;
    some.byte(interval).number(100);
    write(some, {{0, "k", "v", 5}, {0, "k", "w", 3}, {kTombstone, "k", "", 9}, {0, "k", "x", 7}});
    extreme.byte(interval).number(0);
    write(extreme, {{0, "k", "v", INT64_MAX}, {kTombstone, "k", "", INT64_MIN}, {0, "k", "", INT64_MIN + 1}});
    seeds.push_back(some.input());
    seeds.push_back(extreme.input());
  }
  return seeds;
}

}  // namespace

std::vector<Target> store_targets() {
  return {{"key_value_store", key_value_store, key_value_seeds},
          {"window_store", window_store, window_seeds},
          {"session_store", session_store, session_seeds},
          {"versioned_store", versioned_store, versioned_seeds}};
}

}  // namespace streams::fuzz
