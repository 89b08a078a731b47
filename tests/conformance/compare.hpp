// Comparison of what a case gave with what it must give, by the rules of the language.
#pragma once

#include "dyn.hpp"

#include <optional>
#include <string>

namespace streams::conformance {

/// The first difference between what must come out and what did, in words; nullopt if there is none.
/// Both are objects as `expect` in a case; parts that `expected` does not have are not looked at.
/// `queries` is the list of queries of the case: results of some are sets.
std::optional<std::string> first_difference(const Json& expected, const Json& actual, const Json& queries);

}  // namespace streams::conformance
