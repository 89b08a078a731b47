// The list of a client's threads that have stores.
#include <runtime/local_stores.hpp>

namespace streams::runtime {

void LocalStores::add(const std::shared_ptr<ThreadStores>& thread) {
  std::lock_guard lock(mutex_);
  std::erase_if(threads_, [](const auto& known) { return known.expired(); });
  threads_.push_back(thread);
}

void LocalStores::set_globals(GlobalStores* globals) {
  const std::unique_lock lock(globals_mutex_);
  globals_ = globals;
}

std::vector<std::shared_ptr<ThreadStores>> LocalStores::threads() const {
  std::vector<std::shared_ptr<ThreadStores>> out;
  std::lock_guard lock(mutex_);
  for (const auto& known : threads_) {
    if (auto thread = known.lock()) out.push_back(std::move(thread));
  }
  return out;
}

}  // namespace streams::runtime
