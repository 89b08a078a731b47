// Opening a test driver's databases.
#include <testing/driver_state.hpp>

#include <streams/errors.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace streams::testing_detail {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "streams-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw StreamsError("No temporary directory for the test driver's state: " + name + ": " + std::strerror(errno));
  }
  path_ = std::move(name);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

DriverState DriverStateOwner::open(const std::vector<std::string>& persistent,
                                   const std::vector<std::string>& in_memory, std::size_t memory_bytes, bool counting) {
  DriverState out;
  if (!in_memory.empty()) out.in_memory = state::make_in_memory(in_memory);
  if (persistent.empty()) return out;
  if (all_in_memory_) {
    if (!kept_) kept_ = state::make_in_memory(persistent);
    out.persistent = kept_;
    return out;
  }
  if (!directory_) directory_ = std::make_unique<TemporaryDirectory>();
  auto opened = state::open_rocksdb(directory_->path() + "/" + name_, persistent,
                                    state::make_memory_bound(memory_bytes), counting);
  if (!opened.ok()) throw StreamsError("The test driver's state cannot be opened: " + opened.status().message());
  out.persistent = std::move(opened).value();
  return out;
}

}  // namespace streams::testing_detail
