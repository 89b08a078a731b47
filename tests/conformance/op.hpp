// An operation of a case with its parameters.
#pragma once

#include "dyn.hpp"
#include "expression.hpp"

#include <streams/name.hpp>
#include <streams/windows.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace streams::conformance {

/// Reads parameters of a JSON object; it must outlive the Op.
class Op {
 public:
  explicit Op(const Json& json) : json_(&json) {}

  const Json& json() const { return *json_; }
  std::string name() const { return text("op"); }
  bool has(const char* name) const { return json_->contains(name); }
  /// Throws CaseError if it is not there.
  const Json& at(const char* name) const {
    if (!has(name)) throw CaseError(std::string("no parameter ") + name + " in " + json_->dump());
    return json_->at(name);
  }
  Op part(const char* name) const { return Op(at(name)); }

  std::string text(const char* name) const { return at(name).get<std::string>(); }
  std::string text_or(const char* name, const std::string& fallback) const { return has(name) ? text(name) : fallback; }
  /// A name that may be absent.
  Name given(const char* name) const { return has(name) ? Name(text(name)) : Name(); }
  bool flag(const char* name, bool fallback = false) const { return has(name) ? at(name).get<bool>() : fallback; }
  std::int64_t number(const char* name) const { return at(name).get<std::int64_t>(); }
  std::int64_t number_or(const char* name, std::int64_t fallback) const { return has(name) ? number(name) : fallback; }
  Millis millis(const char* name) const { return Millis(number(name)); }
  std::optional<Millis> maybe_millis(const char* name) const {
    return has(name) ? std::optional(millis(name)) : std::nullopt;
  }
  std::vector<std::string> texts(const char* name) const {
    return has(name) ? at(name).get<std::vector<std::string>>() : std::vector<std::string>();
  }
  Type type(const char* name, const Type& fallback = {}) const {
    return has(name) ? Type::parse(text(name)) : fallback;
  }
  Expression expression(const char* name) const { return Expression::compile(at(name)); }
  std::optional<Expression> maybe_expression(const char* name) const {
    return has(name) ? std::optional(expression(name)) : std::nullopt;
  }

 private:
  const Json* json_;
};

}  // namespace streams::conformance
