// Runs a case on the test driver and writes down what comes out.
#pragma once

#include "dyn.hpp"

namespace streams::conformance {

/// What the case gives, in the shape of its `expect`. Throws NotSupported or CaseError where it cannot be run.
Json run_case(const Json& test_case);

}  // namespace streams::conformance
