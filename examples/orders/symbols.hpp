// Enums as the names of their symbols, in JSON and in texts.
#pragma once

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace orders {

/// An enum 0, 1, 2, ... with a function symbols_of(E) that gives the names in that order.
template <class E>
concept Symbolic = std::is_enum_v<E> && requires(E value) {
  symbols_of(value)[0];
};

template <Symbolic E>
std::string text_of(E value) {
  return std::string(symbols_of(value).at(static_cast<std::size_t>(value)));
}

/// Throws std::invalid_argument, which lists the symbols there are: an unknown one must never pass for another.
template <Symbolic E>
E symbol_from(std::string_view text) {
  const auto symbols = symbols_of(E{});
  std::string known;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    if (symbols[i] == text) return static_cast<E>(i);
    known.append(known.empty() ? "" : ", ").append(symbols[i]);
  }
  throw std::invalid_argument("'" + std::string(text) + "' is none of " + known);
}

template <Symbolic E>
void to_json(nlohmann::json& json, E value) {
  json = text_of(value);
}
template <Symbolic E>
void from_json(const nlohmann::json& json, E& value) {
  value = symbol_from<E>(json.get_ref<const std::string&>());
}

}  // namespace orders
