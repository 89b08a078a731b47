// Stores that tell their sensors of every call.
//
// Source: org.apache.kafka.streams.state.internals.MeteredKeyValueStore, MeteredWindowStore, MeteredSessionStore,
// MeteredVersionedKeyValueStore.
#include <runtime/store_sensors.hpp>

#include <utility>

namespace streams::runtime {

namespace {

using state::ByteIterator;
using state::SessionIterator;
using state::WindowIterator;

class MeteredKeyValue final : public state::KeyValueBytes {
 public:
  MeteredKeyValue(std::unique_ptr<KeyValueBytes> inner, StoreSensors& sensors, const RecordContext& record)
      : inner_(std::move(inner)), sensors_(sensors), record_(record) {}

  bool get(BytesView key, Bytes& out) override {
    return sensors_.timed(sensors_.get, [&] { return inner_->get(key, out); });
  }
  void put(BytesView key, OptionalView value) override {
    sensors_.timed(value ? sensors_.put : sensors_.remove, [&] { inner_->put(key, value); });
    if (value) sensors_.put_done(record_);
  }
  std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse) override {
    return sensors_.opened(
        sensors_.timed(from || to ? sensors_.range : sensors_.all, [&] { return inner_->range(from, to, reverse); }));
  }
  std::unique_ptr<ByteIterator> prefix(BytesView prefix) override {
    return sensors_.opened(sensors_.timed(sensors_.prefix_scan, [&] { return inner_->prefix(prefix); }));
  }
  std::int64_t approximate_entries() const override { return inner_->approximate_entries(); }
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    inner_->restore(key, value, timestamp, headers);
  }
  void flush() override {
    sensors_.timed(sensors_.flush, [&] { inner_->flush(); });
  }
  bool set_flush_listener(state::FlushListener listener, bool send_old_values) override {
    return inner_->set_flush_listener(std::move(listener), send_old_values);
  }

 private:
  const std::unique_ptr<KeyValueBytes> inner_;
  StoreSensors& sensors_;
  const RecordContext& record_;
};

class MeteredWindow final : public state::WindowBytes {
 public:
  MeteredWindow(std::unique_ptr<WindowBytes> inner, StoreSensors& sensors, const RecordContext& record)
      : inner_(std::move(inner)), sensors_(sensors), record_(record) {}

  void put(BytesView key, OptionalView value, Timestamp start) override {
    sensors_.timed(sensors_.put, [&] { inner_->put(key, value, start); });
    sensors_.put_done(record_);
  }
  bool get(BytesView key, Timestamp start, Bytes& out) override {
    return sensors_.timed(sensors_.fetch, [&] { return inner_->get(key, start, out); });
  }
  std::unique_ptr<WindowIterator> fetch(BytesView key, Timestamp from, Timestamp to, bool reverse) override {
    return opened([&] { return inner_->fetch(key, from, to, reverse); });
  }
  std::unique_ptr<WindowIterator> fetch_range(OptionalView key_from, OptionalView key_to, Timestamp from, Timestamp to,
                                              bool reverse) override {
    return opened([&] { return inner_->fetch_range(key_from, key_to, from, to, reverse); });
  }
  std::unique_ptr<WindowIterator> all(bool reverse) override {
    return opened([&] { return inner_->all(reverse); });
  }
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    inner_->restore(key, value, timestamp, headers);
  }
  void flush() override {
    sensors_.timed(sensors_.flush, [&] { inner_->flush(); });
  }
  bool set_flush_listener(state::WindowFlushListener listener, bool send_old_values) override {
    return inner_->set_flush_listener(std::move(listener), send_old_values);
  }

 private:
  template <class Open>
  std::unique_ptr<WindowIterator> opened(Open open) {
    return sensors_.opened(sensors_.timed(sensors_.fetch, open));
  }

  const std::unique_ptr<WindowBytes> inner_;
  StoreSensors& sensors_;
  const RecordContext& record_;
};

class MeteredSession final : public state::SessionBytes {
 public:
  MeteredSession(std::unique_ptr<SessionBytes> inner, StoreSensors& sensors, const RecordContext& record)
      : inner_(std::move(inner)), sensors_(sensors), record_(record) {}

