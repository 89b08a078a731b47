// What a request asks for, and which route fits.
#include "http/target.hpp"

#include <streams/errors.hpp>
#include <streams/http/client.hpp>

#include <gtest/gtest.h>

namespace streams::http {
namespace {

Handler nothing() {
  return [](const Request&, const Reply&) {};
}

TEST(HttpTarget, PathAndQueryAreDecoded) {
  Request request;
  ASSERT_TRUE(take_apart("/a%20b/c%2Fd?x=1&y=a+b%26c&x=2&flag&=&&z=", request));
  EXPECT_EQ(request.path, "/a b/c/d");
  EXPECT_EQ(request.query,
            (std::map<std::string, std::string>{{"", ""}, {"x", "2"}, {"y", "a b&c"}, {"flag", ""}, {"z", ""}}));
}

TEST(HttpTarget, WrongEscapesAndTargetsThatAreNoPathAreRefused) {
  for (const char* target : {"", "*", "a", "/%", "/%1", "/%zz", "/a?x=%g0", "/a?%=1", "http://h/a"}) {
    Request request;
    EXPECT_FALSE(take_apart(target, request)) << target;
  }
}

TEST(HttpTarget, EscapedTextsComeBack) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(unescaped(escaped(all), true), all);
  EXPECT_EQ(escaped("ord-7/x y"), "ord-7%2Fx%20y");
}

TEST(HttpRoutes, GivenPartsWinOverNames) {
  Routes routes;
  routes.add("GET", "/orders/{id}", nothing());
  routes.add("GET", "/orders/latest", nothing());
  routes.add("GET", "/{what}/latest", nothing());
  EXPECT_TRUE(routes.find("GET", "/orders/latest/").parameters.empty());
  EXPECT_EQ(routes.find("GET", "/orders/7").parameters.at("id"), "7");
  EXPECT_EQ(routes.find("GET", "/a%2Fb/latest").parameters.at("what"), "a/b");
}

TEST(HttpRoutes, SayWhichMethodsAPathTakes) {
  Routes routes;
  routes.add("POST", "/orders", nothing());
  routes.add("GET", "/orders/", nothing());
  EXPECT_EQ(routes.find("PUT", "/orders").allowed, "GET, POST");
  routes.add("GET", "/{all}", nothing());
  EXPECT_EQ(routes.find("PUT", "/orders").allowed, "GET, POST") << "each once";
  EXPECT_EQ(routes.find("PUT", "/orders/1").allowed, "");
  EXPECT_EQ(routes.find("PUT", "/orders/1").handler, nullptr);
}

TEST(HttpRoutes, MistakesAreRefused) {
  Routes routes;
  routes.add("GET", "/a/{id}", nothing());
  EXPECT_THROW(routes.add("GET", "/a/{id}/", nothing()), InvalidArgument);
  EXPECT_THROW(routes.add("GET", "a", nothing()), InvalidArgument);
  EXPECT_THROW(routes.add("GET", "/{a", nothing()), InvalidArgument);
  EXPECT_THROW(routes.add("GET", "/b", nullptr), InvalidArgument);
}

}  // namespace
}  // namespace streams::http
