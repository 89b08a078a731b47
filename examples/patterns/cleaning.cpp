// Cleaning: rows as an old system has them, made into what others can rely on; what makes no sense is put aside.
#include "pattern.hpp"

#include <streams/error_handlers.hpp>
#include <streams/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace patterns {
namespace {

/// What the rest of the company reads: a contract, with which column of the old table it came from forgotten.
struct Article {
  std::string name;
  std::int64_t cents = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Article, name, cents)

std::string field(const std::string& row, int number) {
  std::size_t begin = 0;
  for (; number > 0; --number) {
    const std::size_t comma = row.find(',', begin);
    if (comma == std::string::npos) throw std::invalid_argument("too few fields");
    begin = comma + 1;
  }
  std::string text = row.substr(begin, row.find(',', begin) - begin);
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

/// "12", "12.5" and "12.50" have all been typed in.
std::int64_t cents_of(const std::string& price) {
  const std::size_t point = std::min(price.find('.'), price.size());
  std::string decimals = point < price.size() ? price.substr(point + 1) : "00";
  const bool odd = point == 0 || price.front() == '-' || decimals.empty() || decimals.size() > 2;
  decimals.resize(2, '0');
  const std::string digits = price.substr(0, point) + decimals;
  std::int64_t cents = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), cents);
  if (odd || error != std::errc{} || *end != '\0') throw std::invalid_argument("'" + price + "' is no price");
  return cents;
}

/// A row is "number,name,price". Throws what is wrong with it.
std::optional<Article> clean(const std::optional<std::string>& row) {
  if (!row) return std::nullopt;  // a deletion stays one
  Article article{field(*row, 1), cents_of(field(*row, 2))};
  if (article.name.empty()) throw std::invalid_argument("no name");
  std::ranges::transform(article.name, article.name.begin(), [](unsigned char c) { return std::toupper(c); });
  return article;
}

streams::Topology cleaning_topology() {
  streams::StreamsBuilder builder;
  // The old system is tapped by whatever writes its rows to a topic by key (../operations/table_feeder.hpp), and is not
  // changed. Nobody but this topology reads that topic.
  builder.stream<std::string, std::string>("catalogue-raw").map_values(clean, {.name = "clean"}).to("catalogue");
  return builder.build();
}

}  // namespace

Pattern cleaning_pattern() {
  const Topic<std::string, std::string> raw("catalogue-raw"), catalogue("catalogue"), bad("catalogue-raw-dlq");
  streams::StreamsConfig config;
  config.set_processing_handler([](const streams::ErrorContext& context) {
    streams::DeadLetter letter = streams::dead_letter("catalogue-raw-dlq", context);
    letter.headers = {{"why", streams::Bytes(context.message)}};
    return streams::ErrorResponse{streams::ErrorAction::kContinue, {std::move(letter)}};
  });
  return {.name = "cleaning",
          .teaches = "rows of an old system made into a clean topic; bad rows go to a dead-letter topic",
          .topology = cleaning_topology,
          .inputs = {raw},
          .outputs = {catalogue, bad},
          .steps = {{{raw(1s, "1", "1, kettle ,29.9"), raw(2s, "2", "2,Lantern,19.50"), raw(3s, "3", "3,,7"),
                      raw(4s, "4", "4,Compass,cheap"), raw(5s, "2", std::nullopt), raw(6s, "5", "5"),
                      raw(7s, "4", "4,Compass,7")},
                     7}},
          .config = config};
}

}  // namespace patterns
