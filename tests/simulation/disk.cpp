// Databases that fail and crash where the run says so.
#include <simulation/world.hpp>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streams::simulation {

namespace fs = std::filesystem;

namespace {

/// A database on a model disk (over one in memory), or a RocksDB; both with faults.
class SimDatabase final : public state::StateDatabase {
 public:
  SimDatabase(World& world, Process& process, std::unique_ptr<state::StateDatabase> inner,
              std::shared_ptr<DiskImage> image, std::vector<std::string> families)
      : world_(world),
        process_(process),
        inner_(std::move(inner)),
        image_(std::move(image)),
        families_(std::move(families)) {}
  ~SimDatabase() override { close().ignore("as the library's own"); }

  state::ByteStore& family(const std::string& name) override { return inner_->family(name); }
  const std::map<std::string, std::int64_t>& offsets() const override { return inner_->offsets(); }
  Status commit(const std::map<std::string, std::int64_t>& offsets) override {
    const AloneInProcess alone(world_.plan.standby_replicas > 0 ? &process_ : nullptr);
    const Verdict verdict = world_.write(process_, "write to disk");
    if (process_.dead) return {StatusCode::kIo, "the process is gone"};
    if (verdict.before()) return verdict.status();
    const Status status = inner_->commit(offsets);
    if (status.ok() && world_.random.percent(10)) flush().ignore("what is not flushed is restored");
    world_.point(process_, "written to disk");
    return status;
  }
  Status commit_restored(const std::map<std::string, std::int64_t>& offsets, bool done) override {
    const AloneInProcess alone(world_.plan.standby_replicas > 0 ? &process_ : nullptr);
    const Verdict verdict = world_.write(process_, "write of what was restored");
    if (process_.dead) return {StatusCode::kIo, "the process is gone"};
    if (verdict.before()) return verdict.status();
    // The library writes sorted files where there is much, and these runs have little.
    const Status status = inner_->commit_restored(offsets, done && world_.random.percent(50));
    if (status.ok() && world_.random.percent(10)) flush().ignore("what is not flushed is restored");
    world_.point(process_, "what was restored is on disk");
    return status;
  }
  void discard() override { inner_->discard(); }
  std::size_t uncommitted_bytes() const override { return inner_->uncommitted_bytes(); }
  bool persistent() const override { return true; }
  Status flush() override {
    if (process_.dead) return {StatusCode::kIo, "the process is gone"};
    if (!image_) return inner_->flush();
    for (const std::string& name : families_) {
      auto& rows = image_->rows[name];
      rows.clear();
      for (auto it = inner_->family(name).range(std::nullopt, std::nullopt); it->valid(); it->next())
        rows.emplace(it->key(), it->value());
    }
    image_->offsets = inner_->offsets();
    return {};
  }
  Status close() override {
    if (std::exchange(closed_, true)) return {};
    inner_->discard();
    if (!image_) return inner_->close();
    return process_.dead ? Status() : flush();
  }

 private:
  World& world_;
  Process& process_;
  const std::unique_ptr<state::StateDatabase> inner_;
  const std::shared_ptr<DiskImage> image_;  ///< null: RocksDB
  const std::vector<std::string> families_;
  bool closed_ = false;
};

void fill(state::StateDatabase& database, const DiskImage& image) {
  for (const auto& [name, rows] : image.rows) {
    for (const auto& [key, value] : rows) database.family(name).put(key, value);
  }
  database.commit(image.offsets).ignore("memory takes everything");
}

}  // namespace

Disk::~Disk() {
  std::error_code error;
  fs::remove_all(directory_, error);
}

Result<std::unique_ptr<state::StateDatabase>> Disk::open(World& world, Process& process, const std::string& path,
                                                         const std::vector<std::string>& families,
                                                         const std::shared_ptr<state::MemoryBound>& memory) {
  const Verdict verdict = world.write(process, "open of a database");
  if (process.dead) return Status(StatusCode::kIo, "the process is gone");
  const bool was_there = fs::exists(path);
  if (verdict.before()) {
    if (world.random.percent(50)) return verdict.status();
    if (was_there) return Status(StatusCode::kCorrupted, "a fault of the simulation");
  }
  if (world.plan.stores == StoreKind::kRocksDb) {
    auto opened = state::open_rocksdb(path, families, memory);
    if (!opened.ok()) return opened;
    return std::unique_ptr<state::StateDatabase>(
        std::make_unique<SimDatabase>(world, process, std::move(opened).value(), nullptr, families));
  }
  fs::create_directories(path);
  auto& image = images_[path];
  if (!image || !was_there) image = std::make_shared<DiskImage>();
  auto inner = state::make_in_memory(families);
  fill(*inner, *image);
  return std::unique_ptr<state::StateDatabase>(
      std::make_unique<SimDatabase>(world, process, std::move(inner), image, families));
}

namespace {

/// RocksDB's own threads may still write and delete files. What says which files there are is copied first: files that
/// are made later are not missed then, and one that is gone shows that the copy is of no one moment.
bool copy_at_once(const fs::path& from, const fs::path& to) {
  const auto lists_files = [](const fs::path& file) {
    const std::string name = file.filename().string();
    return name == "CURRENT" || name.starts_with("MANIFEST");
  };
  std::error_code error;
  std::vector<fs::path> files;
  fs::create_directories(to);
  for (fs::recursive_directory_iterator at(from, error), end; !error && at != end; at.increment(error)) {
    const fs::path name = at->path().lexically_relative(from);
    if (at->is_directory(error)) {
      fs::create_directories(to / name);
    } else {
      files.push_back(name);
    }
  }
  if (error) return false;
  std::stable_partition(files.begin(), files.end(), lists_files);
  for (const fs::path& name : files) {
    if (!fs::copy_file(from / name, to / name, error)) return false;
  }
  return true;
}

}  // namespace

void Disk::freeze(const std::string& path) {
  constexpr int kTries = 100;
  lose(path + ".crashed");
  if (!fs::exists(path)) return;
  for (int i = 0; i < kTries; ++i) {
    if (copy_at_once(path, path + ".crashed")) return;
    lose(path + ".crashed");
  }
  throw std::runtime_error("the files of " + path + " change faster than they can be copied");
}

void Disk::thaw(const std::string& path) {
  if (!fs::exists(path + ".crashed")) return;
  fs::remove_all(path);
  fs::rename(path + ".crashed", path);
}

void Disk::lose(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
}

}  // namespace streams::simulation
