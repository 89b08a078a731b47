// Processors of the case language that work on the record, its context and time.
#include "scripts.hpp"

#include <map>
#include <utility>

namespace streams::conformance {

namespace {

using AnyRecord = Record<Dyn, Dyn>;

/// Values of $key, $value and $ts while a record is worked on.
struct RecordScope {
  explicit RecordScope(const AnyRecord& record) : ts(record.timestamp) {
    scope.bind(Variable::kKey, record.key).bind(Variable::kValue, record.value).bind(Variable::kTs, ts);
  }
  RecordScope(const RecordScope&) = delete;
  RecordScope& operator=(const RecordScope&) = delete;
  Dyn ts;
  Scope scope;
};

struct Forward final : Script {
  explicit Forward(const Op&) {}
  void process(AnyRecord&& record, ScriptContext& context) override { context.forward(std::move(record)); }
};

struct Drop final : Script {
  explicit Drop(const Op&) {}
  void process(AnyRecord&&, ScriptContext&) override {}
};

class MapRecord final : public Script {
 public:
  explicit MapRecord(const Op& op) : key_(op.maybe_expression("key")), value_(op.maybe_expression("value")) {}
  void process(AnyRecord&& record, ScriptContext& context) override {
    AnyRecord changed = record;
    const RecordScope bound(record);
    if (key_) changed.key = key_->get(bound.scope);
    if (value_) changed.value = value_->get(bound.scope);
    context.forward(std::move(changed));
  }

 private:
  std::optional<Expression> key_, value_;
};

class FilterRecord final : public Script {
 public:
  explicit FilterRecord(const Op& op) : if_(op.expression("if")) {}
  void process(AnyRecord&& record, ScriptContext& context) override {
    if (if_.holds(RecordScope(record).scope)) context.forward(std::move(record));
  }

 private:
  Expression if_;
};

class Repeat final : public Script {
 public:
  explicit Repeat(const Op& op) : count_(op.number("count")) {}
  void process(AnyRecord&& record, ScriptContext& context) override {
    for (std::int64_t i = 0; i < count_; ++i) context.forward(AnyRecord(record));
  }

 private:
  std::int64_t count_;
};

class Route final : public Script {
 public:
  explicit Route(const Op& op) : otherwise_(op.text_or("otherwise", "")) {
    for (const Json& route : op.at("routes")) {
      routes_.emplace_back(Expression::compile(route.at("if")), route.at("to").get<std::string>());
    }
  }
  void process(AnyRecord&& record, ScriptContext& context) override {
    const RecordScope bound(record);
    for (const auto& [condition, to] : routes_) {
      if (condition.holds(bound.scope)) return context.forward(AnyRecord(record), to);
    }
    if (!otherwise_.empty()) context.forward(AnyRecord(record), otherwise_);
  }

 private:
  std::vector<std::pair<Expression, std::string>> routes_;
  std::string otherwise_;
};

class WithTimestamp final : public Script {
 public:
  explicit WithTimestamp(const Op& op) : ts_(op.expression("ts")) {}
  void process(AnyRecord&& record, ScriptContext& context) override {
    record.timestamp = *ts_.eval(RecordScope(record).scope).number();
    context.forward(std::move(record));
  }

 private:
  Expression ts_;
};

class ChangeHeaders final : public Script {
 public:
  explicit ChangeHeaders(const Op& op) : remove_(op.texts("remove")), read_(op.text_or("read", "")) {
    if (!op.has("set")) return;
    for (const Json& header : op.at("set")) {
      set_.emplace_back(header[0].get<std::string>(), Expression::compile(header[1]));
    }
  }
  void process(AnyRecord&& record, ScriptContext& context) override {
    Headers headers = record.headers;
    for (const std::string& name : remove_) headers.remove(name);
    const RecordScope bound(record);
    for (const auto& [name, expression] : set_) {
      const Dyn value = expression.eval(bound.scope);
      headers.add(name, value.is_null() ? OptionalBytes() : OptionalBytes(show(value)));
    }
    AnyRecord changed{record.key, record.value, record.timestamp, headers};
    if (!read_.empty()) {
      const Header* last = headers.last(read_);
      changed.value.reset();
      if (last != nullptr && last->value) changed.value.emplace(*last->value);
    }
    context.forward(std::move(changed));
  }

 private:
  std::vector<std::string> remove_;
  std::vector<std::pair<std::string, Expression>> set_;
  std::string read_;
};

struct Times final : Script {
  explicit Times(const Op&) {}
  void process(AnyRecord&& record, ScriptContext& context) override {
    record.value.emplace("stream=" + std::to_string(context.task().current_stream_time_ms()) +
                         " system=" + std::to_string(context.task().current_system_time_ms()));
    context.forward(std::move(record));
  }
};

/// Where Kafka Streams has metadata without a topic (below a punctuation), the library has none.
struct Metadata final : Script {
  explicit Metadata(const Op&) {}
  void process(AnyRecord&& record, ScriptContext& context) override {
    std::string place = "null/-1/-1";
    if (const auto metadata = context.task().record_metadata()) {
      place = std::string(metadata->topic) + "/" + std::to_string(metadata->partition) + "/" +
              std::to_string(metadata->offset);
    }
    record.value.emplace(place + "@" + std::to_string(record.timestamp));
    context.forward(std::move(record));
  }
};

struct ContextIds final : Script {
  explicit ContextIds(const Op&) {}
  void process(AnyRecord&& record, ScriptContext& context) override {
    record.value.emplace(context.task().application_id() + " " + context.task().task_id());
    context.forward(std::move(record));
  }
};

struct RequestCommit final : Script {
  explicit RequestCommit(const Op&) {}
  void process(AnyRecord&& record, ScriptContext& context) override {
    context.forward(std::move(record));
    context.task().commit();
  }
};

class FailIf final : public Script {
 public:
  explicit FailIf(const Op& op) : if_(op.expression("if")), message_(op.text("message")) {}
  void process(AnyRecord&& record, ScriptContext& context) override {
    if (if_.holds(RecordScope(record).scope)) throw UserError(message_);
    context.forward(std::move(record));
  }

 private:
  Expression if_;
  std::string message_;
};

template <class S>
std::unique_ptr<Script> make(const Op& op, const KeepsHeaders&) {
  return std::make_unique<S>(op);
}

}  // namespace

ScriptMaker find_record_script(const std::string& name) {
  static const std::map<std::string, ScriptMaker> table = {
      {"forward", make<Forward>},
      {"drop", make<Drop>},
      {"map_record", make<MapRecord>},
      {"filter_record", make<FilterRecord>},
      {"repeat", make<Repeat>},
      {"route", make<Route>},
      {"with_timestamp", make<WithTimestamp>},
      {"headers", make<ChangeHeaders>},
      {"times", make<Times>},
      {"metadata", make<Metadata>},
      {"context_ids", make<ContextIds>},
      {"commit", make<RequestCommit>},
      {"fail_if", make<FailIf>},
  };
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

std::unique_ptr<Script> make_script(const Json& json, const KeepsHeaders& keeps_headers) {
  const Op op(json);
  const std::string name = op.text("processor");
  ScriptMaker maker = find_record_script(name);
  if (maker == nullptr) maker = find_store_script(name);
  if (maker == nullptr) throw CaseError("unknown processor " + name);
  return maker(op, keeps_headers);
}

}  // namespace streams::conformance
