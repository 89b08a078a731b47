#include "expression.hpp"

#include <map>
#include <utility>
#include <vector>

namespace streams::conformance {

struct Expression::Node {
  virtual ~Node() = default;
  virtual Dyn eval(const Scope& scope) const = 0;
};

namespace {

using NodePtr = std::shared_ptr<const Expression::Node>;

struct Constant final : Expression::Node {
  explicit Constant(Dyn value_in) : value(std::move(value_in)) {}
  Dyn eval(const Scope&) const override { return value; }
  Dyn value;
};

struct Reference final : Expression::Node {
  explicit Reference(Variable variable_in) : variable(variable_in) {}
  Dyn eval(const Scope& scope) const override {
    const Dyn* value = scope.get(variable);
    return value == nullptr ? Dyn() : *value;
  }
  Variable variable;
};

struct Call final : Expression::Node {
  Call(const Function& function_in, std::vector<NodePtr> arguments_in)
      : function(function_in), arguments(std::move(arguments_in)) {}
  Dyn eval(const Scope& scope) const override {
    std::vector<Dyn> values;
    values.reserve(arguments.size());
    for (const NodePtr& argument : arguments) values.push_back(argument->eval(scope));
    return function.call(values);
  }
  const Function& function;
  std::vector<NodePtr> arguments;
};

struct If final : Expression::Node {
  explicit If(std::vector<NodePtr> parts_in) : parts(std::move(parts_in)) {}
  Dyn eval(const Scope& scope) const override { return parts[parts[0]->eval(scope).is_true() ? 1 : 2]->eval(scope); }
  std::vector<NodePtr> parts;
};

/// `and` stops at the first part that is not true, `or` at the first that is.
struct Logic final : Expression::Node {
  Logic(bool stop_at_in, std::vector<NodePtr> parts_in) : stop_at(stop_at_in), parts(std::move(parts_in)) {}
  Dyn eval(const Scope& scope) const override {
    for (const NodePtr& part : parts) {
      if (part->eval(scope).is_true() == stop_at) return Dyn(stop_at);
    }
    return Dyn(!stop_at);
  }
  bool stop_at;
  std::vector<NodePtr> parts;
};

struct Coalesce final : Expression::Node {
  explicit Coalesce(std::vector<NodePtr> parts_in) : parts(std::move(parts_in)) {}
  Dyn eval(const Scope& scope) const override {
    for (const NodePtr& part : parts) {
      Dyn value = part->eval(scope);
      if (!value.is_null()) return value;
    }
    return Dyn();
  }
  std::vector<NodePtr> parts;
};

Variable parse_variable(const std::string& name) {
  static const std::map<std::string, Variable> kNames = {{"$key", Variable::kKey},
                                                         {"$value", Variable::kValue},
                                                         {"$ts", Variable::kTs},
                                                         {"$agg", Variable::kAgg},
                                                         {"$left", Variable::kLeft},
                                                         {"$right", Variable::kRight},
                                                         {"$item", Variable::kItem},
                                                         {"$topic", Variable::kTopic},
                                                         {"$partitions", Variable::kPartitions},
                                                         {"$partition_time", Variable::kPartitionTime}};
  const auto found = kNames.find(name);
  if (found == kNames.end()) throw CaseError("unknown variable " + name);
  return found->second;
}

NodePtr compile_node(const Json& json);

NodePtr compile_call(const Json& json) {
  const auto name = json.at(0).get<std::string>();
  std::vector<NodePtr> arguments;
  for (std::size_t i = 1; i < json.size(); ++i) arguments.push_back(compile_node(json[i]));
  if (name == "if") {
    if (arguments.size() != 3) throw CaseError("if takes three arguments");
    return std::make_shared<If>(std::move(arguments));
  }
  if (name == "and" || name == "or") return std::make_shared<Logic>(name == "or", std::move(arguments));
  if (name == "coalesce") return std::make_shared<Coalesce>(std::move(arguments));
  const Function* function = find_function(name);
  if (function == nullptr) throw CaseError("unknown function " + name);
  if (arguments.size() < function->min_arguments || arguments.size() > function->max_arguments) {
    throw CaseError("wrong number of arguments of " + name);
  }
  return std::make_shared<Call>(*function, std::move(arguments));
}

NodePtr compile_node(const Json& json) {
  if (json.is_string()) {
    auto text = json.get<std::string>();
    if (text.starts_with('$')) return std::make_shared<Reference>(parse_variable(text));
    return std::make_shared<Constant>(Dyn(std::move(text)));
  }
  if (json.is_number_integer()) return std::make_shared<Constant>(Dyn(json.get<std::int64_t>()));
  if (json.is_number_float()) return std::make_shared<Constant>(Dyn(json.get<double>()));
  if (json.is_boolean()) return std::make_shared<Constant>(Dyn(json.get<bool>()));
  if (json.is_null()) return std::make_shared<Constant>(Dyn());
  if (json.is_array() && !json.empty() && json[0].is_string()) return compile_call(json);
  throw CaseError("not an expression: " + json.dump());
}

}  // namespace

Expression Expression::compile(const Json& json) { return Expression(compile_node(json)); }

Dyn Expression::eval(const Scope& scope) const { return node_->eval(scope); }

}  // namespace streams::conformance
