// Records of one partition that wait for the acknowledgement of those before them: bytes in one buffer, first in, first
// out.
#pragma once

#include <streams/client.hpp>

#include <cstddef>
#include <string>

namespace streams::client::kafka {

class HeldRecords {
 public:
  HeldRecords() = default;
  HeldRecords(const HeldRecords&) = delete;
  HeldRecords& operator=(const HeldRecords&) = delete;

  bool empty() const { return begin_ == buffer_.size(); }
  std::size_t bytes() const { return buffer_.size() - begin_; }

  /// Copies key, value, timestamp and headers; topic and partition are the same for all.
  void push(const ProducerRecord& record);
  /// The oldest record, without topic and partition. Its views are good until the next push or pop.
  const ProducerRecord& front();
  void pop();
  void clear();

 private:
  std::string buffer_;
  std::size_t begin_ = 0;  ///< of the oldest record
  std::size_t next_ = 0;   ///< end of the oldest record once front() has read it, else 0
  ProducerRecord front_;
  Headers headers_;
};

}  // namespace streams::client::kafka
