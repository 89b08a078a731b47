// Messages about damaged rows.
#include <state/damaged_row.hpp>

#include <streams/errors.hpp>

namespace streams::state {

std::string text_of_bytes(BytesView bytes) {
  static constexpr std::size_t kShown = 48;
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes.substr(0, kShown)) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  if (bytes.size() > kShown) text += "...";
  return text + (text.empty() ? "(" : " (") + std::to_string(bytes.size()) + " bytes)";
}

void throw_damaged_row(const std::string& store, BytesView row_key, std::string_view why) {
  throw StateError("State store " + store + " has a damaged row: key " + text_of_bytes(row_key) + ", " +
                   std::string(why) +
                   ". If a store of another kind had this name before, give the new one another name; otherwise remove "
                   "the task's directory below state.dir: the store is then restored from its changelog.");
}

void throw_short_changelog_key(const std::string& store, BytesView key, std::string_view what) {
  throw SerializationError("The changelog of state store " + store + " has a record with key " + text_of_bytes(key) +
                           ", which is too short: " + std::string(what) + ".");
}

}  // namespace streams::state
