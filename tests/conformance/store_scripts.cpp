// Processors of the case language that work with stores and punctuations.
#include "scripts.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

namespace streams::conformance {

namespace {

using AnyRecord = Record<Dyn, Dyn>;

NewRow row_of(const AnyRecord& record) { return {record.value, record.timestamp, record.headers}; }

/// The text of a record's value with something behind it.
std::string shown_value(const AnyRecord& record) { return record.value ? show(*record.value) : "null"; }

StateStore& store_of(ScriptContext& context, const std::string& name) {
  return context.task().get_state_store<StateStore>(name);
}

/// A view of the script's store; throws CaseError if it is of another kind.
template <class View>
std::unique_ptr<View> checked(std::unique_ptr<View> view, const std::string& name) {
  if (!view) throw CaseError("the script cannot work with store " + name);
  return view;
}

/// A script with a key-value store.
class KeyValueScript : public Script {
 public:
  KeyValueScript(const Op& op, const KeepsHeaders& keeps_headers)
      : name_(store_name(op)), keeps_headers_(keeps_headers) {}
  void init(ScriptContext& context) override {
    store_ = checked(key_value_view(store_of(context, name_), keeps_headers_(name_)), name_);
  }

 protected:
  KeyValueView& store() { return *store_; }

 private:
  /// `store` is the store's name, or in operations that add a store the store itself.
  static std::string store_name(const Op& op) {
    return op.at("store").is_object() ? op.part("store").text("name") : op.text("store");
  }

  std::string name_;
  KeepsHeaders keeps_headers_;
  std::unique_ptr<KeyValueView> store_;
};

struct Dedup final : KeyValueScript {
  using KeyValueScript::KeyValueScript;
  void process(AnyRecord&& record, ScriptContext& context) override {
    if (!record.key) return;
    const std::optional<Row> before = store().get(*record.key);
    if ((before ? before->value : Dyn()) == record.value.value_or(Dyn())) return;
    store().put(*record.key, row_of(record));
    context.forward(std::move(record));
  }
};

struct RunningTotal final : KeyValueScript {
  using KeyValueScript::KeyValueScript;
  void process(AnyRecord&& record, ScriptContext& context) override {
    if (!record.key || !record.value) return;
    const std::optional<Row> before = store().get(*record.key);
    const std::vector<Dyn> terms = {before ? before->value : Dyn(std::int64_t{0}), *record.value};
    record.value = find_function("add")->call(terms);
    store().put(*record.key, row_of(record));
    context.forward(std::move(record));
  }
};

struct StorePut final : KeyValueScript {
  using KeyValueScript::KeyValueScript;
  void process(AnyRecord&& record, ScriptContext&) override {
    if (record.key) store().put(*record.key, row_of(record));
  }
};

struct Lookup final : KeyValueScript {
  using KeyValueScript::KeyValueScript;
  void process(AnyRecord&& record, ScriptContext& context) override {
    const std::optional<Row> found = record.key ? store().get(*record.key) : std::nullopt;
    record.value.emplace(shown_value(record) + "|" + show(found));
    context.forward(std::move(record));
  }
};

struct CountCalls final : KeyValueScript {
  using KeyValueScript::KeyValueScript;
  void process(AnyRecord&& record, ScriptContext& context) override {
    const std::optional<Row> before = store().get(*record.key);
    const std::optional<Dyn> calls(Dyn((before ? *before->value.number() : 0) + 1));
    store().put(*record.key, {calls, record.timestamp, record.headers});
    if (record.value) record.value.emplace(show(*record.value) + "#" + show(*calls));
    context.forward(std::move(record));
  }
};

/// Schedules a punctuation as `tick` and `buffer` do.
class Schedule {
 public:
  explicit Schedule(const Op& op)
      : interval_(op.millis("interval_ms")),
        type_(op.text_or("clock", "stream") == "wall" ? PunctuationType::kWallClockTime
                                                      : PunctuationType::kStreamTime) {
    if (op.has("start_ms")) start_ = op.number("start_ms");
  }
  std::shared_ptr<Cancellable> begin(ScriptContext& context, std::function<void(Timestamp)> punctuator) const {
    return context.task().schedule(interval_, type_, std::move(punctuator), start_);
  }

