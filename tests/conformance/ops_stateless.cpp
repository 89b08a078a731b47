// Stateless operators of streams.
#include "binding.hpp"
#include "callables.hpp"

#include <ostream>
#include <streambuf>
#include <utility>

namespace streams::conformance {

namespace {

using Stream = KStream<Dyn, Dyn>;
using WindowedStream = KStream<WindowedDyn, Dyn>;

Named named(const Op& op) { return {op.given("as")}; }

/// Calls `use` with the stream that the operation works on, whatever its keys are.
template <class Use>
void with_stream(const Binding& binding, const Op& op, Use use) {
  const Ref& from = binding.from(op);
  if (const auto* windowed = std::any_cast<WindowedStream>(&from.handle)) return use(*windowed, from);
  use(from.as<Stream>(op), from);
}

template <bool Negate>
void filter_stream(Binding& binding, const Op& op) {
  with_stream(binding, op, [&]<class K>(const KStream<K, Dyn>& stream, const Ref& from) {
    auto condition = predicate<K>(op);
    binding.put(op, Negate ? stream.filter_not(condition, named(op)) : stream.filter(condition, named(op)), from.key,
                from.value);
  });
}

void map_values(Binding& binding, const Op& op) {
  with_stream(binding, op, [&]<class K>(const KStream<K, Dyn>& stream, const Ref& from) {
    const Type type = op.type("value_type", from.value);
    if (op.flag("with_key")) {
      binding.put(op, stream.map_values(pair_function<K>(op, "value"), named(op)), from.key, type);
    } else {
      binding.put(op, stream.map_values(value_function(op, "value"), named(op)), from.key, type);
    }
  });
}

/// New keys are windowed only where the old ones are and no new type is given.
template <class Use>
void with_new_key(Binding& binding, const Op& op, Use use) {
  const Ref& from = binding.from(op);
  const Type key = op.type("key_type", from.key);
  if (const auto* windowed = std::any_cast<WindowedStream>(&from.handle)) {
    if (key.windowed()) return use.template operator()<WindowedDyn, WindowedDyn>(*windowed, key);
    return use.template operator()<WindowedDyn, Dyn>(*windowed, key);
  }
  use.template operator()<Dyn, Dyn>(from.as<Stream>(op), key);
}

void map(Binding& binding, const Op& op) {
  with_new_key(binding, op, [&]<class K, class KOut>(const KStream<K, Dyn>& stream, const Type& key) {
    binding.put(op, stream.map(pair_mapper<K, KOut>(op), named(op)), key,
                op.type("value_type", binding.from(op).value));
  });
}

void select_key(Binding& binding, const Op& op) {
  with_new_key(binding, op, [&]<class K, class KOut>(const KStream<K, Dyn>& stream, const Type& key) {
    binding.put(op, stream.select_key(pair_function<K, KOut>(op, "key"), named(op)), key, binding.from(op).value);
  });
}

void flat_map(Binding& binding, const Op& op) {
  using Pairs = std::vector<std::pair<MaybeDyn, MaybeDyn>>;
  const Ref& from = binding.from(op);
  PairFunction<Dyn, Pairs> mapper = [each = op.expression("each"), new_key = op.expression("key"),
                                     new_value = op.expression("value")](const MaybeDyn& key, const MaybeDyn& value) {
    PairScope<Dyn> scope(key, value);
    Pairs pairs;
    for (const MaybeDyn& item : items_of(each.eval(scope.get()))) {
      scope.get().bind(Variable::kItem, item);
      pairs.emplace_back(new_key.get(scope.get()), new_value.get(scope.get()));
    }
    return pairs;
  };
  binding.put(op, from.as<Stream>(op).flat_map(std::move(mapper), named(op)), op.type("key_type", from.key),
              op.type("value_type", from.value));
}

void flat_map_values(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Stream& stream = from.as<Stream>(op);
  const Type type = op.type("value_type", from.value);
  if (op.flag("with_key")) {
    PairFunction<Dyn, std::vector<MaybeDyn>> mapper = [each = op.expression("each")](const MaybeDyn& key,
                                                                                     const MaybeDyn& value) {
      return items_of(each.eval(PairScope<Dyn>(key, value).get()));
    };
    binding.put(op, stream.flat_map_values(std::move(mapper), named(op)), from.key, type);
  } else {
    std::function<std::vector<MaybeDyn>(const MaybeDyn&)> mapper = [each =
                                                                        op.expression("each")](const MaybeDyn& value) {
      return items_of(each.eval(Scope().bind(Variable::kValue, value)));
    };
    binding.put(op, stream.flat_map_values(std::move(mapper), named(op)), from.key, type);
  }
}

/// Writes down the pairs it sees.
template <class K>
std::function<void(const std::optional<K>&, const MaybeDyn&)> observer(const Binding& binding, const Op& op) {
  return [observed = binding.observed(), id = op.text("id")](const std::optional<K>& key, const MaybeDyn& value) {
    (*observed)[id].push_back(Json::array({key ? to_json(boxed(*key)) : Json(), value ? to_json(*value) : Json()}));
  };
}

void peek(Binding& binding, const Op& op) {
  with_stream(binding, op, [&]<class K>(const KStream<K, Dyn>& stream, const Ref& from) {
    binding.put(op, stream.peek(observer<K>(binding, op), named(op)), from.key, from.value);
  });
}

void for_each(Binding& binding, const Op& op) {
  with_stream(binding, op, [&]<class K>(const KStream<K, Dyn>& stream, const Ref&) {
    stream.for_each(observer<K>(binding, op), named(op));
  });
}

/// A stream that writes its lines down under an id.
class ObservedLines final : private std::streambuf, public std::ostream {
 public:
  ObservedLines(std::shared_ptr<Observed> observed, std::string id)
      : std::ostream(this), observed_(std::move(observed)), id_(std::move(id)) {}

