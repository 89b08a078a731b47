// Counts which operators random cases had, and which of them gave records.
#pragma once

#include "dyn.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace streams::conformance {

class Coverage {
 public:
  /// `with_output`: ids of the results that gave records.
  void add(const Json& test_case, const std::vector<std::string>& with_output);
  /// A line for each operator: how many cases had it, and in how many its result had records.
  std::string table() const;
  /// Operators that never occurred, or whose results never had records.
  std::vector<std::string> missing() const;

 private:
  struct Count {
    std::uint64_t cases = 0, with_records = 0;
  };
  std::map<std::string, Count> counts_;
};

}  // namespace streams::conformance