 private:
  Millis interval_;
  PunctuationType type_;
  std::optional<Timestamp> start_;
};

class Tick final : public Script {
 public:
  Tick(const Op& op, const KeepsHeaders&)
      : schedule_(op), key_(op.text_or("tick_key", "tick")), cancel_after_(op.number_or("cancel_after", 0)) {}
  void init(ScriptContext& context) override {
    cancellable_ = schedule_.begin(context, [this, &context](Timestamp time) {
      if (++fired_ == cancel_after_) cancellable_->cancel();
      context.forward({Dyn(key_), Dyn(std::to_string(time)), time, {}});
    });
  }
  void process(AnyRecord&& record, ScriptContext& context) override { context.forward(std::move(record)); }

 private:
  Schedule schedule_;
  std::string key_;
  std::int64_t cancel_after_, fired_ = 0;
  std::shared_ptr<Cancellable> cancellable_;
};

class Buffer final : public KeyValueScript {
 public:
  Buffer(const Op& op, const KeepsHeaders& keeps_headers) : KeyValueScript(op, keeps_headers), schedule_(op) {}
  void init(ScriptContext& context) override {
    KeyValueScript::init(context);
    schedule_.begin(context, [this, &context](Timestamp time) {
      for (auto& [key, row] : store().range(Dyn(), Dyn(), false)) {
        context.forward({key, to_optional(row.value), time, {}});
        store().erase(key);
      }
    });
  }
  void process(AnyRecord&& record, ScriptContext&) override { store().put(*record.key, row_of(record)); }

 private:
  Schedule schedule_;
};

/// Commands of kv_ops with their arguments.
class KeyValueCommands final : public KeyValueScript {
 public:
  using KeyValueScript::KeyValueScript;
  void process(AnyRecord&& record, ScriptContext& context) override {
    std::istringstream words(show(*record.value));
    std::string command, argument;
    words >> command;
    std::vector<std::string> arguments;
    while (words >> argument) arguments.push_back(argument);
    record.value.emplace(answer(command, arguments, record));
    context.forward(std::move(record));
  }

 private:
  using Arguments = std::vector<std::string>;

  std::string answer(const std::string& command, const Arguments& arguments, const AnyRecord& record) {
    const bool reverse = command.starts_with("reverse_");
    if (command == "get") return show(store().get(*record.key));
    if (command == "delete") return show(store().erase(*record.key));
    if (command == "put") return put(*record.key, arguments.at(0), record);
    if (command == "put_if_absent") {
      return show(store().put_if_absent(*record.key, {Dyn(arguments.at(0)), record.timestamp, record.headers}));
    }
    if (command == "put_all") return put_all(arguments, record);
    if (command == "all" || command == "reverse_all") return list(store().range(Dyn(), Dyn(), reverse));
    if (command == "range" || command == "reverse_range") {
      return list(store().range(bound(arguments.at(0)), bound(arguments.at(1)), reverse));
    }
    if (command == "prefix") return list(store().prefix(arguments.at(0)));
    throw CaseError("unknown command " + command);
  }
  std::string put(const Dyn& key, const std::string& value, const AnyRecord& record) {
    store().put(key, {Dyn(value), record.timestamp, record.headers});
    return "ok";
  }
  std::string put_all(const Arguments& pairs, const AnyRecord& record) {
    for (const std::string& pair : pairs) {
      const auto at = pair.find('=');
      put(Dyn(pair.substr(0, at)), pair.substr(at + 1), record);
    }
    return "ok";
  }
  static Dyn bound(const std::string& text) { return text == "-" ? Dyn() : Dyn(text); }
  static std::string list(const Rows& rows) {
    std::string text;
    for (const auto& [key, row] : rows) text += (text.empty() ? "" : " ") + show(key) + "=" + show(std::optional(row));
    return text;
  }
};

class WindowCommands final : public Script {
 public:
  WindowCommands(const Op& op, const KeepsHeaders& keeps_headers)
      : name_(op.text("store")),
        before_ms_(op.number_or("before_ms", 0)),
        after_ms_(op.number_or("after_ms", 0)),
        backward_(op.flag("backward")),
        keeps_headers_(keeps_headers) {}
  void init(ScriptContext& context) override {
    store_ = checked(window_view(store_of(context, name_), keeps_headers_(name_)), name_);
  }
  void process(AnyRecord&& record, ScriptContext& context) override {
    store_->put(*record.key, row_of(record), record.timestamp);
    std::string text;
    for (const auto& [start, row] : store_->fetch(*record.key, std::max<Timestamp>(0, record.timestamp - before_ms_),
                                                  record.timestamp + after_ms_, backward_)) {
      text += (text.empty() ? "" : " ") + std::to_string(start) + ":" + show(std::optional(row));
    }
    record.value.emplace(std::move(text));
    context.forward(std::move(record));
  }