  void put(BytesView key, Timestamp start, Timestamp end, OptionalView value) override {
    sensors_.timed(sensors_.put, [&] { inner_->put(key, start, end, value); });
    sensors_.put_done(record_);
  }
  void remove(BytesView key, Timestamp start, Timestamp end) override {
    sensors_.timed(sensors_.remove, [&] { inner_->remove(key, start, end); });
  }
  bool get(BytesView key, Timestamp start, Timestamp end, Bytes& out) override {
    return sensors_.timed(sensors_.fetch, [&] { return inner_->get(key, start, end, out); });
  }
  std::unique_ptr<SessionIterator> find(BytesView key, Timestamp earliest_end, Timestamp latest_start,
                                        bool reverse) override {
    return opened([&] { return inner_->find(key, earliest_end, latest_start, reverse); });
  }
  std::unique_ptr<SessionIterator> find_range(OptionalView key_from, OptionalView key_to, Timestamp earliest_end,
                                              Timestamp latest_start, bool reverse) override {
    return opened([&] { return inner_->find_range(key_from, key_to, earliest_end, latest_start, reverse); });
  }
  std::unique_ptr<SessionIterator> find_ended(Timestamp earliest_end, Timestamp latest_end) override {
    return opened([&] { return inner_->find_ended(earliest_end, latest_end); });
  }
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    inner_->restore(key, value, timestamp, headers);
  }
  void flush() override {
    sensors_.timed(sensors_.flush, [&] { inner_->flush(); });
  }
  bool set_flush_listener(state::SessionFlushListener listener, bool send_old_values) override {
    return inner_->set_flush_listener(std::move(listener), send_old_values);
  }

 private:
  template <class Open>
  std::unique_ptr<SessionIterator> opened(Open open) {
    return sensors_.opened(sensors_.timed(sensors_.fetch, open));
  }

  const std::unique_ptr<SessionBytes> inner_;
  StoreSensors& sensors_;
  const RecordContext& record_;
};

class MeteredVersioned final : public state::VersionedBytes {
 public:
  MeteredVersioned(std::unique_ptr<VersionedBytes> inner, StoreSensors& sensors, const RecordContext& record)
      : inner_(std::move(inner)), sensors_(sensors), record_(record) {}

  Timestamp put(BytesView key, OptionalView value, Timestamp timestamp) override {
    const Timestamp out = sensors_.timed(sensors_.put, [&] { return inner_->put(key, value, timestamp); });
    sensors_.put_done(record_);
    return out;
  }
  bool remove(BytesView key, Timestamp timestamp, state::VersionedRow& out) override {
    return sensors_.timed(sensors_.remove, [&] { return inner_->remove(key, timestamp, out); });
  }
  bool get(BytesView key, state::VersionedRow& out) override {
    return sensors_.timed(sensors_.get, [&] { return inner_->get(key, out); });
  }
  bool get(BytesView key, Timestamp as_of, state::VersionedRow& out) override {
    return sensors_.timed(sensors_.get, [&] { return inner_->get(key, as_of, out); });
  }
  std::vector<state::VersionedRow> history(BytesView key, Timestamp from, Timestamp to, bool descending) override {
    return inner_->history(key, from, to, descending);
  }
  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    inner_->restore(key, value, timestamp, headers);
  }
  void flush() override {
    sensors_.timed(sensors_.flush, [&] { inner_->flush(); });
  }

 private:
  const std::unique_ptr<VersionedBytes> inner_;
  StoreSensors& sensors_;
  const RecordContext& record_;
};

}  // namespace

std::unique_ptr<state::KeyValueBytes> make_metered(std::unique_ptr<state::KeyValueBytes> inner, StoreSensors& sensors,
                                                   const RecordContext& record) {
  return std::make_unique<MeteredKeyValue>(std::move(inner), sensors, record);
}
std::unique_ptr<state::WindowBytes> make_metered(std::unique_ptr<state::WindowBytes> inner, StoreSensors& sensors,
                                                 const RecordContext& record) {
  return std::make_unique<MeteredWindow>(std::move(inner), sensors, record);
}
std::unique_ptr<state::SessionBytes> make_metered(std::unique_ptr<state::SessionBytes> inner, StoreSensors& sensors,
                                                  const RecordContext& record) {
  return std::make_unique<MeteredSession>(std::move(inner), sensors, record);
}
std::unique_ptr<state::VersionedBytes> make_metered(std::unique_ptr<state::VersionedBytes> inner, StoreSensors& sensors,
                                                    const RecordContext& record) {
  return std::make_unique<MeteredVersioned>(std::move(inner), sensors, record);
}

}  // namespace streams::runtime
