// Options of the programs: declared once, for reading them and for --help; and how all of them end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace orders {

/// Each option gives its variable another value. What the variable has when the option is declared is the default;
/// --help shows it.
class CommandLine {
 public:
  CommandLine(std::string program, std::string purpose);

  void text(const std::string& option, const std::string& placeholder, std::string& variable, const std::string& help);
  void choice(const std::string& option, const std::vector<std::string>& choices, std::string& variable,
              const std::string& help);
  void number(const std::string& option, std::int64_t& variable, std::int64_t least, std::int64_t most,
              const std::string& help);
  void number(const std::string& option, int& variable, int least, int most, const std::string& help);
  void number(const std::string& option, double& variable, double least, double most, const std::string& help);
  /// `take` gets the value, and throws std::invalid_argument if it makes no sense.
  void value(const std::string& option, const std::string& placeholder, std::function<void(const std::string&)> take,
             const std::string& help);
  /// Takes a file of settings: lines "key=value"; empty ones and those that begin with # do not count. Those that have
  /// an option of their own (`options`, by key) are its value, unless it is given.
  void settings(const std::string& option, std::map<std::string, std::string>& variable,
                const std::map<std::string, std::string>& options, const std::string& help);
  void flag(const std::string& option, bool& variable, const std::string& help);

  /// Throws std::invalid_argument: which option, what is wrong with it.
  void parse(const std::vector<std::string>& arguments);
  bool wants_help() const { return help_; }
  const std::string& program() const { return program_; }
  std::string usage() const;

 private:
  struct Option {
    std::string name, placeholder, help;
    std::function<void(const std::string&)> take;
  };
  const std::string program_, purpose_;
  const Option& option(const std::string& name) const;

  std::vector<Option> options_;
  std::function<void(const CommandLine& line, const std::set<std::string>& given)> take_settings_;
  bool help_ = false;
};

/// A main function: reads the options, then runs. Gives the exit code: that of `run`; 0 after --help; 2 for a command
/// line or settings that make no sense, 1 for anything else that is thrown. What was wrong goes to standard error.
int run_program(CommandLine& line, int argc, char** argv, const std::function<int()>& run);

/// Whether SIGINT or SIGTERM came since run_program() began. A second one ends the process at once.
bool interrupted();

}  // namespace orders
