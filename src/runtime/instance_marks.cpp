// Writing and reading what client.ids say of instances.
#include <runtime/instance_marks.hpp>

#include <streams/streams_metadata.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace streams::runtime {

namespace {

constexpr std::string_view kProcess = ";process=";
constexpr std::string_view kTags = ";tags=";
constexpr std::string_view kServer = ";application.server=";

/// Cuts off what follows the last occurrence of a mark, and the mark; empty if it is not there.
std::string cut(std::string& text, std::string_view mark) {
  const std::size_t at = text.rfind(mark);
  if (at == std::string::npos) return {};
  std::string out = text.substr(at + mark.size());
  text.resize(at);
  return out;
}

std::map<std::string, std::string> parse_tags(std::string_view text) {
  std::map<std::string, std::string> out;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(','));
    const std::size_t colon = entry.find(':');
    if (colon != std::string_view::npos)
      out.emplace(std::string(entry.substr(0, colon)), std::string(entry.substr(colon + 1)));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
  }
  return out;
}

}  // namespace

std::string client_id_with_marks(const std::string& client_id, const InstanceMarks& marks) {
  std::string out = client_id;
  if (!marks.process.empty()) out.append(kProcess).append(marks.process);
  std::string tags;
  for (const auto& [key, value] : marks.tags) tags += (tags.empty() ? "" : ",") + key + ":" + value;
  if (!marks.process.empty() && !tags.empty()) out.append(kTags).append(tags);
  if (!marks.application_server.empty()) out.append(kServer).append(marks.application_server);
  return out;
}

InstanceMarks marks_of_client_id(const std::string& client_id) {
  std::string rest = client_id;
  InstanceMarks out;
  out.application_server = cut(rest, kServer);
  out.tags = parse_tags(cut(rest, kTags));
  out.process = cut(rest, kProcess);
  return out;
}

std::string client_id_without_marks(const std::string& client_id) {
  std::string out = client_id;
  for (const std::string_view mark : {kServer, kTags, kProcess}) cut(out, mark);
  return out;
}

bool is_endpoint(const std::string& application_server) {
  return application_server.empty() || HostInfo::parse(application_server) != HostInfo::unknown();
}

bool is_tag(const std::string& text) { return !text.empty() && text.find_first_of(";,:=") == std::string::npos; }

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

std::string HostInfo::endpoint() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace streams
