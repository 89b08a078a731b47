// Changelog records of each value format.
#include <state/change_log.hpp>
#include <streams/detail/value_codec.hpp>

namespace streams::state {
namespace {

bool keeps_headers(ValueFormat format) {
  return format == ValueFormat::kTimestampedHeaders || format == ValueFormat::kHeaders;
}
bool keeps_timestamp(ValueFormat format) {
  return format == ValueFormat::kTimestamped || format == ValueFormat::kTimestampedHeaders;
}

}  // namespace

void log_change(const StoreContext& context, ValueFormat format, BytesView key, OptionalView stored,
                PlainHeaders plain_headers) {
  if (context.changelog == nullptr) return;
  const RecordContext& record = context.record;
  if (format == ValueFormat::kPlain) {
    const bool send = plain_headers == PlainHeaders::kContext;
    context.changelog->log(key, stored, record.timestamp, send ? *record.headers : RecordContext::kNoHeaders);
    return;
  }
  if (!stored) {
    const Headers& headers = keeps_headers(format) ? *record.headers : RecordContext::kNoHeaders;
    context.changelog->log(key, std::nullopt, record.timestamp, headers);
    return;
  }
  const detail::StoredValue parts = detail::split_value(*stored, format);
  const Timestamp timestamp = keeps_timestamp(format) ? parts.timestamp : record.timestamp;
  if (parts.headers.empty()) {
    context.changelog->log(key, parts.value, timestamp, RecordContext::kNoHeaders);
  } else {
    context.changelog->log(key, parts.value, timestamp, detail::parse_headers(parts.headers));
  }
}

void append_without_timestamp(Bytes& out, ValueFormat format, BytesView stored) {
  append_restored(out, format, detail::split_value(stored, format).value, -1, RecordContext::kNoHeaders);
}

void append_restored(Bytes& out, ValueFormat format, BytesView value, Timestamp timestamp, const Headers& headers) {
  detail::append_value_prefix(out, format, timestamp, headers);
  out += value;
}

}  // namespace streams::state
