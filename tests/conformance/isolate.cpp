#include "isolate.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace streams::conformance {

namespace {

void write_all(int file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(file, text.data() + done, text.size() - done);
    if (count <= 0) std::_Exit(3);
    done += static_cast<std::size_t>(count);
  }
}

std::string read_all(int file) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t count = ::read(file, buffer.data(), buffer.size());
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

Isolated run_isolated(const std::function<std::string()>& function, unsigned seconds) {
  std::fflush(nullptr);
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no process");
  if (child == 0) {
    ::close(ends[0]);
    ::alarm(seconds);
    write_all(ends[1], function());
    ::close(ends[1]);
    std::exit(0);
  }
  ::close(ends[1]);
  Isolated result;
  result.text = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  result.finished = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (WIFSIGNALED(status)) {
    result.text = WTERMSIG(status) == SIGALRM ? "it did not end within " + std::to_string(seconds) + " s"
                                              : std::string("it crashed: ") + strsignal(WTERMSIG(status));
  } else if (!result.finished) {
    result.text = "its process ended with status " + std::to_string(WEXITSTATUS(status));
  }
  return result;
}

}  // namespace streams::conformance
