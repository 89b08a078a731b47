// Poll, repair, send, send offsets, commit.
#include "dead_letter_replay.hpp"

#include "topic_io.hpp"

#include <examples/orders/group_reader.hpp>

#include <charconv>
#include <chrono>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace operations {

using namespace streams::client;

namespace {

constexpr std::size_t kLettersAtOnce = 500;
constexpr const char* kErrorHeaders = "__streams.errors.";

/// Where a letter came from; nullopt: it does not say so, or nothing that makes sense.
std::optional<TopicPartition> origin_of(const streams::Headers& headers) {
  const streams::Header* topic = headers.last("__streams.errors.topic");
  const streams::Header* partition = headers.last("__streams.errors.partition");
  if (topic == nullptr || partition == nullptr || !topic->value || !partition->value) return std::nullopt;
  std::int32_t number = 0;
  const char* end = partition->value->data() + partition->value->size();
  const auto [rest, failed] = std::from_chars(partition->value->data(), end, number);
  if (failed != std::errc() || rest != end || number < 0 || topic->value->empty()) return std::nullopt;
  return TopicPartition{*topic->value, number};
}

streams::Headers without_errors(const streams::Headers& headers) {
  streams::Headers out;
  for (const streams::Header& header : headers) {
    if (!header.key.starts_with(kErrorHeaders)) out.add(header.key, header.value);
  }
  return out;
}

class Replay {
 public:
  Replay(ClientFactory& clients, const ReplayOptions& options)
      : options_(options),
        ends_(offsets_of(clients, options.dead_letters)),
        reader_(clients, {{"group.id", options.group}, {"isolation.level", "read_committed"}}),
        producer_(clients.producer({{"transactional.id", options.group}})) {
    // Ends the transaction of a replay that failed.
    check(producer_->init_transactions(kPatienceMs), "cannot begin transactions");
    check(reader_.subscribe(options.dead_letters), "cannot read " + options.dead_letters);
  }

  Replayed go() {
    auto deadline = later();
    while (!done()) {
      check(reader_.poll(100), "cannot read " + options_.dead_letters);
      if (turn()) deadline = later();
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the dead letters do not come");
    }
    return replayed_;
  }

 private:
  static std::chrono::steady_clock::time_point later() {
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(2 * kPatienceMs);
  }
  bool done() {
    for (const auto& [partition, range] : ends_) {
      if (!reader_.partitions().contains(partition)) return false;
      Consumer& consumer = reader_.consumer();
      if (consumer.position(partition) < range.latest && !consumer.at_end(partition)) return false;
    }
    return true;
  }

  /// One transaction; false if there was nothing to do.
  bool turn() {
    std::vector<std::pair<TopicPartition, std::unique_ptr<RecordBatch>>> batches;
    for (const auto& [partition, range] : ends_) {
      if (!reader_.partitions().contains(partition)) continue;
      auto batch = reader_.consumer().fetch(partition, kLettersAtOnce);
      if (!batch || batch->records().empty() || batch->records().front().offset >= range.latest) continue;
      batches.emplace_back(partition, std::move(batch));
    }
    if (batches.empty()) return false;
    check(producer_->begin_transaction(), "cannot begin a transaction");
    std::vector<OffsetAndMetadata> offsets;
    Replayed more;
    for (const auto& [partition, batch] : batches) {
      offsets.push_back({partition, 0, ""});
      for (const ConsumerRecord& record : batch->records()) {
        if (record.offset >= ends_.at(partition).latest) break;  // came since, perhaps because of us
        replay(*batch, record, more);
        offsets.back().offset = record.offset + 1;
      }
    }
    const auto group = reader_.consumer().group_metadata();
    check(group.status(), "not a member of the group any more");
    check(producer_->send_offsets(offsets, group.value(), kPatienceMs), "cannot commit the position");
    check(producer_->commit_transaction(kPatienceMs), "cannot commit");
    replayed_.sent_back += more.sent_back;
    replayed_.given_up += more.given_up;
    return true;
  }

  void replay(const RecordBatch& batch, const ConsumerRecord& read, Replayed& count) {
    const streams::Headers headers = batch.headers(read);
    streams::StoredRecord letter{
        0, read.offset, read.timestamp, streams::detail::owned(read.key), streams::detail::owned(read.value), headers};
    const auto origin = origin_of(headers);
    std::optional<streams::StoredRecord> record;
    if (origin) record = options_.repair ? options_.repair(letter) : letter;
    if (!record) {
      ++count.given_up;
      if (options_.given_up) send({*options_.given_up, 0}, letter);
      return;
    }
    record->headers = without_errors(record->headers);
    record->headers.add("replayed", options_.dead_letters + "/" + std::to_string(read.offset));
    send(*origin, *record);
    ++count.sent_back;
  }

  void send(const TopicPartition& to, const streams::StoredRecord& record) {
    check(producer_->send(to_send(to.topic, to.partition, record)), "cannot write to " + to.topic);
  }

  const ReplayOptions& options_;
  std::map<TopicPartition, OffsetRange> ends_;
  orders::GroupReader reader_;
  std::unique_ptr<Producer> producer_;
  Replayed replayed_;
};

}  // namespace

Replayed replay_dead_letters(ClientFactory& clients, const ReplayOptions& options) {
  return Replay(clients, options).go();
}

}  // namespace operations
