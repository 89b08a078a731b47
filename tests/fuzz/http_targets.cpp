// What HTTP requests ask for. Beast reads the lines before and after; see also tests/unit/http/garbage_test.cpp.
#include "fuzz_target.hpp"

#include <http/target.hpp>
#include <streams/http/client.hpp>

#include <algorithm>

namespace streams::fuzz {
namespace {

using http::escaped;
using http::unescaped;

const http::Routes& routes() {
  static const http::Routes all = [] {
    http::Routes out;
    const http::Handler nothing = [](const http::Request&, const http::Reply&) {};
    for (const char* pattern : {"/", "/a", "/a/{id}", "/a/{id}/b", "/{x}/b/{y}", "/{x}/{y}/{z}"}) {
      out.add("GET", pattern, nothing);
      out.add("POST", pattern, nothing);
    }
    return out;
  }();
  return all;
}

/// A route's names stand for parts of the path: escaped again, they are found again.
void same_route(const std::string& path) {
  const http::Routes::Match match = routes().find("GET", path);
  require(match.handler == nullptr || match.allowed.empty(), "a route fits and does not");
  for (const auto& [name, value] : match.parameters) {
    require(unescaped(escaped(value), false) == value, "a parameter changes when escaped");
  }
  require(routes().find("PUT", path).allowed == (match.handler != nullptr ? "GET, POST" : ""),
          "the methods of a path depend on the method");
}

void http_target(BytesView input) {
  const std::string target(input);
  http::Request request;
  if (!http::take_apart(target, request)) return;
  require(request.target == target, "a request forgets what it was asked");
  std::string again;
  for (const auto& [name, value] : request.query) {
    again.append(again.empty() ? "?" : "&").append(escaped(name)).append("=").append(escaped(value));
  }
  http::Request same;
  require(http::take_apart("/" + again, same) && same.query == request.query, "a query changes when rewritten");
  const std::string path = target.substr(0, target.find('?'));
  require(unescaped(path, false) == request.path, "a path is not what was sent");
  same_route(path);
}
std::vector<Bytes> http_target_seeds() {
  return {"/",
          "/a/7?timeout=100",
          "/a/%2F%41/b?x=%20&y=a+b&&z=&=",
          "/x/b/y?x=1&x=2",
          "//a//b//",
          "/a/%2?a=b",
          "/a?%zz",
          "http://host/a",
          "*"};
}

}  // namespace

std::vector<Target> http_targets() { return {{"http_target", http_target, http_target_seeds}}; }

}  // namespace streams::fuzz
