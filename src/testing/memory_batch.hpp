// Records of a test as the batches that a consumer gives.
#pragma once

#include <streams/client.hpp>
#include <streams/testing/test_record.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace streams::testing_detail {

/// Owns the records it gives out; their offsets are given or follow one another.
class MemoryBatch final : public client::RecordBatch {
 public:
  MemoryBatch(std::vector<RawTestRecord> records, std::int64_t first_offset) : owned_(std::move(records)) {
    records_.reserve(owned_.size());
    for (const RawTestRecord& record : owned_) {
      client::ConsumerRecord out;
      out.offset = first_offset++;
      out.timestamp = record.timestamp;
      if (record.key) out.key = *record.key;
      if (record.value) out.value = *record.value;
      out.raw = &record;
      records_.push_back(out);
    }
  }
  Headers headers(const client::ConsumerRecord& record) const override {
    return static_cast<const RawTestRecord*>(record.raw)->headers;
  }

 private:
  std::vector<RawTestRecord> owned_;
};

}  // namespace streams::testing_detail
