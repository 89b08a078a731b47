// Locking, process id and clean-up of the state directory.
#include <runtime/state_directory.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

namespace streams::runtime {

namespace fs = std::filesystem;

namespace {

Status io_error(const std::string& what, const std::string& path, int error) {
  return {StatusCode::kIo, text("Cannot ", what, " ", path, ": ", std::strerror(error),
                                ". Setting state.dir names the directory that state is kept in.")};
}

/// Makes a directory and those above it.
Status make_directories(const std::string& path, mode_t mode) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    const bool last = slash == std::string::npos;
    if (::mkdir(part.c_str(), last ? mode : 0777) != 0 && errno != EEXIST)
      return io_error("make directory", part, errno);
    if (last) break;
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return io_error("read", path, errno);
  if (!S_ISDIR(info.st_mode)) return io_error("use", path, ENOTDIR);
  return {};
}

/// Who wrote its process id into the lock file; empty if it is not readable.
std::string lock_holder(int fd) {
  char text_of_pid[32];
  const ssize_t length = ::pread(fd, text_of_pid, sizeof text_of_pid, 0);
  if (length <= 0) return {};
  std::string pid(text_of_pid, static_cast<std::size_t>(length));
  while (!pid.empty() && (pid.back() == '\n' || pid.back() == '\0')) pid.pop_back();
  const bool digits = std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? pid : std::string();
}

Status already_locked(const std::string& folder, int fd) {
  const std::string pid = lock_holder(fd);
  std::string who = "another instance";
  if (pid == std::to_string(::getpid()))
    who = "another KafkaStreams object of this process";
  else if (!pid.empty())
    who = "process " + pid;
  return {StatusCode::kAlreadyExists,
          "State directory " + folder + " is in use by " + who +
              ". Every instance of an application on one machine needs a state.dir of its own."};
}

/// Opens and locks the lock file; the descriptor keeps the lock.
Result<int> lock_file(const std::string& folder) {
  const std::string path = folder + "/.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return io_error("open", path, errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    Status status = error == EWOULDBLOCK ? already_locked(folder, fd) : io_error("lock", path, error);
    ::close(fd);
    return status;
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    const int error = errno;
    ::close(fd);
    return io_error("write", path, error);
  }
  return fd;
}

bool is_uuid(std::string_view text) {
  static constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return text.size() == kForm.size() && std::equal(text.begin(), text.end(), kForm.begin(), [](char c, char form) {
           return form == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
         });
}

}  // namespace

std::string random_uuid() {
  std::random_device device;
  std::uniform_int_distribution<int> nibble(0, 15);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  for (char& c : out) {
    if (c == 'x') c = kHex[nibble(device)];
    if (c == 'y') c = kHex[8 + nibble(device) % 4];
  }
  return out;
}

TaskFolder::~TaskFolder() { owner_.unlock(name_); }

Status TaskFolder::wipe() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    fs::remove_all(entry.path(), error);
    if (error) return io_error("delete", entry.path().string(), error.value());
  }
  if (error) return io_error("read directory", path_, error.value());
  return {};
}

StateDirectory::StateDirectory(std::string path, std::string application_id, int lock_fd, bool group_may_write, Log log)
    : path_(std::move(path)),
      application_id_(std::move(application_id)),
      lock_fd_(lock_fd),
      mode_(group_may_write ? 0770 : 0750),
      log_(std::move(log)) {}

StateDirectory::~StateDirectory() { ::close(lock_fd_); }

Result<std::unique_ptr<StateDirectory>> StateDirectory::open(const std::string& state_dir,
                                                             const std::string& application_id, bool group_may_write,
                                                             Log log) {
  const std::string path = state_dir + "/" + application_id;
  if (Status made = make_directories(path, group_may_write ? 0770 : 0750); !made.ok()) return made;
  Result<int> fd = lock_file(path);
  if (!fd.ok()) return fd.status();
  std::unique_ptr<StateDirectory> directory(
      new StateDirectory(path, application_id, fd.value(), group_may_write, std::move(log)));
  if (Status loaded = directory->load_process_id(); !loaded.ok()) return loaded;
  std::error_code error;
  const std::string temporary = fs::temp_directory_path(error).string();
  if (!error && path.starts_with(temporary + "/")) {
    directory->log_.warn("State is kept in ", path,
                         ", below the directory for temporary files. Where that is emptied, ",
                         "stores are restored from their changelogs at the next start. Choose with setting state.dir.");
  }
  return directory;
}

/// The file is JSON, as Java writes it: {"processId":"<uuid>"}.
Status StateDirectory::load_process_id() {
  const std::string file = path_ + "/kafka-streams-process-metadata";
  static constexpr std::string_view kField = "\"processId\":\"";
  std::ifstream in(file);
  const std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::size_t at = content.find(kField);
  const std::size_t end = at == std::string::npos ? at : content.find('"', at + kField.size());
  if (end != std::string::npos) {
    process_id_ = content.substr(at + kField.size(), end - at - kField.size());
    if (is_uuid(process_id_)) return {};
    log_.warn("File ", file, " is damaged: a new process id is made.");
  }
  process_id_ = random_uuid();
  std::ofstream out(file, std::ios::trunc);
  out << "{" << kField << process_id_ << "\"}";
  out.close();
  return out ? Status() : io_error("write", file, errno);
}

Result<std::unique_ptr<TaskFolder>> StateDirectory::lock(TaskId task) { return lock_folder(task.text()); }
Result<std::unique_ptr<TaskFolder>> StateDirectory::lock_global() { return lock_folder("global"); }

Result<std::unique_ptr<TaskFolder>> StateDirectory::lock_folder(const std::string& name) {
  const std::string path = path_ + "/" + name;
  std::lock_guard guard(mutex_);
  if (std::find(held_.begin(), held_.end(), name) != held_.end()) {
    return Status(StatusCode::kAlreadyExists, "State of " + name + " is in use by another thread");
  }
  if (Status made = make_directories(path, mode_); !made.ok()) return made;
  held_.push_back(name);
  return std::make_unique<TaskFolder>(*this, name, path);
}

void StateDirectory::unlock(const std::string& name) {
  std::lock_guard guard(mutex_);
  std::erase(held_, name);
}

std::vector<TaskId> StateDirectory::tasks() const {
  std::vector<TaskId> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    if (const auto id = TaskId::parse(entry.path().filename().string())) out.push_back(*id);
  }
  std::sort(out.begin(), out.end());
  return out;
}

void StateDirectory::clean(std::int64_t older_than_ms) {
  const auto limit = fs::file_time_type::clock::now() - std::chrono::milliseconds(older_than_ms);
  for (const TaskId task : tasks()) {
    const std::string name = task.text();
    const std::string path = path_ + "/" + name;
    std::lock_guard guard(mutex_);
    if (std::find(held_.begin(), held_.end(), name) != held_.end()) continue;
    std::error_code error;
    if (fs::last_write_time(path, error) > limit || error) continue;
    fs::remove_all(path, error);
    if (error)
      log_.warn("Cannot delete the state of task ", name, " in ", path, ": ", error.message());
    else
      log_.info("Deleted the state of task ", name, ": it has not run here for ", older_than_ms, " ms");
  }
}

Status remove_state(const std::string& state_dir, const std::string& application_id, const Log& log) {
  const std::string path = state_dir + "/" + application_id;
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  Result<int> fd = lock_file(path);
  if (!fd.ok()) return fd.status();
  fs::remove_all(path, error);
  ::close(fd.value());
  if (error) return io_error("delete", path, error.value());
  log.info("Deleted the state in ", path);
  return {};
}

}  // namespace streams::runtime