 private:
  std::string name_;
  std::int64_t before_ms_, after_ms_;
  bool backward_;
  KeepsHeaders keeps_headers_;
  std::unique_ptr<WindowView> store_;
};

class SessionCommands final : public Script {
 public:
  SessionCommands(const Op& op, const KeepsHeaders& keeps_headers)
      : name_(op.text("store")), gap_ms_(op.number("gap_ms")), keeps_headers_(keeps_headers) {}
  void init(ScriptContext& context) override {
    store_ = checked(session_view(store_of(context, name_), keeps_headers_(name_)), name_);
  }
  void process(AnyRecord&& record, ScriptContext& context) override {
    Dyn::Window session{*record.key, record.timestamp, record.timestamp};
    std::string values;
    const Rows found = store_->find(*record.key, std::max<Timestamp>(0, record.timestamp - gap_ms_),
                                    record.timestamp + gap_ms_, false);
    for (const auto& [key, row] : found) {
      session.start = std::min(session.start, key.window()->start);
      session.end = std::max(session.end, key.window()->end);
      values += show(row.value) + "+";
      store_->remove(*key.window());
    }
    record.value.emplace(values + shown_value(record));
    store_->put(session, row_of(record));
    record.value.emplace(std::to_string(session.start) + "/" + std::to_string(session.end) + "=" + show(*record.value));
    context.forward(std::move(record));
  }

 private:
  std::string name_;
  std::int64_t gap_ms_;
  KeepsHeaders keeps_headers_;
  std::unique_ptr<SessionView> store_;
};

class VersionedCommands final : public Script {
 public:
  VersionedCommands(const Op& op, const KeepsHeaders&)
      : name_(op.text("store")), back_ms_(op.number_or("back_ms", 1)) {}
  void init(ScriptContext& context) override { store_ = checked(versioned_view(store_of(context, name_)), name_); }
  void process(AnyRecord&& record, ScriptContext& context) override {
    const std::int64_t put = store_->put(*record.key, row_of(record));
    const auto latest = store_->get(*record.key);
    const auto as_of = store_->get_as_of(*record.key, record.timestamp - back_ms_);
    record.value.emplace("put=" + std::to_string(put) + " latest=" + shown(latest) + " asof=" + shown(as_of));
    context.forward(std::move(record));
  }

 private:
  static std::string shown(const std::optional<Version>& version) {
    return show(version ? std::optional(version->row) : std::nullopt);
  }
  std::string name_;
  std::int64_t back_ms_;
  std::unique_ptr<VersionedView> store_;
};

template <class S>
std::unique_ptr<Script> make(const Op& op, const KeepsHeaders& keeps_headers) {
  return std::make_unique<S>(op, keeps_headers);
}

}  // namespace

ScriptMaker find_store_script(const std::string& name) {
  static const std::map<std::string, ScriptMaker> table = {
      {"dedup", make<Dedup>},
      {"running_total", make<RunningTotal>},
      {"store_put", make<StorePut>},
      {"lookup", make<Lookup>},
      {"count_calls", make<CountCalls>},
      {"tick", make<Tick>},
      {"buffer", make<Buffer>},
      {"kv_ops", make<KeyValueCommands>},
      {"window_ops", make<WindowCommands>},
      {"session_ops", make<SessionCommands>},
      {"versioned_ops", make<VersionedCommands>},
  };
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace streams::conformance
