// Records as librdkafka holds them: nothing is copied, headers are read when asked for.
#pragma once

#include <streams/client.hpp>

#include "client/kafka/kafka_conf.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace streams::client::kafka {

class KafkaRecordBatch final : public RecordBatch {
 public:
  KafkaRecordBatch(std::shared_ptr<Handle> handle, std::size_t capacity) : handle_(std::move(handle)) {
    records_.reserve(capacity);
  }
  KafkaRecordBatch(const KafkaRecordBatch&) = delete;
  KafkaRecordBatch& operator=(const KafkaRecordBatch&) = delete;
  ~KafkaRecordBatch() override {
    for (const ConsumerRecord& record : records_) rd_kafka_message_destroy(message_of(record));
  }

  void add(rd_kafka_message_t* message) {
    ConsumerRecord& record = records_.emplace_back();
    record.offset = message->offset;
    record.timestamp = rd_kafka_message_timestamp(message, nullptr);
    if (message->key != nullptr) record.key.emplace(static_cast<const char*>(message->key), message->key_len);
    if (message->payload != nullptr) record.value.emplace(static_cast<const char*>(message->payload), message->len);
    record.raw = message;
  }

  Headers headers(const ConsumerRecord& record) const override {
    Headers result;
    rd_kafka_headers_t* list = nullptr;  // the message's
    if (rd_kafka_message_headers(message_of(record), &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return result;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(list, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
      result.add(name, value == nullptr ? OptionalBytes() : Bytes(static_cast<const char*>(value), size));
    }
    return result;
  }

 private:
  static rd_kafka_message_t* message_of(const ConsumerRecord& record) {
    return static_cast<rd_kafka_message_t*>(const_cast<void*>(record.raw));
  }

  std::shared_ptr<Handle> handle_;
};

}  // namespace streams::client::kafka
