// Poll, check, send, send offsets, commit: consume-transform-produce by hand.
#include "order_details.hpp"

#include "group_reader.hpp"
#include "topics.hpp"

#include <streams/errors.hpp>
#include <streams/partitioner.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

namespace orders {
namespace {

using namespace streams::client;
using streams::Status;
using streams::StatusCode;

constexpr int kPollMs = 100;
constexpr int kPatienceMs = 30'000;
constexpr std::size_t kBatch = 500;  ///< of each partition in one transaction

/// Nothing for orders that need no check. An order that cannot be read has no details that make sense.
std::optional<OrderValidation> check(const std::string& topic, const ConsumerRecord& record) {
  static const streams::JsonSerde<Order> serde;
  if (!record.value) return std::nullopt;
  OrderValidation verdict{record.key ? std::string(*record.key) : "", CheckType::kOrderDetails, CheckResult::kError};
  try {
    const Order order = serde.deserialize(topic, *record.value);
    if (!is_new(order)) return std::nullopt;
    verdict.order_id = order.id;
    verdict.result = details_make_sense(order) ? CheckResult::kPass : CheckResult::kFail;
  } catch (const streams::SerializationError&) {
    if (!record.key) return std::nullopt;  // whose verdict would it be?
  }
  return verdict;
}

}  // namespace

bool details_make_sense(const Order& order) {
  return order.quantity >= 0 && order.price >= 0 && !order.product.empty();
}

/// What the thread does. Only between two polls is there anything that is not committed, so that partitions can be
/// given away whenever the group asks for them.
class OrderDetailsService::Loop {
 public:
  explicit Loop(OrderDetailsService& service)
      : service_(service),
        options_(service.options_),
        input_(options_.topic_prefix + kOrdersTopic),
        output_(options_.topic_prefix + kValidationsTopic),
        client_id_(options_.group_id + "-" + options_.instance_id),
        reader_(service.clients_,
                {{"group.id", options_.group_id}, {"client.id", client_id_}, {"isolation.level", "read_committed"}}) {}

  Status subscribe() { return reader_.subscribe(input_); }

  /// One round; false if this instance must not go on.
  bool turn() {
    Status status = reader_.poll(kPollMs);
    if (status.ok()) status = have_producer();
    if (status.ok()) status = check_what_is_there();
    if (status.ok()) return true;
    service_.note(status.message());
    if (status.code() == StatusCode::kFenced) return false;  // an instance with our id has taken over
    give_up_transaction();
    return true;
  }

 private:
  Status have_producer() {
    if (producer_) return {};
    Settings settings{{"client.id", client_id_}};
    if (options_.exactly_once) settings["transactional.id"] = client_id_;
    auto producer = service_.clients_.producer(settings);
    // Ends what an instance with this id, now dead, has left open; fences it if it is not dead.
    if (options_.exactly_once) {
      if (Status status = producer->init_transactions(kPatienceMs); !status.ok()) return status;
    }
    producer_ = std::move(producer);
    return {};
  }

  Status check_what_is_there() {
    std::vector<std::pair<TopicPartition, std::unique_ptr<RecordBatch>>> batches;
    std::vector<OffsetAndMetadata> offsets;
    for (const TopicPartition& partition : reader_.partitions()) {
      auto batch = reader_.consumer().fetch(partition, kBatch);
      if (!batch || batch->records().empty()) continue;
      // Past the ends of transactions as well, where there is nothing else behind the last record.
      const std::int64_t next = std::max(batch->records().back().offset + 1, reader_.consumer().position(partition));
      offsets.push_back({partition, next, ""});
      batches.emplace_back(partition, std::move(batch));
    }
    if (batches.empty()) return {};
    if (options_.exactly_once) {
      if (Status status = producer_->begin_transaction(); !status.ok()) return status;
    }
    std::int64_t verdicts = 0;
    for (const auto& [partition, batch] : batches) {
      for (const ConsumerRecord& record : batch->records()) {
        const auto verdict = check(input_, record);
        if (!verdict) continue;
        if (Status status = send(*verdict, record.timestamp); !status.ok()) return status;
        ++verdicts;
      }
    }
    if (Status status = options_.exactly_once ? commit_together(offsets) : commit_apart(offsets); !status.ok()) {
      return status;
    }
    service_.checked_ += verdicts;
    return {};
  }

  Status send(const OrderValidation& verdict, streams::Timestamp time) {
    const auto partitions = producer_->partitions(output_, kPatienceMs);
    if (!partitions.ok()) return partitions.status();
    const std::string value = nlohmann::json(verdict).dump();
    return producer_->send({.topic = output_,
                            .partition = streams::partition_for_key(verdict.order_id, partitions.value()),
                            .key = verdict.order_id,
                            .value = value,
                            .timestamp = time});
  }

  Status commit_together(const std::vector<OffsetAndMetadata>& offsets) {
    const auto group = reader_.consumer().group_metadata();  // not a member any more: fails, here or at the coordinator
    if (!group.ok()) return group.status();
    if (Status status = producer_->send_offsets(offsets, group.value(), kPatienceMs); !status.ok()) return status;
    return producer_->commit_transaction(kPatienceMs);
  }

  Status commit_apart(const std::vector<OffsetAndMetadata>& offsets) {
    if (Status status = producer_->flush(kPatienceMs); !status.ok()) return status;
    for (const DeliveryError& error : producer_->take_errors()) return error.status;
    return reader_.consumer().commit(offsets);
  }

  /// Back to the last commit, whatever it was that failed.
  void give_up_transaction() {
    if (producer_ && options_.exactly_once && !producer_->abort_transaction(kPatienceMs).ok()) producer_.reset();
    if (producer_ && !options_.exactly_once) producer_.reset();  // with what it still holds
    reader_.start_over();
  }

  OrderDetailsService& service_;
  const OrderDetailsOptions& options_;
  std::string input_, output_, client_id_;
  std::unique_ptr<Producer> producer_;
  GroupReader reader_;
};

OrderDetailsService::OrderDetailsService(ClientFactory& clients, OrderDetailsOptions options)
    : clients_(clients), options_(std::move(options)) {}

OrderDetailsService::~OrderDetailsService() { stop(); }

void OrderDetailsService::start() {
  if (thread_.joinable()) throw std::logic_error("OrderDetailsService::start() was called before");
  running_ = true;
  thread_ = std::thread([this] { run(); });
}

void OrderDetailsService::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

std::string OrderDetailsService::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

void OrderDetailsService::run() {
  try {
    Loop loop(*this);
    if (const Status status = loop.subscribe(); !status.ok()) throw std::runtime_error(status.message());
    while (!stopping_ && loop.turn()) {
    }
  } catch (const std::exception& error) {
    note(error.what());
  }
  running_ = false;
}

void OrderDetailsService::note(const std::string& error) {
  const std::lock_guard lock(mutex_);
  last_error_ = error;
}

}  // namespace orders
