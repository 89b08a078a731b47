// Metrics as text for Prometheus.
#include <streams/metrics.hpp>

#include <charconv>
#include <cmath>

namespace streams {

namespace {

/// Letters, digits and underscores.
std::string identifier(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += plain ? c : '_';
  }
  return out;
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out += out.back() == '{' ? "" : ",";
  out += identifier(name) + "=\"";
  append_escaped(out, value, true);
  out += '"';
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char buffer[32];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  }
}

void append_sample(std::string& out, const std::string& family, const Metric& metric) {
  const auto* text = std::get_if<std::string>(&metric.value);
  out += family;
  if (!metric.name.tags.empty() || text != nullptr) {
    out += '{';
    for (const auto& [name, value] : metric.name.tags) append_label(out, name, value);
    if (text != nullptr) append_label(out, "value", *text);
    out += '}';
  }
  out += ' ';
  if (text != nullptr) {
    out += '1';
  } else if (const auto* whole = std::get_if<std::int64_t>(&metric.value)) {
    out += std::to_string(*whole);
  } else {
    append_number(out, std::get<double>(metric.value));
  }
  out += '\n';
}

bool has_lines(const Metric& metric) {
  const auto* text = std::get_if<std::string>(&metric.value);
  return text != nullptr && text->find('\n') != std::string::npos;
}

}  // namespace

std::string prometheus_text(const std::vector<Metric>& metrics) {
  std::map<std::string, std::vector<const Metric*>> families;
  for (const Metric& metric : metrics) {
    if (has_lines(metric)) continue;
    families["kafka_streams_" + identifier(metric.name.group) + "_" + identifier(metric.name.name)].push_back(&metric);
  }
  std::string out;
  for (const auto& [family, members] : families) {
    out += "# HELP " + family + " ";
    append_escaped(out, members.front()->name.description, false);
    out += "\n# TYPE " + family + (members.front()->cumulative ? " counter\n" : " gauge\n");
    for (const Metric* metric : members) append_sample(out, family, *metric);
  }
  return out;
}

}  // namespace streams
