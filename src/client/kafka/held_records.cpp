// Layout of a record: header count, timestamp, key, value, then the headers; texts with their size, -1 for none.
#include "client/kafka/held_records.hpp"

#include <cstdint>
#include <utility>

namespace streams::client::kafka {
namespace {

constexpr std::size_t kCompactFrom = 1 << 20;

void put(std::string& buffer, const OptionalView& text) {
  detail::append_big_endian<std::int64_t>(buffer, text.has_value() ? static_cast<std::int64_t>(text->size()) : -1);
  if (text.has_value()) buffer.append(*text);
}

std::int64_t get_number(const std::string& buffer, std::size_t& at) {
  const auto number = detail::read_big_endian<std::int64_t>(BytesView(buffer).substr(at));
  at += sizeof number;
  return number;
}

OptionalView get_text(const std::string& buffer, std::size_t& at) {
  const std::int64_t size = get_number(buffer, at);
  if (size < 0) return {};
  const BytesView text(buffer.data() + at, static_cast<std::size_t>(size));
  at += text.size();
  return text;
}

}  // namespace

void HeldRecords::push(const ProducerRecord& record) {
  if (begin_ >= kCompactFrom && begin_ * 2 >= buffer_.size()) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  next_ = 0;
  const std::size_t headers = record.headers == nullptr ? 0 : record.headers->size();
  detail::append_big_endian(buffer_, static_cast<std::int64_t>(headers));
  detail::append_big_endian<std::int64_t>(buffer_, record.timestamp);
  put(buffer_, record.key);
  put(buffer_, record.value);
  if (record.headers == nullptr) return;
  for (const Header& header : *record.headers) {
    put(buffer_, OptionalView(header.key));
    put(buffer_, header.value.has_value() ? OptionalView(*header.value) : OptionalView());
  }
}

const ProducerRecord& HeldRecords::front() {
  if (next_ != 0) return front_;
  next_ = begin_;
  const std::int64_t headers = get_number(buffer_, next_);
  front_.timestamp = get_number(buffer_, next_);
  front_.key = get_text(buffer_, next_);
  front_.value = get_text(buffer_, next_);
  headers_ = {};
  for (std::int64_t i = 0; i < headers; ++i) {
    Bytes name(*get_text(buffer_, next_));
    const OptionalView value = get_text(buffer_, next_);
    headers_.add(std::move(name), detail::owned(value));
  }
  front_.headers = headers_.empty() ? nullptr : &headers_;
  return front_;
}

void HeldRecords::pop() {
  front();
  begin_ = std::exchange(next_, 0);
  if (empty()) clear();
}

void HeldRecords::clear() {
  buffer_.clear();
  begin_ = next_ = 0;
}

}  // namespace streams::client::kafka
