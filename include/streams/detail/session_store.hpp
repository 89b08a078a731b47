// The typed shell of session stores.
#pragma once

#include <streams/detail/typed_stores.hpp>
#include <streams/state_store.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

template <class K, class V>
class SessionShell final : public StateStore, public SessionStore<K, V> {
 public:
  using FlushFn = std::function<void(Windowed<K>&&, std::optional<V>&&, std::optional<V>&&)>;
  using Rows = StoreRange<std::pair<Windowed<K>, V>>;

  SessionShell(const StoreSpec& spec, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : spec_(spec), codec_(std::move(key_serde), std::move(value_serde), spec.format), cursors_(spec.name) {}

  void open(StoreHost& host) override {
    codec_.open(host.changelog_topic(spec_.name));
    record_ = &host.record();
    rows_ = host.session(spec_);
  }
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    rows_->restore(key, value, timestamp, headers);
  }
  void flush() override { rows_->flush(); }
  void close() override {
    cursors_.close();
    rows_.reset();
  }
  const StoreCodec<K, V>& codec() const { return codec_; }

  std::optional<V> fetch_session(const K& key, Timestamp start, Timestamp end) const override {
    Bytes key_bytes, value;
    codec_.key(key, key_bytes);
    if (!rows_->get(key_bytes, start, end, value)) return std::nullopt;
    return codec_.plain_value(value);
  }
  Headers headers_of(const Windowed<K>& session) const override {
    Bytes value;
    if (!rows_->get(bytes_of(session.key), session.start, session.end, value)) return {};
    return parse_headers(split_value(value, spec_.format).headers);
  }
  Rows find_sessions(const K& key, Timestamp earliest_end, Timestamp latest_start) const override {
    return typed(rows_->find(bytes_of(key), earliest_end, latest_start, false));
  }
  Rows backward_find_sessions(const K& key, Timestamp earliest_end, Timestamp latest_start) const override {
    return typed(rows_->find(bytes_of(key), earliest_end, latest_start, true));
  }
  Rows find_sessions(const std::optional<K>& from, const std::optional<K>& to, Timestamp earliest_end,
                     Timestamp latest_start) const override {
    return range(from, to, earliest_end, latest_start, false);
  }
  Rows backward_find_sessions(const std::optional<K>& from, const std::optional<K>& to, Timestamp earliest_end,
                              Timestamp latest_start) const override {
    return range(from, to, earliest_end, latest_start, true);
  }
  Rows find_ended(Timestamp from, Timestamp to) const override { return typed(rows_->find_ended(from, to)); }

  void put(const Windowed<K>& session, const std::optional<V>& value) override {
    put_row(session, value, *record_->headers);
  }
  /// The rows of session-windowed aggregations never hold headers, even where their format has a place for them
  /// (Kafka Streams 4.3).
  void put_aggregate(const Windowed<K>& session, const std::optional<V>& value) {
    put_row(session, value, RecordContext::kNoHeaders);
  }
  void remove(const Windowed<K>& session) override { rows_->remove(bytes_of(session.key), session.start, session.end); }

  bool keeps_headers() const { return spec_.format == state::ValueFormat::kHeaders; }

  /// False if the store has no cache.
  bool on_flush(FlushFn listener, bool send_old_values) {
    auto to_value = [this](OptionalView bytes) {
      std::optional<V> value;
      if (bytes) value.emplace(codec_.plain_value(*bytes));
      return value;
    };
    return rows_->set_flush_listener(
        [this, to_value, listener = std::move(listener)](BytesView key, Timestamp start, Timestamp end,
                                                         OptionalView fresh, OptionalView old) {
          listener(Windowed<K>{codec_.key(key), start, end}, to_value(fresh), to_value(old));
        },
        send_old_values);
  }

 private:
  void put_row(const Windowed<K>& session, const std::optional<V>& value, const Headers& headers) {
    Bytes value_bytes;
    if (value) codec_.value(*value, 0, headers, value_bytes);
    rows_->put(bytes_of(session.key), session.start, session.end, value ? OptionalView(value_bytes) : std::nullopt);
  }
  Bytes bytes_of(const K& key) const {
    Bytes bytes;
    codec_.key(key, bytes);
    return bytes;
  }
  Rows range(const std::optional<K>& from, const std::optional<K>& to, Timestamp earliest_end, Timestamp latest_start,
             bool reverse) const {
    Bytes from_bytes, to_bytes;
    if (from) codec_.key(*from, from_bytes);
    if (to) codec_.key(*to, to_bytes);
    return typed(rows_->find_range(from ? OptionalView(from_bytes) : std::nullopt,
                                   to ? OptionalView(to_bytes) : std::nullopt, earliest_end, latest_start, reverse));
  }
  Rows typed(std::unique_ptr<state::SessionIterator> rows) const {
    return mapped_range<std::pair<Windowed<K>, V>>(cursors_, std::move(rows), [this](const state::SessionIterator& it) {
      return std::pair<Windowed<K>, V>({codec_.key(it.key()), it.start(), it.end()}, codec_.plain_value(it.value()));
    });
  }

  StoreSpec spec_;
  StoreCodec<K, V> codec_;
  RecordContext* record_ = nullptr;
  std::unique_ptr<state::SessionBytes> rows_;
  mutable OpenCursors cursors_;
};

}  // namespace streams::detail
