#include "processors.hpp"

#include "materialized.hpp"

#include <utility>

namespace streams::conformance {

namespace {

StoreOptions<Dyn, Dyn> store_options(const Op& store, bool in_memory, bool headers) {
  StoreOptions<Dyn, Dyn> options;
  options.key_serde = serde_of(store.type("key"));
  options.value_serde = serde_of(store.type("value"));
  options.type = in_memory ? StoreType::kInMemory : StoreType::kRocksDb;
  options.caching = store.flag("caching");
  options.logging = store.flag("logging", true);
  options.keep_headers = headers;
  return options;
}

std::vector<StoreBuilder> own_stores(const Op& op) {
  std::vector<StoreBuilder> stores;
  if (!op.has("own_stores")) return stores;
  for (const Json& store : op.at("own_stores")) stores.push_back(store_builder(Op(store)));
  return stores;
}

class ScriptedProcessor final : public Processor<Dyn, Dyn>, private ScriptContext {
 public:
  explicit ScriptedProcessor(std::unique_ptr<Script> script) : script_(std::move(script)) {}
  void init(Context&) override { script_->init(*this); }
  void process(Record<Dyn, Dyn>&& record) override { script_->process(std::move(record), *this); }

 private:
  ProcessingContext& task() override { return context(); }
  void forward(Record<Dyn, Dyn>&& record) override { context().forward(std::move(record)); }
  void forward(Record<Dyn, Dyn>&& record, const std::string& child) override {
    context().forward(std::move(record), child);
  }

  std::unique_ptr<Script> script_;
};

class ScriptedFixedKeyProcessor final : public FixedKeyProcessor<Dyn, Dyn>, private ScriptContext {
 public:
  explicit ScriptedFixedKeyProcessor(std::unique_ptr<Script> script) : script_(std::move(script)) {}
  void init(Context&) override { script_->init(*this); }
  void process(FixedKeyRecord<Dyn, Dyn>&& record) override {
    current_ = &record;
    script_->process({record.key(), record.value, record.timestamp, record.headers}, *this);
    current_ = nullptr;
  }

 private:
  ProcessingContext& task() override { return context(); }
  void forward(Record<Dyn, Dyn>&& record) override { context().forward(fixed(std::move(record))); }
  void forward(Record<Dyn, Dyn>&& record, const std::string& child) override {
    context().forward(fixed(std::move(record)), child);
  }
  /// Only the library makes such records from nothing: this is the one being processed with other contents.
  FixedKeyRecord<Dyn, Dyn> fixed(Record<Dyn, Dyn>&& record) const {
    if (current_ == nullptr) throw CaseError("a punctuation of a fixed-key processor has no record to forward");
    FixedKeyRecord<Dyn, Dyn> copy = *current_;
    copy.value = std::move(record.value);
    copy.timestamp = record.timestamp;
    copy.headers = std::move(record.headers);
    return copy;
  }

  std::unique_ptr<Script> script_;
  const FixedKeyRecord<Dyn, Dyn>* current_ = nullptr;
};

class ScriptedTransformer final : public ValueTransformerWithKey<Dyn, Dyn>, private ScriptContext {
 public:
  explicit ScriptedTransformer(std::unique_ptr<Script> script) : script_(std::move(script)) {}
  void init(Context&) override { script_->init(*this); }
  std::optional<Dyn> transform(const Dyn& key, const std::optional<Dyn>& value) override {
    result_.reset();
    script_->process({key, value, context().timestamp(), context().headers()}, *this);
    return std::exchange(result_, std::nullopt);
  }

 private:
  ProcessingContext& task() override { return context(); }
  void forward(Record<Dyn, Dyn>&& record) override { result_ = std::move(record.value); }
  void forward(Record<Dyn, Dyn>&&, const std::string&) override { throw CaseError("a transformer has no children"); }

  std::unique_ptr<Script> script_;
  std::optional<Dyn> result_;
};

}  // namespace

StoreBuilder store_builder(const Op& store) {
  const std::string name = store.text("name"), supplier = store.text("supplier"),
                    builder = store.text_or("builder", "kv");
  const bool headers = builder.ends_with("_headers");
  StoreOptions<Dyn, Dyn> options = store_options(store, supplier.starts_with("in_memory"), headers);
  options.keep_timestamps = !is_plain_on_disk(supplier);
  if (supplier == "lru" && builder == "kv") return lru_map<Dyn, Dyn>(name, store.number("max_entries"), options);
  if (builder == "kv") return key_value_store<Dyn, Dyn>(name, options);
  if (builder.starts_with("timestamped_kv")) return timestamped_key_value_store<Dyn, Dyn>(name, options);
  if (builder == "window") return window_store<Dyn, Dyn>(name, window_sizes(store), options);
  if (builder.starts_with("timestamped_window")) {
    return timestamped_window_store<Dyn, Dyn>(name, window_sizes(store), options);
  }
  if (builder.starts_with("session")) return session_store<Dyn, Dyn>(name, store.millis("retention_ms"), options);
  if (builder == "versioned") {
    const Millis history = store.millis("history_retention_ms");
    if (!store.has("segment_interval_ms")) return versioned_key_value_store<Dyn, Dyn>(name, history, options);
    return versioned_key_value_store<Dyn, Dyn>(name, history, store.millis("segment_interval_ms"), options);
  }
  throw NotSupported("store " + builder + " of " + supplier);
}

ScriptedSupplier::ScriptedSupplier(const Binding& binding, const Op& op)
    : op_(op.json()), keeps_headers_(binding.keeps_headers()), stores_(own_stores(op)) {}

std::unique_ptr<Processor<Dyn, Dyn>> ScriptedSupplier::operator()() const {
  return std::make_unique<ScriptedProcessor>(make_script(op_, keeps_headers_));
}

ScriptedFixedKeySupplier::ScriptedFixedKeySupplier(const Binding& binding, const Op& op)
    : op_(op.json()), keeps_headers_(binding.keeps_headers()), stores_(own_stores(op)) {}

std::unique_ptr<FixedKeyProcessor<Dyn, Dyn>> ScriptedFixedKeySupplier::operator()() const {
  return std::make_unique<ScriptedFixedKeyProcessor>(make_script(op_, keeps_headers_));
}

ScriptedTransformerSupplier::ScriptedTransformerSupplier(const Binding& binding, const Op& op)
    : op_(op.json()), keeps_headers_(binding.keeps_headers()), stores_(own_stores(op)) {}

std::unique_ptr<ValueTransformerWithKey<Dyn, Dyn>> ScriptedTransformerSupplier::operator()() const {
  return std::make_unique<ScriptedTransformer>(make_script(op_, keeps_headers_));
}

}  // namespace streams::conformance
