// The program: patterns NAME runs a pattern, without a name it lists them.
#include "run.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

namespace {

constexpr const char* kUsage = R"(usage: patterns                 lists the patterns
       patterns NAME [options]  writes the pattern's sample records, prints what comes out, and stops
       patterns all [options]   the same for one after the other

  --bootstrap-servers H:P  a real cluster; without it, one inside this process
  --keep                   leave the pattern's topics on that cluster; otherwise they are deleted at the end
  --describe               print the topology instead
  --help
)";

void list() {
  std::size_t width = 0;
  for (const patterns::Pattern& pattern : patterns::all_patterns()) width = std::max(width, pattern.name.size());
  for (const patterns::Pattern& pattern : patterns::all_patterns()) {
    std::printf("%-*s  %s\n", static_cast<int>(width), pattern.name.c_str(), pattern.teaches.c_str());
  }
}

struct Arguments {
  std::string name;
  bool describe = false, help = false;
  patterns::RunOptions options;
};

Arguments parse(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h")
      out.help = true;
    else if (argument == "--describe")
      out.describe = true;
    else if (argument == "--keep")
      out.options.keep_topics = true;
    else if (argument == "--bootstrap-servers" && i + 1 < argc)
      out.options.bootstrap_servers = argv[++i];
    else if (argument.starts_with("-"))
      throw std::invalid_argument("unknown option, or its value is missing: " + argument);
    else if (out.name.empty())
      out.name = argument;
    else
      throw std::invalid_argument("one pattern at a time: " + argument);
  }
  return out;
}

void show(const patterns::Pattern& pattern, const Arguments& arguments) {
  std::printf("%s: %s\n\n", pattern.name.c_str(), pattern.teaches.c_str());
  if (arguments.describe) {
    std::fputs(pattern.topology().describe().c_str(), stdout);
  } else {
    patterns::run(pattern, arguments.options);
  }
  std::puts("");
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // two threads print
  try {
    const Arguments arguments = parse(argc, argv);
    if (arguments.help) {
      std::fputs(kUsage, stdout);
    } else if (arguments.name.empty()) {
      list();
    } else if (arguments.name == "all") {
      for (const patterns::Pattern& pattern : patterns::all_patterns()) show(pattern, arguments);
    } else if (const patterns::Pattern* pattern = patterns::find_pattern(arguments.name)) {
      show(*pattern, arguments);
    } else {
      throw std::invalid_argument("there is no pattern '" + arguments.name + "'; without arguments they are listed");
    }
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "patterns: %s\n\n%s", error.what(), kUsage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "patterns: %s\n", error.what());
    return 1;
  }
}
