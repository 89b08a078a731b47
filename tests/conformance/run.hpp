// Runs a case on the test driver and writes down what comes out.
#pragma once

#include "dyn.hpp"

namespace streams::conformance {

struct RunOptions {
  bool in_memory = false;  ///< databases of persistent stores are in memory
};

/// What the case gives, in the shape of its `expect`. Beside the steps of the language there is {"restart": true}: the
/// application is stopped and started again on its state. Throws NotSupported or CaseError where it cannot be run.
Json run_case(const Json& test_case, const RunOptions& options = {});

}  // namespace streams::conformance
