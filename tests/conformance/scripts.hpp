// The processors of the case language, written once for every kind of processor that the API has.
#pragma once

#include "op.hpp"
#include "store_views.hpp"

#include <streams/processor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace streams::conformance {

/// What a script sees of the processor that runs it.
class ScriptContext {
 public:
  virtual ~ScriptContext() = default;
  virtual ProcessingContext& task() = 0;
  virtual void forward(Record<Dyn, Dyn>&& record) = 0;
  virtual void forward(Record<Dyn, Dyn>&& record, const std::string& child) = 0;
};

/// What a processor of the case language does. One per processor and task.
class Script {
 public:
  virtual ~Script() = default;
  virtual void init(ScriptContext& /*context*/) {}
  virtual void process(Record<Dyn, Dyn>&& record, ScriptContext& context) = 0;
};

/// Whether the rows of a store hold headers; asked when tasks start.
using KeepsHeaders = std::function<bool(const std::string& store)>;

/// The script of an operation with a `processor`. Throws CaseError if there is none of that name.
std::unique_ptr<Script> make_script(const Json& op, const KeepsHeaders& keeps_headers);

using ScriptMaker = std::unique_ptr<Script> (*)(const Op& op, const KeepsHeaders& keeps_headers);
/// Null if there is no such processor.
ScriptMaker find_record_script(const std::string& name);
ScriptMaker find_store_script(const std::string& name);

}  // namespace streams::conformance
