// Entering and leaving the stores of a stream thread.
#include <runtime/store_gate.hpp>

namespace streams::runtime {

/// The gate behind which this thread is as owner.
StoreGate*& StoreGate::owned() {
  thread_local StoreGate* gate = nullptr;
  return gate;
}

void StoreGate::enter() {
  {
    std::lock_guard next(next_);
    inside_.lock();
  }
  owned() = this;
}

void StoreGate::leave() {
  owned() = nullptr;
  inside_.unlock();
}

void StoreGate::make_way() {
  leave();
  enter();
}

void StoreGate::enter_reading() {
  waiting_.fetch_add(1, std::memory_order_relaxed);
  readers_.lock();
  {
    std::lock_guard next(next_);
    inside_.lock();
  }
  waiting_.fetch_sub(1, std::memory_order_relaxed);
}

void StoreGate::leave_reading() {
  inside_.unlock();
  readers_.unlock();
}

StoreReading::StoreReading(StoreGate& gate, bool within) : gate_(gate), own_(within ? nullptr : StoreGate::owned()) {
  if (own_ == &gate_) return;
  if (own_ != nullptr) own_->leave();
  gate_.enter_reading();
}

StoreReading::~StoreReading() {
  if (own_ == &gate_) return;
  gate_.leave_reading();
  if (own_ != nullptr) own_->enter();
}

}  // namespace streams::runtime
