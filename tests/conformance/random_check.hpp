// Runs a random case in all the ways that must agree.
#pragma once

#include "dyn.hpp"

#include <string>
#include <vector>

namespace streams::conformance {

struct CheckResult {
  std::string failure;                   ///< which runs differ and where; empty if all agree
  std::vector<std::string> with_output;  ///< results that gave records
  bool ends_with_error = false;          ///< in all runs alike
};

/// In a process of its own, so that a crash is a failure. What is compared of each result is in the case's `agree`;
/// random_generator.hpp says why.
CheckResult check_random_case(const Json& test_case);

/// A smaller case with the same failure, or the case itself.
Json shrunk(Json test_case);

}  // namespace streams::conformance
