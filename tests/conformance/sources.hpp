// What sources of the DSL and of the Processor API have in common.
#pragma once

#include "op.hpp"

#include <streams/detail/topology_plan.hpp>

#include <optional>

namespace streams::conformance {

/// `offset_reset` of a source; nullopt if it has none.
std::optional<AutoOffsetReset> offset_reset(const Op& op);

}  // namespace streams::conformance
