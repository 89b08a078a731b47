// The first part of a batch of records: where reading a changelog ends within it.
#pragma once

#include <streams/client.hpp>

#include <cstdint>

namespace streams::runtime {

/// The records of another batch before an offset.
class BatchBefore final : public client::RecordBatch {
 public:
  BatchBefore(const client::RecordBatch& batch, std::int64_t end) : batch_(batch) {
    for (const client::ConsumerRecord& record : batch.records()) {
      if (record.offset < end) records_.push_back(record);
    }
  }
  Headers headers(const client::ConsumerRecord& record) const override { return batch_.headers(record); }

 private:
  const client::RecordBatch& batch_;
};

}  // namespace streams::runtime
