// What stores hold, and what queries of them give, as the cases have it.
#pragma once

#include "dyn.hpp"

#include <streams/detail/task_context.hpp>
#include <streams/state_store.hpp>

#include <optional>
#include <vector>

namespace streams::conformance {

/// {"kind", "entries"} of a store; nullopt for stores that are compared by their changelog only.
/// `keys`: those whose versions are listed.
std::optional<Json> list_store(StateStore& store, const detail::StoreSpec& spec, const std::vector<Dyn>& keys);

/// The result of a store query of a case.
Json query_store(StateStore& store, const detail::StoreSpec& spec, const Json& query);

}  // namespace streams::conformance
