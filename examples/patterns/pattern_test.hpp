// Runs a pattern's own sample records through the test driver: no cluster, no thread, the same results every time.
#pragma once

#include "pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace patterns {

/// What comes out of each step, as `patterns NAME` prints it; checks that each step gives as many results as the
/// program waits for.
std::vector<std::string> results_of(const std::string& pattern);

}  // namespace patterns
