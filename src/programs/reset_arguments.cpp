// Reading the command line of streams-application-reset.
#include "reset_arguments.hpp"

#include <streams/errors.hpp>

#include <charconv>
#include <chrono>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <sstream>

namespace streams::programs {

const char* const kResetUsage =
    "usage: streams-application-reset --application-id ID [OPTION...]\n"
    "\n"
    "Lets an application read its input again: sets the committed offsets of its input topics and deletes its "
    "internal\n"
    "topics (changelogs, repartition topics). All its instances must be closed. Output topics stay as they are, and "
    "so\n"
    "does state on disks: call KafkaStreams::clean_up() on each instance before it starts again.\n"
    "What is done cannot be undone: look at it with --dry-run first.\n"
    "\n"
    "  --bootstrap-server HOST:PORT,...  the cluster (default localhost:9092)\n"
    "  --command-config FILE             settings of the clients, a line \"name=value\" each, by librdkafka's names\n"
    "  --input-topics TOPIC,...          whose offsets are set. Where to, at most one of:\n"
    "    --to-earliest                     the first record (default)\n"
    "    --to-latest                       behind the last one\n"
    "    --to-offset N                     this offset, in every partition\n"
    "    --shift-by N                      so many records on from the committed offset; back if negative\n"
    "    --to-datetime TIME                the first record not older: 2026-11-22T01:30:00.000, UTC or with +01:00\n"
    "    --by-duration DURATION            the first record not older than that: P7D, PT2H30M\n"
    "    --from-file FILE                  lines \"topic,partition,offset\", one for each partition\n"
    "  --internal-topics TOPIC,...       deletes only these of the internal topics\n"
    "  --dry-run                         shows what would be done\n"
    "  --help\n"
    "\n"
    "Ends with 0 if it is done, 1 if it failed, 2 for a command line that makes no sense.\n";

namespace {

/// Takes a text apart from its front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  char next() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char c) {
    if (next() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// At least one digit, at most `most`; nothing else, and no number that does not fit.
  std::optional<std::int64_t> digits(std::size_t most = 18) {
    const std::size_t count = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    if (count == 0 || count > most) return std::nullopt;
    std::int64_t number = 0;
    for (const char c : rest_.substr(0, count)) number = 10 * number + (c - '0');
    rest_.remove_prefix(count);
    taken_ = count;
    return number;
  }
  /// What follows a '.', if that is next: up to three digits, as thousandths.
  std::optional<std::int64_t> thousandths() {
    if (!take('.')) return 0;
    std::optional<std::int64_t> number = digits(3);
    for (std::size_t i = taken_; number && i < 3; ++i) *number *= 10;
    return number;
  }

 private:
  std::string_view rest_;
  std::size_t taken_ = 0;  ///< digits in the last number
};

/// Of exactly so many digits, from `least` to `most`.
std::optional<int> field(Scanner& scanner, std::size_t count, int least, int most) {
  int number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = scanner.next();
    if (c < '0' || c > '9') return std::nullopt;
    scanner.take(c);
    number = 10 * number + (c - '0');
  }
  if (number < least || number > most) return std::nullopt;
  return number;
}

/// Minutes east of Greenwich. Nothing stands for 0.
std::optional<int> zone(Scanner& scanner) {
  if (scanner.done() || (scanner.take('Z') && scanner.done())) return 0;
  const char sign = scanner.next();
  if (!scanner.take('+') && !scanner.take('-')) return std::nullopt;
  const auto hours = field(scanner, 2, 0, 18);
  if (!hours) return std::nullopt;
  std::optional<int> minutes = 0;
  if (!scanner.done()) {
    scanner.take(':');
    minutes = field(scanner, 2, 0, 59);
  }
  if (!minutes || !scanner.done()) return std::nullopt;
  return (sign == '-' ? -1 : 1) * (60 * *hours + *minutes);
}

std::optional<Timestamp> datetime(Scanner scanner) {
  const auto year = field(scanner, 4, 1, 9999);
  if (!year || !scanner.take('-')) return std::nullopt;
  const auto month = field(scanner, 2, 1, 12);
  if (!month || !scanner.take('-')) return std::nullopt;
  const auto day = field(scanner, 2, 1, 31);
  if (!day || !scanner.take('T')) return std::nullopt;
  const auto hour = field(scanner, 2, 0, 23);
  if (!hour || !scanner.take(':')) return std::nullopt;
  const auto minute = field(scanner, 2, 0, 59);
  if (!minute || !scanner.take(':')) return std::nullopt;
  const auto second = field(scanner, 2, 0, 59);
  if (!second) return std::nullopt;
  const auto ms = scanner.thousandths();
  if (!ms) return std::nullopt;
  const auto east = zone(scanner);
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!east || !date.ok()) return std::nullopt;
  const auto time = std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute - *east) +
                    std::chrono::seconds(*second);
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count() + *ms;
}

