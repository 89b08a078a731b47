// The expressions of the cases: compiled once to a tree, evaluated per record.
#pragma once

#include "dyn.hpp"

#include <array>
#include <initializer_list>
#include <memory>
#include <span>

namespace streams::conformance {

enum class Variable { kKey, kValue, kTs, kAgg, kLeft, kRight, kItem, kTopic, kPartitions, kPartitionTime };
inline constexpr std::size_t kVariables = 10;

/// Values of variables; one that is not set is null. Keeps pointers: what is bound must outlive it.
class Scope {
 public:
  Scope& bind(Variable variable, const Dyn* value) {
    values_[static_cast<std::size_t>(variable)] = value;
    return *this;
  }
  Scope& bind(Variable variable, const Dyn& value) { return bind(variable, &value); }
  Scope& bind(Variable variable, const std::optional<Dyn>& value) { return bind(variable, value ? &*value : nullptr); }
  const Dyn* get(Variable variable) const { return values_[static_cast<std::size_t>(variable)]; }

 private:
  std::array<const Dyn*, kVariables> values_{};
};

/// A compiled expression. Cheap to copy; may be used from several tasks.
class Expression {
 public:
  struct Node;

  /// Throws CaseError for an unknown function, variable or number of arguments.
  static Expression compile(const Json& json);

  /// Throws UserError where the expression says `fail`.
  Dyn eval(const Scope& scope) const;
  std::optional<Dyn> get(const Scope& scope) const { return to_optional(eval(scope)); }
  bool holds(const Scope& scope) const { return eval(scope).is_true(); }

 private:
  explicit Expression(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  std::shared_ptr<const Node> node_;
};

/// A function whose arguments are all evaluated before the call.
struct Function {
  std::size_t min_arguments;
  std::size_t max_arguments;
  Dyn (*call)(std::span<const Dyn> arguments);
};
/// Null if there is no such function.
const Function* find_function(const std::string& name);

}  // namespace streams::conformance
