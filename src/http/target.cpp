// Taking apart what a request asks for, and finding the route for it.
#include "http/target.hpp"

#include <streams/errors.hpp>
#include <streams/http/client.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace streams::http {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_name(std::string_view part) { return part.size() > 2 && part.front() == '{' && part.back() == '}'; }

/// Fits a given part before any name, from left to right.
bool goes_first(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](const auto& x, const auto& y) { return is_name(x) < is_name(y); });
}

}  // namespace

std::optional<std::string> unescaped(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string escaped(const std::string& text) {
  constexpr std::array digits{'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

std::vector<std::string_view> parts_of(std::string_view path) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

bool take_apart(std::string_view target, Request& request) {
  if (target.empty() || target.front() != '/') return false;
  request.target = target;
  const std::size_t mark = target.find('?');
  auto path = unescaped(target.substr(0, mark), false);
  if (!path) return false;
  request.path = *std::move(path);
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = unescaped(pair.substr(0, equals), true);
    const auto value = unescaped(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return false;
    request.query[*name] = *value;
  }
  return true;
}

void Routes::add(const std::string& method, const std::string& pattern, Handler handler) {
  if (!handler) throw InvalidArgument("Route " + method + " " + pattern + " has no handler.");
  if (pattern.empty() || pattern.front() != '/')
    throw InvalidArgument("The pattern of a route begins with '/', not as '" + pattern + "'.");
  Route route;
  for (const std::string_view part : parts_of(pattern)) {
    if (part.find_first_of("{}") != std::string_view::npos && !is_name(part))
      throw InvalidArgument("In route " + pattern + ", '" + std::string(part) + "' is no name: \"{id}\" is one.");
    route.parts.emplace_back(part);
  }
  const auto same =
      std::find_if(routes_.begin(), routes_.end(), [&](const Route& r) { return r.parts == route.parts; });
  if (same != routes_.end()) {
    if (!same->handlers.emplace(method, std::move(handler)).second)
      throw InvalidArgument("There are two routes " + method + " " + pattern + ".");
    return;
  }
  route.handlers.emplace(method, std::move(handler));
  const auto behind =
      std::find_if(routes_.begin(), routes_.end(), [&](const Route& r) { return goes_first(route.parts, r.parts); });
  routes_.insert(behind, std::move(route));
}

Routes::Match Routes::find(const std::string& method, std::string_view path) const {
  const auto parts = parts_of(path);
  std::set<std::string> allowed;
  for (const Route& route : routes_) {
    if (route.parts.size() != parts.size()) continue;
    std::map<std::string, std::string> parameters;
    bool fits = true;
    for (std::size_t i = 0; fits && i < parts.size(); ++i) {
      const std::string& part = route.parts[i];
      const auto text = unescaped(parts[i], false);
      fits = text && (is_name(part) || part == *text);
      if (fits && is_name(part)) parameters[part.substr(1, part.size() - 2)] = *text;
    }
    if (!fits) continue;
    if (const auto handler = route.handlers.find(method); handler != route.handlers.end())
      return {&handler->second, std::move(parameters), {}};
    for (const auto& [name, unused] : route.handlers) allowed.insert(name);
  }
  Match match;
  for (const std::string& name : allowed) match.allowed.append(match.allowed.empty() ? "" : ", ").append(name);
  return match;
}

}  // namespace streams::http
