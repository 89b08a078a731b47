// Key-value stores over a family of rows, with change logging.
#include <state/change_log.hpp>
#include <state/key_bytes.hpp>
#include <state/merged_rows.hpp>

namespace streams::state {
namespace {

class KeyValueRows final : public KeyValueBytes {
 public:
  KeyValueRows(ByteStore& rows, ValueFormat format, const StoreContext& context, bool keep_timestamps)
      : rows_(rows), format_(format), keep_timestamps_(keep_timestamps), context_(context) {}

  bool get(BytesView key, Bytes& out) override { return rows_.get(key, out); }

  void put(BytesView key, OptionalView value) override {
    if (value && !keep_timestamps_) {
      changed_.clear();
      append_without_timestamp(changed_, format_, *value);
      rows_.put(key, changed_);
    } else {
      store(key, value);
    }
    log_change(context_, format_, key, value);
  }

  std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse) override {
    if (from && to && *from > *to) return std::make_unique<NoRows>();
    if (!to) return rows_.range(from, std::nullopt, reverse);
    return rows_.range(from, after_key(*to), reverse);
  }

  std::unique_ptr<ByteIterator> prefix(BytesView prefix) override {
    const OptionalBytes end = after_prefix(prefix);
    return rows_.range(prefix, end ? OptionalView(*end) : std::nullopt);
  }

  std::int64_t approximate_entries() const override { return rows_.approximate_entries(); }

  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    if (!value || format_ == ValueFormat::kPlain) return store(key, value);
    changed_.clear();
    append_restored(changed_, format_, *value, keep_timestamps_ ? timestamp : -1,
                    keep_timestamps_ ? headers : RecordContext::kNoHeaders);
    rows_.put(key, changed_);
  }

 private:
  void store(BytesView key, OptionalView value) {
    if (value) {
      rows_.put(key, *value);
    } else {
      rows_.erase(key);
    }
  }

  ByteStore& rows_;
  const ValueFormat format_;
  const bool keep_timestamps_;
  const StoreContext context_;
  Bytes changed_;
};

}  // namespace

std::unique_ptr<KeyValueBytes> make_key_value_store(ByteStore& rows, ValueFormat format, const StoreContext& context,
                                                    bool keep_timestamps) {
  return std::make_unique<KeyValueRows>(rows, format, context, keep_timestamps);
}

}  // namespace streams::state
