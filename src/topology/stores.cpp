// Checks and defaults of the stores of the Processor API, with Kafka Streams' messages.
#include <streams/stores.hpp>

namespace streams {

StoreBuilder::StoreBuilder(detail::StoreSpec spec) : spec_(std::move(spec)) {
  if (spec_.name.empty()) throw NullArgument("name cannot be null");
  if (!spec_.identity) spec_.identity = std::make_shared<char>();
}

void CustomStore::open(detail::StoreHost& host) {
  host_ = &host;
  topic_ = host.changelog_topic(spec_.name);
  init();
}

void CustomStore::log(BytesView key, OptionalView value) {
  const RecordContext& record = host_->record();
  host_->log(spec_, key, value, record.timestamp, RecordContext::kNoHeaders);
}

StoreBuilder custom_store(const std::string& name, std::function<std::unique_ptr<StateStore>()> make, bool logging,
                          std::map<std::string, std::string> topic_configs) {
  if (make == nullptr) throw NullArgument("supplier cannot be null");
  detail::StoreSpec spec;
  spec.name = name;
  spec.kind = detail::StoreKind::kOther;
  spec.logging = logging;
  spec.topic_configs = std::move(topic_configs);
  spec.persistent = false;
  spec.make = [make = std::move(make)](const detail::StoreSpec& of) {
    std::unique_ptr<StateStore> store = make();
    if (auto* custom = dynamic_cast<CustomStore*>(store.get())) custom->spec_ = of;
    return store;
  };
  return StoreBuilder(std::move(spec));
}

namespace detail {
namespace {

StoreSpec base_spec(const std::string& name, StoreSettings settings, bool timestamped) {
  if (settings.keep_headers && !timestamped) {
    throw InvalidArgument("Store " + name +
                          " cannot keep headers: only stores with timestamps can. Use the timestamped kind.");
  }
  StoreSpec spec;
  spec.name = name;
  spec.format = !timestamped            ? state::ValueFormat::kPlain
                : settings.keep_headers ? state::ValueFormat::kTimestampedHeaders
                                        : state::ValueFormat::kTimestamped;
  spec.persistent = settings.type == StoreType::kRocksDb;
  spec.keep_timestamps = settings.keep_timestamps || !spec.persistent;
  spec.caching = settings.caching;
  spec.logging = settings.logging;
  spec.topic_configs = std::move(settings.topic_configs);
  return spec;
}

void check_segment_interval(std::optional<Millis> interval) {
  if (interval && interval->count() < 1) throw InvalidArgument("segmentInterval cannot be zero or negative");
}

}  // namespace

StoreSpec key_value_spec(const std::string& name, StoreSettings settings, bool timestamped) {
  return base_spec(name, std::move(settings), timestamped);
}

void check_window_sizes(const std::string& name, const WindowStoreSizes& sizes) {
  const std::int64_t retention = sizes.retention.count();
  const std::int64_t window = sizes.window_size.count();
  if (retention < 0) throw InvalidArgument("retentionPeriod cannot be negative");
  if (window < 0) throw InvalidArgument("windowSize cannot be negative");
  check_segment_interval(sizes.segment_interval);
  if (window > retention) {
    throw InvalidArgument("The retention period of the window store " + name +
                          " must be no smaller than its window size. Got size=[" + std::to_string(window) +
                          "], retention=[" + std::to_string(retention) + "]");
  }
}

void set_window_sizes(StoreSpec& spec, const WindowStoreSizes& sizes) {
  spec.retention_ms = sizes.retention.count();
  spec.window_ms = sizes.window_size.count();
  spec.segment_interval_ms = sizes.segment_interval.value_or(Millis(0)).count();
  spec.retain_duplicates = sizes.retain_duplicates;
  if (sizes.retain_duplicates) spec.caching = false;
}

StoreSpec window_spec(const std::string& name, const WindowStoreSizes& sizes, StoreSettings settings,
                      bool timestamped) {
  check_window_sizes(name, sizes);
  StoreSpec spec = base_spec(name, std::move(settings), timestamped);
  spec.kind = StoreKind::kWindow;
  set_window_sizes(spec, sizes);
  return spec;
}

StoreSpec session_spec(const std::string& name, Millis retention, StoreSettings settings) {
  if (retention.count() < 0) throw InvalidArgument("retentionPeriod cannot be negative");
  const bool headers = settings.keep_headers;
  settings.keep_headers = false;
  StoreSpec spec = base_spec(name, std::move(settings), false);
  if (headers) spec.format = state::ValueFormat::kHeaders;
  spec.kind = StoreKind::kSession;
  spec.retention_ms = retention.count();
  return spec;
}

StoreSpec versioned_spec(const std::string& name, Millis history_retention, std::optional<Millis> segment_interval,
                         StoreSettings settings) {
  if (history_retention.count() < 0) throw InvalidArgument("historyRetentionMs cannot be negative");
  check_segment_interval(segment_interval);
  StoreSpec spec = base_spec(name, std::move(settings), false);
  spec.kind = StoreKind::kVersioned;
  spec.persistent = true;
  spec.caching = false;
  spec.retention_ms = history_retention.count();
  spec.segment_interval_ms = segment_interval.value_or(Millis(0)).count();
  return spec;
}

void check_lru_entries(std::int64_t max_entries) {
  if (max_entries < 0) throw InvalidArgument("maxCacheSize cannot be negative");
}

}  // namespace detail
}  // namespace streams
