// The few client settings that mean something to the embedded cluster.
#include <streams/errors.hpp>

#include "client/embedded/cluster_state.hpp"

#include <charconv>
#include <utility>

namespace streams::client::embedded {

std::string setting(const Settings& settings, const std::string& name, std::string otherwise) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::move(otherwise) : found->second;
}

std::int64_t milliseconds_setting(const Settings& settings, const std::string& name, std::int64_t otherwise) {
  const auto found = settings.find(name);
  if (found == settings.end()) return otherwise;
  std::int64_t value = 0;
  const std::string& text = found->second;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || last != text.data() + text.size() || value <= 0) {
    throw ConfigError(name + " = '" + text + "': give a number of milliseconds above zero");
  }
  return value;
}

Isolation isolation_setting(const Settings& settings) {
  const std::string level = setting(settings, "isolation.level", "read_committed");
  if (level == "read_committed") return Isolation::kReadCommitted;
  if (level == "read_uncommitted") return Isolation::kReadUncommitted;
  throw ConfigError("isolation.level = '" + level + "': give read_committed or read_uncommitted");
}

}  // namespace streams::client::embedded