/// "P[nD][T[nH][nM][n[.n]S]]", something of it.
std::optional<std::int64_t> duration(Scanner scanner) {
  constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
  constexpr std::int64_t kMostDigits = 9;  // 10^9 days are less than 2^63 ms
  if (!scanner.take('P')) return std::nullopt;
  std::string_view units = "DHMS";
  std::int64_t sum = 0;
  bool in_time = false, any = false;
  while (!scanner.done()) {
    if (!in_time && scanner.take('T')) {
      in_time = true;
      any = false;
    }
    const auto number = scanner.digits(kMostDigits);
    if (!number) return std::nullopt;
    const bool fraction = scanner.next() == '.';
    const auto ms = scanner.thousandths();
    const std::size_t unit = units.find(scanner.next());
    if (!ms || unit == std::string_view::npos || (scanner.next() == 'D') == in_time) return std::nullopt;
    if (fraction && scanner.next() != 'S') return std::nullopt;
    sum += *number * (scanner.next() == 'D'   ? kDay
                      : scanner.next() == 'H' ? kHour
                      : scanner.next() == 'M' ? kMinute
                                              : kSecond) +
           *ms;
    scanner.take(scanner.next());
    units.remove_prefix(unit + 1);
    any = true;
  }
  if (!any) return std::nullopt;
  return sum;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> names(const std::string& option, const std::string& text) {
  std::vector<std::string> list;
  std::istringstream stream(text);
  for (std::string name; std::getline(stream, name, ',');) {
    if (!name.empty()) list.push_back(name);
  }
  if (list.empty()) throw InvalidArgument(option + " names no topic.");
  return list;
}

std::string contents(const std::string& option, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || !text) throw InvalidArgument(option + ": the file " + path + " cannot be read.");
  return text.str();
}

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

/// Calls `take` with each line that says something and its number.
void for_lines(std::string_view text, const std::function<void(const std::string& line, int number)>& take) {
  std::istringstream stream{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    line = trimmed(line);
    if (!line.empty() && line.front() != '#') take(line, number);
  }
}

client::Settings parse_settings(const std::string& option, const std::string& path) {
  client::Settings settings;
  for_lines(contents(option, path), [&](const std::string& line, int number) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw InvalidArgument(option + ": line " + std::to_string(number) + " of " + path + " is not name=value.");
    }
    settings[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
  });
  return settings;
}

class Parser {
 public:
  Parser(const std::vector<std::string>& words, Timestamp now) : words_(words), now_(now) {}

  ResetArguments parse() {
    for (at_ = 0; at_ < words_.size(); ++at_) take(words_[at_]);
    if (out_.help) return out_;
    if (out_.application_id.empty()) throw InvalidArgument("--application-id is missing: which application?");
    if (!position_.empty() && out_.options.input_topics.empty()) {
      throw InvalidArgument(position_ + " says where to, but --input-topics does not say of which topics.");
    }
    if (!bootstrap_.empty()) {
      out_.settings["bootstrap.servers"] = bootstrap_;
    } else {
      out_.settings.try_emplace("bootstrap.servers", "localhost:9092");
    }
    return out_;
  }

