// The known settings: names, defaults and what values they take.
#pragma once

#include <streams/client.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace streams::runtime {

enum class KeyKind { kText, kBool, kInteger, kChoice, kList, kClass, kIgnored, kRefused };

/// One of the library's own settings.
struct KeySpec {
  std::string_view name;
  KeyKind kind = KeyKind::kText;
  std::string_view fallback = {};  ///< default as text; empty: none
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  /// kChoice, kList, kClass: the values, separated by spaces. kIgnored, kRefused: why, and what to do instead.
  std::string_view allowed = {};
};

std::span<const KeySpec> library_keys();
const KeySpec* find_library_key(std::string_view name);
/// Throws ConfigError unless the value suits the key.
void check_value(const KeySpec& spec, const std::string& key, const std::string& value);
/// A class's simple name: what follows the last '.' or '$'.
std::string_view simple_name(std::string_view class_name);
/// The entries of a comma-separated list, without blanks around them.
std::vector<std::string> split_list(std::string_view text);
/// nullopt unless the whole text is a decimal number that fits.
std::optional<std::int64_t> parse_integer(std::string_view text);

enum class ClientRole { kConsumer, kProducer, kAdmin };

/// What is to be done with a client setting.
struct ClientKey {
  enum class Use { kUnknown, kOtherRole, kPass, kOurs, kRefused } use = Use::kUnknown;
  std::string why;  ///< kRefused: by whom it is set, what to do instead
};

/// How a client of this role takes a setting of this name (Java's or librdkafka's).
ClientKey classify_client_key(ClientRole role, std::string_view name);
/// Puts a setting that passes into `out` under librdkafka's name, with the unit that librdkafka takes.
void translate_client_setting(const std::string& name, const std::string& value, client::Settings& out);
/// Every known client setting's name, for hints.
std::vector<std::string_view> client_key_names();

/// The known key that is nearest to a misspelt one; empty if none is near.
std::string nearest_key(std::string_view misspelt);

}  // namespace streams::runtime
