// Runs a pattern as an application: writes its sample records, prints what comes out, stops.
#pragma once

#include "pattern.hpp"

#include <string>
#include <vector>

namespace patterns {

struct RunOptions {
  std::string bootstrap_servers{};  ///< empty: a cluster inside this process
  bool keep_topics = false;         ///< on a real cluster: leave the pattern's topics there
  bool print = true;
};

/// What came out, in the order in which it was seen, and what the pattern was told when it asked. Throws
/// std::runtime_error if it does not come in half a minute.
std::vector<std::string> run(const Pattern& pattern, const RunOptions& options);

}  // namespace patterns