 private:
  void take(const std::string& option) {
    if (option == "--help" || option == "-h") {
      out_.help = true;
    } else if (option == "--application-id") {
      out_.application_id = value();
    } else if (option == "--bootstrap-server" || option == "--bootstrap-servers") {
      bootstrap_ = value();
    } else if (option == "--command-config" || option == "--config-file") {
      out_.settings = parse_settings(option, value());
    } else if (option == "--input-topics") {
      out_.options.input_topics = names(option, value());
    } else if (option == "--internal-topics") {
      out_.options.internal_topics = names(option, value());
    } else if (option == "--dry-run") {
      out_.options.dry_run = true;
    } else if (option == "--force") {
      throw InvalidArgument(
          "--force is not there: librdkafka cannot remove members from a group. Wait until the sessions of members "
          "that were killed have ended (session.timeout.ms, 45 s unless set).");
    } else if (option == "--intermediate-topics") {
      throw InvalidArgument(
          "--intermediate-topics is not there. Give such topics to --input-topics in a run of their own, with "
          "--to-latest.");
    } else {
      take_position(option);
    }
  }

  void take_position(const std::string& option) {
    ResetPosition position;
    if (option == "--to-earliest") {
      position = ResetPosition::earliest();
    } else if (option == "--to-latest") {
      position = ResetPosition::latest();
    } else if (option == "--to-offset") {
      position = ResetPosition::at_offset(number());
    } else if (option == "--shift-by") {
      position = ResetPosition::shifted_by(number());
    } else if (option == "--to-datetime") {
      position = ResetPosition::at_time(parse_datetime(value()));
    } else if (option == "--by-duration") {
      position = ResetPosition::at_time(std::max<std::int64_t>(0, now_ - parse_duration(value())));
    } else if (option == "--from-file") {
      position = ResetPosition::at_offsets(parse_offsets(contents(option, value())));
    } else {
      throw InvalidArgument("There is no option " + option + "; --help shows those that there are.");
    }
    if (!position_.empty()) throw InvalidArgument(position_ + " and " + option + " exclude each other.");
    position_ = option;
    out_.options.position = std::move(position);
  }

  const std::string& value() {
    const std::string& option = words_[at_];
    if (at_ + 1 == words_.size() || words_[at_ + 1].empty()) throw InvalidArgument(option + " needs a value.");
    return words_[++at_];
  }

  std::int64_t number() {
    const std::string& option = words_[at_];
    const std::string& text = value();
    if (const auto number = whole_number(text)) return *number;
    throw InvalidArgument(option + " " + text + ": that is not a whole number.");
  }

  const std::vector<std::string>& words_;
  const Timestamp now_;
  std::size_t at_ = 0;
  std::string bootstrap_, position_;  ///< the latter: the option that chose one
  ResetArguments out_;
};

}  // namespace

Timestamp parse_datetime(std::string_view text) {
  if (const auto time = datetime(Scanner(text))) return *time;
  throw InvalidArgument("'" + std::string(text) +
                        "' is no time like 2026-11-22T01:30:00.000 or 2026-11-22T01:30:00+01:00.");
}

std::int64_t parse_duration(std::string_view text) {
  if (const auto ms = duration(Scanner(text))) return *ms;
  throw InvalidArgument("'" + std::string(text) + "' is no duration like P7D, PT2H30M or PT1.5S.");
}

std::map<client::TopicPartition, std::int64_t> parse_offsets(std::string_view csv) {
  std::map<client::TopicPartition, std::int64_t> offsets;
  for_lines(csv, [&](const std::string& line, int number) {
    const std::size_t first = line.find(','), second = line.find(',', first + 1);
    std::optional<std::int64_t> partition, offset;
    if (first != std::string::npos && second != std::string::npos) {
      partition = whole_number(std::string_view(line).substr(first + 1, second - first - 1));
      offset = whole_number(std::string_view(line).substr(second + 1));
    }
    const bool fits = partition && *partition >= 0 && *partition <= std::numeric_limits<std::int32_t>::max();
    if (first == 0 || !fits || !offset || *offset < 0) {
      throw InvalidArgument("Line " + std::to_string(number) +
                            " of the offsets is not topic,partition,offset: " + line);
    }
    const client::TopicPartition where{line.substr(0, first), static_cast<std::int32_t>(*partition)};
    if (!offsets.emplace(where, *offset).second) {
      throw InvalidArgument("Line " + std::to_string(number) + " of the offsets names a partition again: " + line);
    }
  });
  if (offsets.empty()) throw InvalidArgument("The file of offsets has no line topic,partition,offset.");
  return offsets;
}

ResetArguments parse_reset_arguments(const std::vector<std::string>& words, Timestamp now) {
  return Parser(words, now).parse();
}

}  // namespace streams::programs
