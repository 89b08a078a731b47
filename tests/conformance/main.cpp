// conformance_runner: runs conformance cases and compares, or shows what comes out.
//
//   conformance_runner FILE…            prints "N passed, N failed" and for each failure the first difference
//   conformance_runner --actual FILE…   prints a JSON line {"name", "actual"} for each case
//   --pending LIST                      cases that cannot pass yet: a JSON object of reasons, each with its list of
//   cases
//   --list-failures                     prints the failures as such an object
#include "compare.hpp"
#include "isolate.hpp"
#include "run.hpp"

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace streams::conformance {
namespace {

constexpr unsigned kSecondsPerCase = 60;

struct Arguments {
  std::vector<std::string> files;
  std::string pending = CONFORMANCE_DIR "/pending.json";
  bool actual = false;
  bool list_failures = false;
};

Arguments parse(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string value = values[i];
    if (value == "--actual") {
      arguments.actual = true;
    } else if (value == "--list-failures") {
      arguments.list_failures = true;
    } else if (value == "--pending" && i + 1 < count) {
      arguments.pending = values[++i];
    } else if (value.starts_with("--")) {
      throw std::invalid_argument("unknown option " + value);
    } else {
      arguments.files.push_back(value);
    }
  }
  if (arguments.files.empty()) throw std::invalid_argument("no case files");
  return arguments;
}

Json read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return Json::parse(file);
}

/// {"actual"} or, where the case cannot be run, {"failure"}.
Json outcome_of(const Json& test_case) {
  const Isolated result = run_isolated(
      [&]() -> std::string {
        Json outcome;
        try {
          outcome["actual"] = run_case(test_case);
        } catch (const std::exception& e) {
          outcome["failure"] = e.what();
        }
        return outcome.dump(-1, ' ', false, Json::error_handler_t::replace);
      },
      kSecondsPerCase);
  return result.finished ? Json::parse(result.text) : Json{{"failure", result.text}};
}

/// Why the case does not pass; empty if it does.
std::string failure_of(const Json& test_case, const Json& outcome) {
  if (outcome.contains("failure")) return outcome.at("failure").get<std::string>();
  return first_difference(test_case.at("expect"), outcome.at("actual"), test_case.value("queries", Json::array()))
      .value_or("");
}

/// True if every case could be run.
bool show_actual(const Arguments& arguments) {
  bool complete = true;
  for (const std::string& path : arguments.files) {
    const Json test_case = read_json(path);
    Json line = outcome_of(test_case);
    if (line.contains("failure")) complete = false;
    line["name"] = test_case.at("name");
    std::cout << line.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
  }
  return complete;
}

/// Names of the cases in a list of reasons.
std::set<std::string> names_in(const Json& reasons) {
  std::set<std::string> names;
  for (const auto& [reason, cases] : reasons.items()) {
    for (const Json& name : cases) names.insert(name.get<std::string>());
  }
  return names;
}

/// True if all cases pass but those that are pending, and none of these does.
bool check(const Arguments& arguments) {
  const std::set<std::string> pending =
      names_in(arguments.list_failures ? Json::object() : read_json(arguments.pending));
  Json failures = Json::object();
  std::size_t passed = 0, failed = 0, still_pending = 0;
  for (const std::string& path : arguments.files) {
    const Json test_case = read_json(path);
    const auto name = test_case.at("name").get<std::string>();
    std::string failure = failure_of(test_case, outcome_of(test_case));
    if (pending.count(name) > 0) {
      if (!failure.empty()) {
        ++still_pending;
        continue;
      }
      failure = "it passes: remove it from the list of pending cases";
    }
    if (failure.empty()) {
      ++passed;
    } else {
      ++failed;
      failures[failure].push_back(name);
      if (!arguments.list_failures) std::cout << name << ": " << failure << std::endl;
    }
  }
  if (arguments.list_failures) {
    std::cout << failures.dump(1, ' ', false, Json::error_handler_t::replace) << std::endl;
  } else {
    std::cout << passed << " passed, " << failed << " failed";
    if (still_pending > 0) std::cout << ", " << still_pending << " pending";
    std::cout << std::endl;
  }
  return failed == 0;
}

}  // namespace
}  // namespace streams::conformance

int main(int count, char** values) {
  using namespace streams::conformance;
  try {
    const Arguments arguments = parse(count, values);
    return (arguments.actual ? show_actual(arguments) : check(arguments)) ? 0 : 1;
  } catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
    return 2;
  }
}
