// The functions of the expression language whose arguments are all evaluated before the call.
#include "expression.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

namespace streams::conformance {

namespace {

using Arguments = std::span<const Dyn>;
constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

const std::string& text_of(const Dyn& value) {
  if (value.text() == nullptr) throw CaseError("not a string: " + to_json(value).dump());
  return *value.text();
}

std::int64_t long_of(const Dyn& value) {
  if (value.number() == nullptr) throw CaseError("not a long: " + to_json(value).dump());
  return *value.number();
}

std::vector<std::string> pieces_of(const std::string& text, const std::string& separator) {
  if (separator.size() != 1) throw CaseError("separators have one character");
  std::vector<std::string> pieces;
  std::size_t from = 0;
  for (std::size_t at = text.find(separator); at != std::string::npos; at = text.find(separator, from)) {
    pieces.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  pieces.push_back(text.substr(from));
  return pieces;
}

template <class Test>
Dyn test_text(Arguments a, Test test) {
  return Dyn(!a[0].is_null() && !a[1].is_null() && test(text_of(a[0]), text_of(a[1])));
}

Dyn concat(Arguments a) {
  std::string out;
  for (const Dyn& value : a) out += show(value);
  return Dyn(std::move(out));
}

template <char From, char To>
Dyn change_case(Arguments a) {
  if (a[0].is_null()) return Dyn();
  std::string text = text_of(a[0]);
  for (char& c : text) {
    if (c >= From && c <= From + 25) c = static_cast<char>(c - From + To);
  }
  return Dyn(std::move(text));
}

/// Position in bytes of a character; the end if there are fewer.
std::size_t character_position(const std::string& text, std::int64_t index) {
  std::size_t at = 0;
  for (std::int64_t i = 0; i < index && at < text.size(); ++i) {
    do ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80);
  }
  return at;
}

Dyn substr(Arguments a) {
  if (a[0].is_null()) return Dyn();
  const std::string& text = text_of(a[0]);
  const std::size_t begin = character_position(text, std::max<std::int64_t>(0, long_of(a[1])));
  const std::string rest = text.substr(begin);
  return Dyn(rest.substr(0, character_position(rest, std::max<std::int64_t>(0, long_of(a[2])))));
}

Dyn field(Arguments a) {
  if (a[0].is_null()) return Dyn();
  const std::vector<std::string> pieces = pieces_of(text_of(a[0]), text_of(a[1]));
  const std::int64_t index = long_of(a[2]);
  if (index < 0 || index >= static_cast<std::int64_t>(pieces.size())) return Dyn();
  return Dyn(pieces[static_cast<std::size_t>(index)]);
}

Dyn split(Arguments a) {
  Dyn::List list;
  if (!a[0].is_null()) {
    for (std::string& piece : pieces_of(text_of(a[0]), text_of(a[1]))) list.emplace_back(std::move(piece));
  }
  return Dyn(std::move(list));
}

Dyn repeat(Arguments a) {
  if (a[0].is_null()) return Dyn(Dyn::List());
  return Dyn(Dyn::List(static_cast<std::size_t>(std::max<std::int64_t>(0, long_of(a[1]))), a[0]));
}

Dyn list_add(Arguments a) {
  if (a[1].is_null()) return a[0];
  if (a[0].is_null() || text_of(a[0]).empty()) return Dyn(show(a[1]));
  return Dyn(text_of(a[0]) + "," + show(a[1]));
}

Dyn list_remove(Arguments a) {
  if (a[0].is_null() || a[1].is_null()) return a[0];
  std::vector<std::string> pieces = pieces_of(text_of(a[0]), ",");
  const auto found = std::find(pieces.begin(), pieces.end(), show(a[1]));
  if (found == pieces.end()) return a[0];
  pieces.erase(found);
  std::string joined;
  for (std::size_t i = 0; i < pieces.size(); ++i) joined += (i == 0 ? "" : ",") + pieces[i];
  return Dyn(std::move(joined));
}

Dyn parse_long(Arguments a) {
  if (a[0].text() == nullptr) return Dyn();
  const std::string& text = *a[0].text();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return Dyn();
  return Dyn(number);
}

std::int64_t wrapped(char operation, std::int64_t a, std::int64_t b) {
  const auto x = static_cast<std::uint64_t>(a);
  const auto y = static_cast<std::uint64_t>(b);
  return static_cast<std::int64_t>(operation == '+' ? x + y : operation == '-' ? x - y : x * y);
}

template <char Operation>
Dyn arithmetic(Arguments a) {
  if (a[0].is_null() || a[1].is_null()) return Dyn();
  if (a[0].number() != nullptr && a[1].number() != nullptr)
    return Dyn(wrapped(Operation, *a[0].number(), *a[1].number()));
  const double* x = a[0].as<double>();
  const double* y = a[1].as<double>();
  if (x == nullptr || y == nullptr) throw CaseError("arithmetic takes two longs or two doubles");
  return Dyn(Operation == '+' ? *x + *y : Operation == '-' ? *x - *y : *x * *y);
}

Dyn neg(Arguments a) {
  if (a[0].is_null()) return Dyn();
  if (a[0].as<double>() != nullptr) return Dyn(-*a[0].as<double>());
  return Dyn(wrapped('-', 0, long_of(a[0])));
}

Dyn mod(Arguments a) {
  if (a[0].is_null() || a[1].is_null() || long_of(a[1]) == 0) return Dyn();
  const std::int64_t divisor = long_of(a[1]);
  if (divisor == -1) return Dyn(std::int64_t{0});
  const std::int64_t rest = long_of(a[0]) % divisor;
  return Dyn(rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest);
}

template <bool Max>
Dyn extreme(Arguments a) {
  if (a[0].is_null() || a[1].is_null()) return Dyn();
  return less(a[0], a[1]) == Max ? a[1] : a[0];
}

template <Dyn (*Part)(const Dyn::Window&)>
Dyn window_part(Arguments a) {
  if (a[0].is_null()) return Dyn();
  if (a[0].window() == nullptr) throw CaseError("not a windowed key: " + to_json(a[0]).dump());
  return Part(*a[0].window());
}
Dyn key_of(const Dyn::Window& window) { return window.key; }
Dyn start_of(const Dyn::Window& window) { return Dyn(window.start); }
Dyn end_of(const Dyn::Window& window) { return Dyn(window.end); }

bool comparable(Arguments a) { return !a[0].is_null() && !a[1].is_null(); }

using Table = std::map<std::string, Function>;

Table text_functions() {
  return {
      {"starts_with",
       {2, 2,
        [](Arguments a) {
          return test_text(a, [](const std::string& s, const std::string& p) { return s.starts_with(p); });
        }}},
      {"ends_with",
       {2, 2,
        [](Arguments a) {
          return test_text(a, [](const std::string& s, const std::string& p) { return s.ends_with(p); });
        }}},
      {"contains",
       {2, 2,
        [](Arguments a) {
          return test_text(a,
                           [](const std::string& s, const std::string& p) { return s.find(p) != std::string::npos; });
        }}},
      {"show", {1, 1, [](Arguments a) { return Dyn(show(a[0])); }}},
      {"to_string", {1, 1, [](Arguments a) { return a[0].is_null() ? Dyn() : Dyn(show(a[0])); }}},
      {"concat", {0, kAny, concat}},
      {"upper", {1, 1, change_case<'a', 'A'>}},
      {"lower", {1, 1, change_case<'A', 'a'>}},
      {"length",
       {1, 1,
        [](Arguments a) { return a[0].is_null() ? Dyn() : Dyn(static_cast<std::int64_t>(text_of(a[0]).size())); }}},
      {"substr", {3, 3, substr}},
      {"field", {3, 3, field}},
      {"parse_long", {1, 1, parse_long}},
      {"to_bytes", {1, 1, [](Arguments a) { return a[0].is_null() ? Dyn() : Dyn(Dyn::Blob{text_of(a[0])}); }}},
      {"from_bytes",
       {1, 1,
        [](Arguments a) {
          if (a[0].is_null()) return Dyn();
          if (a[0].as<Dyn::Blob>() == nullptr) throw CaseError("from_bytes takes bytes");
          return Dyn(a[0].as<Dyn::Blob>()->bytes);
        }}},
  };
}

Table list_functions() {
  return {
      {"split", {2, 2, split}},
      {"list", {0, kAny, [](Arguments a) { return Dyn(Dyn::List(a.begin(), a.end())); }}},
      {"repeat", {2, 2, repeat}},
      {"list_add", {2, 2, list_add}},
      {"list_remove", {2, 2, list_remove}},
      {"window_key", {1, 1, window_part<key_of>}},
      {"window_start", {1, 1, window_part<start_of>}},
      {"window_end", {1, 1, window_part<end_of>}},
      {"fail", {1, 1, [](Arguments a) -> Dyn { throw UserError(show(a[0])); }}},
  };
}

Table logic_and_numbers() {
  return {
      {"not", {1, 1, [](Arguments a) { return Dyn(!a[0].is_true()); }}},
      {"eq", {2, 2, [](Arguments a) { return Dyn(a[0] == a[1]); }}},
      {"ne", {2, 2, [](Arguments a) { return Dyn(!(a[0] == a[1])); }}},
      {"lt", {2, 2, [](Arguments a) { return Dyn(less(a[0], a[1])); }}},
      {"le", {2, 2, [](Arguments a) { return Dyn(comparable(a) && !less(a[1], a[0])); }}},
      {"gt", {2, 2, [](Arguments a) { return Dyn(less(a[1], a[0])); }}},
      {"ge", {2, 2, [](Arguments a) { return Dyn(comparable(a) && !less(a[0], a[1])); }}},
      {"is_null", {1, 1, [](Arguments a) { return Dyn(a[0].is_null()); }}},
      {"to_double",
       {1, 1, [](Arguments a) { return a[0].is_null() ? Dyn() : Dyn(static_cast<double>(long_of(a[0]))); }}},
      {"add", {2, 2, arithmetic<'+'>}},
      {"sub", {2, 2, arithmetic<'-'>}},
      {"mul", {2, 2, arithmetic<'*'>}},
      {"neg", {1, 1, neg}},
      {"mod", {2, 2, mod}},
      {"min", {2, 2, extreme<false>}},
      {"max", {2, 2, extreme<true>}},
  };
}

}  // namespace

const Function* find_function(const std::string& name) {
  static const Table table = [] {
    Table all = text_functions();
    all.merge(list_functions());
    all.merge(logic_and_numbers());
    return all;
  }();
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace streams::conformance
