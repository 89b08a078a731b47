// Taking apart what a request asks for, and finding the route for it. No network here.
#pragma once

#include <streams/http/message.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace streams::http {

/// "%2F" becomes "/", and "+" a space if `plus_is_space`. nullopt for an escape that is none.
std::optional<std::string> unescaped(std::string_view text, bool plus_is_space);

/// Parts of a path between slashes, not decoded; without empty ones at either end.
std::vector<std::string_view> parts_of(std::string_view path);

/// Fills path and query from the target; false for a target that is no path or has a wrong escape.
bool take_apart(std::string_view target, Request& request);

/// Handlers by method and pattern.
class Routes {
 public:
  void add(const std::string& method, const std::string& pattern, Handler handler);

  struct Match {
    const Handler* handler = nullptr;                 ///< null: nothing fits
    std::map<std::string, std::string> parameters{};  ///< decoded
    std::string allowed{};                            ///< methods of the path, if only the method does not fit
  };
  /// For a path as it was sent, without the query.
  Match find(const std::string& method, std::string_view path) const;

 private:
  struct Route {
    std::vector<std::string> parts;  ///< "{id}" for any
    std::map<std::string, Handler> handlers;
  };
  std::vector<Route> routes_;  ///< those with more given parts first
};

}  // namespace streams::http
