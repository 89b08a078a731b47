// Reading, and asking for offsets, until nothing is left.
#include "broker_observer.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace streams::conformance {

namespace {

using std::chrono::steady_clock;

constexpr int kTimeoutMs = 30000;
constexpr int kPollMs = 5;
constexpr Timestamp kClockTime = 1'000'000'000'000;  // cases are far below

template <class T>
T value_of(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.status().message());
  return std::move(result.value());
}

void replace_all(Bytes& bytes, const std::string& what, const std::string& by) {
  for (std::size_t at = bytes.find(what); at != Bytes::npos; at = bytes.find(what, at + by.size())) {
    bytes.replace(at, what.size(), by);
  }
}

/// As names are written in stored contexts: length, bytes.
std::string counted(const std::string& name) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(name.size() >> shift & 0xff);
  return out + name;
}

}  // namespace

BrokerObserver::BrokerObserver(client::ClientFactory& clients, client::Admin& admin, std::string prefix,
                               const std::string& group)
    : admin_(admin),
      prefix_(std::move(prefix)),
      consumer_(
          clients.consumer({{"group.id", group}, {"isolation.level", "read_committed"}, {"fetch.wait.max.ms", "20"}})) {
}

BrokerObserver::~BrokerObserver() = default;

void BrokerObserver::wait_for_topics(const std::set<std::string>& topics, const Check& check) {
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(kTimeoutMs);
  const std::vector<std::string> names(topics.begin(), topics.end());
  std::vector<client::ConsumerError> errors;
  while (!names.empty() && value_of(admin_.topics(names, kTimeoutMs)).size() < names.size()) {
    check();
    if (steady_clock::now() > deadline) throw std::runtime_error("internal topics are missing");
    consumer_->poll(kPollMs, errors);
  }
}

void BrokerObserver::wait_until_quiet(const std::set<std::string>& topics, const std::set<std::string>& sources,
                                      const Check& check) {
  follow(topics);
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(kTimeoutMs);
  std::vector<client::ConsumerError> errors;
  while (!quiet(sources)) {
    check();
    if (steady_clock::now() > deadline)
      throw std::runtime_error("the application does not get to the end of its input");
    consumer_->poll(kPollMs, errors);
  }
}

void BrokerObserver::follow(const std::set<std::string>& topics) {
  if (!followed_.empty()) return;
  std::vector<client::PartitionStart> starts;
  for (const std::string& topic : topics) {
    followed_.push_back({topic, 0});
    starts.push_back({{topic, 0}, client::PartitionStart::kEarliest});
  }
  const Status assigned = consumer_->assign(starts);
  if (!assigned.ok()) throw std::runtime_error(assigned.message());
}

bool BrokerObserver::quiet(const std::set<std::string>& sources) {
  std::vector<client::TopicPartition> of;
  for (const std::string& topic : sources) of.push_back({topic, 0});
  const auto committed = value_of(consumer_->committed(of, kTimeoutMs));
  const auto ends = value_of(admin_.offsets(followed_, kTimeoutMs));
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(kTimeoutMs);
  std::vector<client::ConsumerError> errors;
  for (read(); !std::all_of(followed_.begin(), followed_.end(),
                            [&](const auto& partition) {
                              const std::int64_t end = ends.at(partition).latest;
                              return end == 0 || consumer_->position(partition) >= end;
                            });
       read()) {
    if (steady_clock::now() > deadline) throw std::runtime_error("a transaction stays open");
    consumer_->poll(kPollMs, errors);
  }
  return std::all_of(committed.begin(), committed.end(), [&](const client::OffsetAndMetadata& entry) {
    const auto last = last_.find(entry.partition.topic);
    return last == last_.end() || entry.offset > last->second;
  });
}

void BrokerObserver::read() {
  for (const client::TopicPartition& partition : followed_) {
    while (const auto batch = consumer_->fetch(partition, 1000)) {
      for (const client::ConsumerRecord& record : batch->records()) {
        last_[partition.topic] = record.offset;
        RawTestRecord read = plain(*batch, record);
        read.topic = plain_name(partition.topic);
        records_[read.topic].push_back(std::move(read));
      }
    }
  }
}

RawTestRecord BrokerObserver::plain(const client::RecordBatch& batch, const client::ConsumerRecord& record) const {
  RawTestRecord out;
  if (record.key) out.key = without_prefix(Bytes(*record.key));
  if (record.value) out.value = without_prefix(Bytes(*record.value));
  out.timestamp = record.timestamp < kClockTime ? record.timestamp : -1;
  for (const Header& header : batch.headers(record)) {
    out.headers.add(header.key, header.value ? OptionalBytes(without_prefix(*header.value)) : OptionalBytes());
  }
  return out;
}

std::string BrokerObserver::plain_name(const std::string& topic) const {
  std::string name = topic;
  replace_all(name, prefix_, "");
  return name;
}

Bytes BrokerObserver::without_prefix(Bytes bytes) const {
  if (bytes.find(prefix_) == Bytes::npos) return bytes;
  for (const client::TopicPartition& partition : followed_) {
    replace_all(bytes, counted(partition.topic), counted(plain_name(partition.topic)));
  }
  replace_all(bytes, prefix_, "");
  return bytes;
}

}  // namespace streams::conformance
