// Scripts in the library's kinds of processors, and the stores that cases describe.
#pragma once

#include "binding.hpp"

#include <memory>
#include <vector>

namespace streams::conformance {

/// A store of `add_state_store`, `own_stores` and the Processor API.
StoreBuilder store_builder(const Op& store);

/// Gives processors that run the script of an operation, and brings the operation's `own_stores`.
class ScriptedSupplier {
 public:
  ScriptedSupplier(const Binding& binding, const Op& op);
  std::unique_ptr<Processor<Dyn, Dyn>> operator()() const;
  const std::vector<StoreBuilder>& stores() const { return stores_; }

 private:
  Json op_;
  KeepsHeaders keeps_headers_;
  std::vector<StoreBuilder> stores_;
};

class ScriptedFixedKeySupplier {
 public:
  ScriptedFixedKeySupplier(const Binding& binding, const Op& op);
  std::unique_ptr<FixedKeyProcessor<Dyn, Dyn>> operator()() const;
  const std::vector<StoreBuilder>& stores() const { return stores_; }

 private:
  Json op_;
  KeepsHeaders keeps_headers_;
  std::vector<StoreBuilder> stores_;
};

/// For tables: what the script forwards is the value; it may forward nothing, but not more than once.
class ScriptedTransformerSupplier {
 public:
  ScriptedTransformerSupplier(const Binding& binding, const Op& op);
  std::unique_ptr<ValueTransformerWithKey<Dyn, Dyn>> operator()() const;
  const std::vector<StoreBuilder>& stores() const { return stores_; }

 private:
  Json op_;
  KeepsHeaders keeps_headers_;
  std::vector<StoreBuilder> stores_;
};

}  // namespace streams::conformance
