// Runs a function in a process of its own: a case that crashes or never ends is a failure, not the end of the run.
#pragma once

#include <functional>
#include <string>

namespace streams::conformance {

struct Isolated {
  bool finished = false;
  std::string text;  ///< what the function gave, or how its process ended
};

/// The process is ended after this many seconds.
Isolated run_isolated(const std::function<std::string()>& function, unsigned seconds);

}  // namespace streams::conformance
