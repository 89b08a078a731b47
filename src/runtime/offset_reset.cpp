// Parsing of auto.offset.reset.
#include <runtime/offset_reset.hpp>

#include <array>
#include <charconv>
#include <limits>

namespace streams::runtime {

namespace {

struct Unit {
  char letter;
  bool of_day;  ///< stands behind the T
  std::int64_t ms;
};
constexpr std::array<Unit, 4> kUnits = {
    {{'D', false, 86400000}, {'H', true, 3600000}, {'M', true, 60000}, {'S', true, 1000}}};
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// Takes digits from the front; nullopt if there are none or too many.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !is_digit(text.front())) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// Takes ".5" as 500; seconds have up to nine places, of which three count.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  std::int64_t ms = 0;
  std::int64_t place = 100;
  std::size_t digits = 0;
  for (text.remove_prefix(1); !text.empty() && is_digit(text.front()); text.remove_prefix(1), place /= 10) {
    ms += (text.front() - '0') * place;
    if (++digits > 9) return std::nullopt;
  }
  return ms;
}

}  // namespace

std::optional<AutoOffsetReset> parse_offset_reset(std::string_view text) {
  constexpr std::string_view kByDuration = "by_duration:";
  if (text == "earliest") return AutoOffsetReset::earliest();
  if (text == "latest") return AutoOffsetReset::latest();
  if (text == "none") return AutoOffsetReset::none();
  if (!text.starts_with(kByDuration)) return std::nullopt;
  const auto duration = parse_iso_duration(text.substr(kByDuration.size()));
  if (!duration) return std::nullopt;
  return AutoOffsetReset::by_duration(std::chrono::milliseconds(*duration));
}

std::optional<std::int64_t> parse_iso_duration(std::string_view text) {
  if (text.empty() || upper(text.front()) != 'P') return std::nullopt;
  text.remove_prefix(1);
  std::int64_t total = 0;
  bool of_day = false;
  bool wants_part = true;  // behind P and T
  std::size_t next_unit = 0;
  while (!text.empty()) {
    if (!of_day && upper(text.front()) == 'T') {
      of_day = wants_part = true;
      text.remove_prefix(1);
      continue;
    }
    const auto number = take_number(text);
    if (!number || text.empty()) return std::nullopt;
    std::int64_t fraction = 0;
    const bool fractional = text.front() == '.' || text.front() == ',';
    if (fractional) {
      const auto taken = take_fraction(text);
      if (!taken || text.empty()) return std::nullopt;
      fraction = *taken;
    }
    std::size_t unit = next_unit;
    while (unit < kUnits.size() && (kUnits[unit].letter != upper(text.front()) || kUnits[unit].of_day != of_day))
      ++unit;
    if (unit == kUnits.size() || (fractional && kUnits[unit].letter != 'S')) return std::nullopt;
    if (*number > (kMost - total - fraction) / kUnits[unit].ms) return std::nullopt;
    total += *number * kUnits[unit].ms + fraction;
    next_unit = unit + 1;
    wants_part = false;
    text.remove_prefix(1);
  }
  return wants_part ? std::nullopt : std::optional(total);
}

}  // namespace streams::runtime
