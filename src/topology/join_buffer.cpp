// Rows of the buffers of stream-table joins with grace, and the check of the tables that they join.
#include <streams/detail/graph.hpp>
#include <streams/detail/join_buffer.hpp>
#include <streams/detail/stream_table_join_node.hpp>

#include <algorithm>

namespace streams::detail {
namespace {

constexpr char kTimeFirst = '\0';
constexpr std::size_t kTimeBytes = 1 + sizeof(Timestamp);
constexpr std::size_t kFixedBytes = kTimeBytes + sizeof(std::int32_t);
constexpr std::int32_t kMaxSequence = 0x7fffffff;

struct Place {
  Timestamp timestamp;
  BytesView key;
  std::int32_t sequence;
};

Place parse_place(BytesView bytes) {
  if (bytes.size() < kFixedBytes || bytes[0] != kTimeFirst)
    throw SerializationError("These bytes are no key of a join's buffer: they have no time or no sequence number");
  const std::size_t key_end = bytes.size() - sizeof(std::int32_t);
  return {read_big_endian<Timestamp>(bytes.substr(1)), bytes.substr(kTimeBytes, key_end - kTimeBytes),
          read_big_endian<std::int32_t>(bytes.substr(key_end))};
}

void append_time(Bytes& out, Timestamp timestamp) {
  out.push_back(kTimeFirst);
  append_big_endian(out, timestamp);
}

}  // namespace

void WaitingRows::open(StoreHost& host, const StoreSpec& spec) {
  record_ = &host.record();
  rows_ = host.key_value(spec);
}

void WaitingRows::restore(BytesView key, OptionalView value) {
  rows_->restore(key, value, -1, RecordContext::kNoHeaders);
  loaded_ = false;
}

/// The newest record waits for as long as there is any grace: stream time is its time.
void WaitingRows::load() {
  if (std::exchange(loaded_, true)) return;
  first_.reset();
  for (auto rows = rows_->range(std::nullopt, std::nullopt, false); rows->valid(); rows->next()) {
    const Place place = parse_place(rows->key());
    if (!first_) first_ = place.timestamp;
    stream_time_ = std::max(stream_time_, place.timestamp);
    sequence_ = std::max(sequence_, place.sequence);
  }
}

bool WaitingRows::takes(Timestamp timestamp) {
  load();
  return timestamp >= due();
}

void WaitingRows::put(BytesView key, BytesView value, const BufferedContext& context) {
  sequence_ = sequence_ == kMaxSequence ? 0 : sequence_ + 1;
  row_key_.clear();
  append_time(row_key_, context.timestamp);
  row_key_ += key;
  append_big_endian(row_key_, sequence_);
  row_value_.clear();
  append_buffered_update(row_value_, {std::nullopt, std::nullopt, Bytes(value), context});
  append_big_endian(row_value_, std::int64_t{0});
  write(row_key_, row_value_);
  stream_time_ = std::max(stream_time_, context.timestamp);
  first_ = std::min(first_.value_or(context.timestamp), context.timestamp);
}

void WaitingRows::take_due(const std::function<void(BytesView key, const BufferedUpdate& update)>& use) {
  if (!first_ || *first_ > due()) return;
  Bytes from;
  append_time(from, *first_);
  for (auto rows = rows_->range(from, std::nullopt, false); rows->valid(); rows->next()) {
    const Bytes row_key(rows->key());
    const Place place = parse_place(row_key);
    first_ = place.timestamp;
    if (*first_ > due()) return;
    BytesView value = rows->value();
    BufferedUpdate update = parse_buffered_update(value);
    update.context.topic = topics_.kept(update.context.topic);
    write(row_key, std::nullopt);
    if (!update.new_value) throw SerializationError("A record in a join's buffer has no value");
    use(place.key, update);
  }
  first_.reset();
}

/// The changelog's record carries nothing of the record that is processed.
void WaitingRows::write(BytesView key, OptionalView value) {
  const RecordContext before = *record_;
  record_->timestamp = -1;
  record_->headers = &RecordContext::kNoHeaders;
  rows_->put(key, value);
  *record_ = before;
}

StoreSpec join_buffer_spec(const std::string& join) {
  StoreSpec spec;
  spec.name = join + "-Buffer";
  spec.identity = std::make_shared<char>();
  return spec;
}

void check_join_grace(const GraphNode& table) {
  if (!table.output_versioned.value_or(true)) throw_not_versioned();
}

void check_history(GraphNode& join, std::vector<std::string> stores, std::int64_t grace_ms) {
  join.write = [write = std::move(join.write), stores = std::move(stores), grace_ms](TopologyPlan& plan,
                                                                                     const GraphNode& self) {
    write(plan, self);
    for (const std::string& name : stores) {
      const StoreSpec& store = plan.store(name);
      if (store.kind != StoreKind::kVersioned) throw_not_versioned();
      if (grace_ms <= store.retention_ms) continue;
      throw InvalidArgument("History retention must be at least grace period: the join " + self.name + " has " +
                            std::to_string(grace_ms) + " ms of grace, but store " + name + " keeps " +
                            std::to_string(store.retention_ms) + " ms of history.");
    }
  };
}

void throw_not_versioned() {
  throw InvalidArgument(
      "KTable must be versioned to use a grace period in a stream table join. Materialize it with "
      "Materialized::history_retention.");
}

}  // namespace streams::detail
