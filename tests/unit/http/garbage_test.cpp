// Requests that are damaged at random: the server answers or closes, and lives on.
#include "raw_socket.hpp"

#include <streams/http/client.hpp>
#include <streams/http/server.hpp>

#include <gtest/gtest.h>

#include <random>

namespace streams::http {
namespace {

std::string damaged(std::mt19937& random) {
  static const std::vector<std::string> requests{
      "GET /a/1?x=%20&timeout=5 HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST /a/1 HTTP/1.1\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n{\"id\":\"7\"}x",
      "PUT /a/1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
      "HEAD /a/%41 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /a/2 HTTP/1.1\r\n\r\n"};
  std::string bytes = requests[random() % requests.size()];
  for (unsigned changes = random() % 6; changes > 0; --changes) {
    const std::size_t at = random() % (bytes.size() + 1);
    switch (random() % 4) {
      case 0:
        bytes.insert(at, 1, static_cast<char>(random()));
        break;
      case 1:
        bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 20));
        break;
      case 2:
        bytes.erase(at, random() % 8);
        break;
      default:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random());
    }
    if (bytes.empty()) bytes = "x";
  }
  return bytes;
}

TEST(HttpGarbage, IsAnsweredOrClosedAndTheServerLivesOn) {
  Server server({.read_timeout = std::chrono::milliseconds(500)});
  for (const char* method : {"GET", "POST", "PUT"}) {
    server.route(method, "/a/{id}",
                 [](const Request& request, const Reply& reply) { reply.send({.body = request.body}); });
  }
  server.start();
  std::mt19937 random(7);
  for (int i = 0; i < 1500; ++i) {
    RawSocket socket(server.address());
    ASSERT_TRUE(socket.connected());
    socket.send(damaged(random));
    socket.end_sending();
    if (random() % 4 == 0) continue;  // leaves without waiting for an answer
    const std::string answer = socket.receive_all();
    ASSERT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 ")) << i << ": " << answer;
  }
  const auto answer = Client(server.address()).send({.target = "/a/1"});
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(answer.value().status, 200);
}

}  // namespace
}  // namespace streams::http