 private:
  int overflow(int c) override {
    if (c == '\n') {
      (*observed_)[id_].push_back(std::exchange(line_, {}));
    } else {
      line_.push_back(static_cast<char>(c));
    }
    return c;
  }
  std::shared_ptr<Observed> observed_;
  std::string id_, line_;
};

void print(Binding& binding, const Op& op) {
  auto lines = std::make_shared<ObservedLines>(binding.observed(), op.text("id"));
  Printed printed{.name = op.given("as"), .stream = lines.get()};
  if (op.has("label")) printed.label = op.text("label");
  binding.keep(lines);
  with_stream(binding, op, [&]<class K>(const KStream<K, Dyn>& stream, const Ref&) {
    if (!op.has("mapper")) return stream.print(printed);
    stream.print(
        [mapper = op.expression("mapper")](const std::optional<K>& key, const MaybeDyn& value) {
          return show(mapper.eval(PairScope<K>(key, value).get()));
        },
        printed);
  });
}

void merge(Binding& binding, const Op& op) {
  // A KStream is never null: what Java refuses cannot be written.
  if (!op.has("with")) throw NullArgument("There is no other stream to merge with");
  with_stream(binding, op, [&]<class K>(const KStream<K, Dyn>& stream, const Ref& from) {
    binding.put(op, stream.merge(binding.ref(op.text("with")).as<KStream<K, Dyn>>(op), named(op)), from.key,
                from.value);
  });
}

void repartition(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  Repartitioned<Dyn, Dyn> options;
  options.name = op.given("as");
  options.key_serde = serde_of(from.key);
  options.value_serde = serde_of(from.value);
  options.partitioner = partitioner<Dyn>(op);
  if (op.has("partitions")) options.partitions = static_cast<std::int32_t>(op.number("partitions"));
  binding.put(op, from.as<Stream>(op).repartition(options), from.key, from.value);
}

void to(Binding& binding, const Op& op) {
  with_stream(binding, op, [&]<class K>(const KStream<K, Dyn>& stream, const Ref& from) {
    const Produced<K, Dyn> produced{op.given("as"), key_serde_of<K>(from.key), serde_of(from.value),
                                    partitioner<K>(op)};
    if (op.has("topic_expr")) {
      stream.to(topic_extractor<K>(op), produced);
      binding.set_dynamic_sink({from.key, from.value});
    } else {
      stream.to(op.text("topic"), produced);
      binding.add_sink_topic(op.text("topic"), {from.key, from.value});
    }
  });
}

}  // namespace

void add_stateless_ops(OpTable& table) {
  table.insert({
      {"stream.filter", filter_stream<false>},
      {"stream.filter_not", filter_stream<true>},
      {"stream.map_values", map_values},
      {"stream.map", map},
      {"stream.select_key", select_key},
      {"stream.flat_map", flat_map},
      {"stream.flat_map_values", flat_map_values},
      {"stream.peek", peek},
      {"stream.foreach", for_each},
      {"stream.print", print},
      {"stream.merge", merge},
      {"stream.repartition", repartition},
      {"stream.to", to},
  });
}

}  // namespace streams::conformance
