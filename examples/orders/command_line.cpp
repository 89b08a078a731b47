// Options of the programs, and how all of them end.
#include "command_line.hpp"

#include <streams/errors.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace orders {
namespace {

volatile std::sig_atomic_t signalled = 0;

std::string with_default(const std::string& help, const std::string& value) {
  return value.empty() ? help : help + " (" + value + ")";
}

template <class Number>
std::string shown(Number number) {
  std::ostringstream out;
  out << number;
  return out.str();
}

template <class Number>
std::function<void(const std::string&)> taker(const std::string& option, Number& variable, Number least, Number most) {
  return [option, &variable, least, most](const std::string& text) {
    Number value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, failed] = std::from_chars(text.data(), end, value);
    if (failed != std::errc() || rest != end || !(value >= least && value <= most)) {
      const char* kind = std::is_integral_v<Number> ? " takes a whole number from " : " takes a number from ";
      throw std::invalid_argument(option + kind + shown(least) + " to " + shown(most) + ", not '" + text + "'");
    }
    variable = value;
  };
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::map<std::string, std::string> read_settings(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::invalid_argument(path + " cannot be read");
  std::map<std::string, std::string> settings;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw std::invalid_argument(path + ":" + std::to_string(number) + ": not a setting (key=value): " + line);
    }
    settings[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
  }
  return settings;
}

}  // namespace

CommandLine::CommandLine(std::string program, std::string purpose)
    : program_(std::move(program)), purpose_(std::move(purpose)) {}

void CommandLine::value(const std::string& option, const std::string& placeholder,
                        std::function<void(const std::string&)> take, const std::string& help) {
  options_.push_back({option, placeholder, help, std::move(take)});
}

void CommandLine::text(const std::string& option, const std::string& placeholder, std::string& variable,
                       const std::string& help) {
  value(
      option, placeholder, [&variable](const std::string& text) { variable = text; }, with_default(help, variable));
}

void CommandLine::choice(const std::string& option, const std::vector<std::string>& choices, std::string& variable,
                         const std::string& help) {
  std::string list;
  for (const std::string& one : choices) list += (list.empty() ? "" : " or ") + one;
  const auto take = [option, choices, list, &variable](const std::string& text) {
    if (std::ranges::find(choices, text) == choices.end())
      throw std::invalid_argument(option + " is " + list + ", not '" + text + "'");
    variable = text;
  };
  value(option, "NAME", take, with_default(help + ": " + list, variable));
}

void CommandLine::number(const std::string& option, std::int64_t& variable, std::int64_t least, std::int64_t most,
                         const std::string& help) {
  value(option, "N", taker(option, variable, least, most), with_default(help, shown(variable)));
}

void CommandLine::number(const std::string& option, int& variable, int least, int most, const std::string& help) {
  value(option, "N", taker(option, variable, least, most), with_default(help, shown(variable)));
}

void CommandLine::number(const std::string& option, double& variable, double least, double most,
                         const std::string& help) {
  value(option, "N", taker(option, variable, least, most), with_default(help, shown(variable)));
}

void CommandLine::flag(const std::string& option, bool& variable, const std::string& help) {
  value(
      option, "", [&variable](const std::string&) { variable = true; }, help);
}

void CommandLine::settings(const std::string& option, std::map<std::string, std::string>& variable,
                           const std::map<std::string, std::string>& options, const std::string& help) {
  value(
      option, "FILE", [&variable](const std::string& path) { variable = read_settings(path); }, help);
  take_settings_ = [&variable, options](const CommandLine& line, const std::set<std::string>& given) {
    for (const auto& [key, name] : options) {
      const auto found = variable.find(key);
      if (found != variable.end() && !given.contains(name)) line.option(name).take(found->second);
    }
  };
}

const CommandLine::Option& CommandLine::option(const std::string& name) const {
  const auto found = std::ranges::find(options_, name, &Option::name);
  if (found == options_.end()) throw std::invalid_argument("unknown option: " + name);
  return *found;
}

void CommandLine::parse(const std::vector<std::string>& arguments) {
  std::set<std::string> given;
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (*argument == "--help" || *argument == "-h") {
      help_ = true;
      continue;
    }
    const Option& one = option(*argument);
    given.insert(one.name);
    if (one.placeholder.empty()) {
      one.take("");
      continue;
    }
    if (std::next(argument) == arguments.end()) throw std::invalid_argument(*argument + " needs a value");
    one.take(*++argument);
  }
  if (take_settings_) take_settings_(*this, given);
}

std::string CommandLine::usage() const {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Option& one : options_) {
    lines.emplace_back(one.placeholder.empty() ? one.name : one.name + " " + one.placeholder, one.help);
  }
  lines.emplace_back("--help", "this text");
  std::size_t width = 0;
  for (const auto& [left, right] : lines) width = std::max(width, left.size());
  std::string out = program_ + ": " + purpose_ + "\n\noptions:\n";
  for (const auto& [left, right] : lines) out += "  " + left + std::string(width + 2 - left.size(), ' ') + right + "\n";
  return out;
}

int run_program(CommandLine& line, int argc, char** argv, const std::function<int()>& run) {
  const auto ask_to_end = [](int signal) {
    signalled = 1;
    std::signal(signal, SIG_DFL);  // the second one does not ask
  };
  std::signal(SIGINT, ask_to_end);
  std::signal(SIGTERM, ask_to_end);
  const auto failed = [&](const std::exception& error, int code) {
    std::fprintf(stderr, "%s: %s\n", line.program().c_str(), error.what());
    return code;
  };
  try {
    line.parse({argv + 1, argv + argc});
  } catch (const std::invalid_argument& error) {
    failed(error, 2);
    std::fprintf(stderr, "\n%s", line.usage().c_str());
    return 2;
  }
  if (line.wants_help()) {
    std::fputs(line.usage().c_str(), stdout);
    return 0;
  }
  try {
    return run();
  } catch (const streams::ConfigError& error) {
    return failed(error, 2);
  } catch (const streams::InvalidArgument& error) {
    return failed(error, 2);
  } catch (const std::exception& error) {
    return failed(error, 1);
  }
}

bool interrupted() { return signalled != 0; }

}  // namespace orders
