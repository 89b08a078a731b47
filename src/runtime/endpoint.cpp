// Writing and reading application.server.
#include <runtime/endpoint.hpp>

#include <streams/streams_metadata.hpp>

#include <charconv>

namespace streams::runtime {

namespace {
constexpr char kMark[] = ";application.server=";
}

std::string client_id_with_endpoint(const std::string& client_id, const std::string& application_server) {
  return application_server.empty() ? client_id : client_id + kMark + application_server;
}

std::string endpoint_of_client_id(const std::string& client_id) {
  const std::size_t at = client_id.rfind(kMark);
  return at == std::string::npos ? std::string() : client_id.substr(at + sizeof(kMark) - 1);
}

bool is_endpoint(const std::string& application_server) {
  return application_server.empty() || HostInfo::parse(application_server) != HostInfo::unknown();
}

}  // namespace streams::runtime

namespace streams {

HostInfo HostInfo::parse(const std::string& endpoint) {
  const std::size_t scheme = endpoint.find("://");
  const std::size_t from = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string::npos || colon <= from) return unknown();
  HostInfo out{endpoint.substr(from, colon - from), -1};
  if (out.host.size() > 2 && out.host.front() == '[' && out.host.back() == ']')
    out.host = out.host.substr(1, out.host.size() - 2);
  const char* end = endpoint.data() + endpoint.size();
  const auto port = std::from_chars(endpoint.data() + colon + 1, end, out.port);
  if (port.ec != std::errc() || port.ptr != end || out.port < 0 || out.port > 65535) return unknown();
  return out;
}

}  // namespace streams
