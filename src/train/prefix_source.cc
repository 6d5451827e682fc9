#include "train/prefix_source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <torch/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "train/join_states.h"

namespace strop {

using torch::Tensor;

namespace {

// Maps are computed with their channels last, and kept so: one row a sample then holds together.
Tensor as_rows(const Tensor& tensor) {
  return tensor.dim() == 4 ? tensor.permute({0, 2, 3, 1}).contiguous() : tensor.contiguous();
}
Tensor as_maps(const Tensor& rows) { return rows.dim() == 4 ? rows.permute({0, 3, 1, 2}) : rows; }

}  // namespace

// The file of a disk cache: unlinked at once, so that it goes with the process whatever happens.
struct PrefixSource::Storage {
  std::filesystem::path place;
  int descriptor = -1;
  std::int64_t size = 0;
  // A process has some 65,000 mappings at most: each serves many tensors.
  std::vector<std::pair<std::byte*, std::size_t>> maps;
  std::size_t used = 0;  // of the last

  explicit Storage(const std::filesystem::path& folder) : place(folder) {
    std::string file = (folder / "cache.XXXXXX").string();
    descriptor = ::mkstemp(file.data());
    if (descriptor < 0)
      fail(ErrorKind::usage, "{}: the cache cannot be written: {}", folder.string(), std::strerror(errno));
    ::unlink(file.c_str());
  }
  ~Storage() {
    for (const auto& [address, bytes] : maps) ::munmap(address, bytes);
    if (descriptor >= 0) ::close(descriptor);
  }
  // The tensor's bytes moved to the file; the result reads them through a mapping.
  Tensor put(const Tensor& tensor) {
    const auto bytes = tensor.nbytes();
    if (bytes == 0) return tensor;
    const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), room = (bytes + page - 1) / page * page;
    if (maps.empty() || maps.back().second - used < room) grow(room);
    std::byte* const address = maps.back().first + used;
    used += room;
    std::memcpy(address, tensor.const_data_ptr(), bytes);
    const Tensor stored = torch::from_blob(address, tensor.sizes(), tensor.options());
    rest(stored);
    return stored;
  }
  // By `room` at least: the file doubles, and later grows by a fixed size.
  void grow(std::size_t room) {
    constexpr std::size_t kMost = 64 << 20;
    const std::size_t bytes = std::max(room, std::min(static_cast<std::size_t>(size), kMost));
    int why = ::posix_fallocate(descriptor, size, static_cast<off_t>(bytes));
    void* const address =
        why == 0 ? ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, size) : MAP_FAILED;
    if (address == MAP_FAILED) {
      if (why == 0) why = errno;
      fail(
          ErrorKind::usage,
          "{}: the cache of {} cannot grow by {}: {}; free some space, or set cache=none or cache_dir=", place.string(),
          human_bytes(static_cast<double>(size)), human_bytes(static_cast<double>(bytes)), std::strerror(why));
    }
    maps.emplace_back(static_cast<std::byte*>(address), bytes);
    size += static_cast<std::int64_t>(bytes);
    used = 0;
  }
  // Its pages count as the process's memory no longer; the system keeps them as long as nobody needs the room.
  static void rest(const Tensor& stored) {
    if (stored.nbytes() > 0) ::madvise(stored.data_ptr(), stored.nbytes(), MADV_DONTNEED);
  }
};

bool prefix_costs(const Model& model, std::size_t cut) {
  double cost = 0;
  for (std::size_t i = 0; i < cut; ++i) cost += model.block(i).multiply_adds(1);
  return cost > 0;
}

PrefixSource::PrefixSource(BatchSource& source, const Model& model, std::size_t cut, torch::ScalarType precision,
                           const PrefixCache& cache, bool losses)
    : source_(source),
      model_(model),
      cut_(cut),
      precision_(precision),
      cache_(cache.kind),
      views_(cache_ == CacheKind::none ? source.fresh_views() : std::min(cache.views, source.views())),
      limit_(cache.limit),
      chunk_rows_(source.rows_at_once()),
      live_(model.live_at(cut, losses)) {
  if (cache_ == CacheKind::disk) storage_ = std::make_unique<Storage>(cache.folder);
}

PrefixSource::~PrefixSource() { chunks_.clear(); }

State PrefixSource::compute(std::span<const std::int64_t> samples, std::int64_t view) {
  torch::NoGradGuard no_grad;
  State state = source_.make(samples, view);
  Pass pass;
  pass.precision = precision_;
  model_.forward(state, pass, source_.first_block(), cut_);
  computed_ += static_cast<std::int64_t>(samples.size());
  State live;
  std::int64_t owned = -1;  // token rows that samples own
  for (const auto& port : live_) {
    if (port.rows == Rows::bounds) owned = state.at(port.name)[-1].item<std::int64_t>();
  }
  for (const auto& port : live_) {
    const Tensor& whole = state.at(port.name);
    const bool cut = cache_ != CacheKind::none && port.rows == Rows::token && owned >= 0;
    const Tensor rows = as_rows(cut ? whole.narrow(0, 0, owned) : whole);
    live.set(port.name, storage_ ? rows.to(torch::kCPU) : rows);
  }
  return live;
}

const State& PrefixSource::chunk(std::int64_t number, std::int64_t view, State& keep) {
  const auto found = chunks_.find({view, number});
  if (found != chunks_.end()) return found->second;
  State state = compute(samples_of(number), view);
  std::int64_t bytes = 0;
  for (const auto& [name, tensor] : state.tensors()) bytes += static_cast<std::int64_t>(tensor.nbytes());
  if (used_ + bytes > limit_) {
    keep = std::move(state);
    return keep;
  }
  used_ += bytes;
  ++chunks_of_view_[view];
  State& slot = chunks_[{view, number}];
  for (const auto& [name, tensor] : state.tensors()) slot.set(name, storage_ ? storage_->put(tensor) : tensor);
  return slot;
}

void PrefixSource::pack(std::int64_t view) {
  const auto first = chunks_.lower_bound({view, 0}), end = chunks_.lower_bound({view + 1, 0});
  std::vector<State> parts;
  for (auto at = first; at != end; ++at) parts.push_back(std::move(at->second));
  chunks_.erase(first, end);
  packed_[view] = join_states(live_, std::move(parts));
}

State PrefixSource::gather(const State& packed, std::span<const std::int64_t> samples) const {
  const auto count = static_cast<std::int64_t>(samples.size());
  Tensor rows, bounds;  // of the token ports
  for (const auto& port : live_) {
    if (port.rows != Rows::bounds) continue;
    const auto* all = packed.at(port.name).const_data_ptr<std::int64_t>();
    bounds = torch::zeros({count + 1}, torch::kLong);
    auto* bound = bounds.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i)
      bound[i + 1] =
          bound[i] + all[samples[static_cast<std::size_t>(i)] + 1] - all[samples[static_cast<std::size_t>(i)]];
    rows = torch::zeros({rounded_rows(bound[count])}, torch::kLong);
    for (std::int64_t i = 0; i < count; ++i) {
      std::iota(rows.data_ptr<std::int64_t>() + bound[i], rows.data_ptr<std::int64_t>() + bound[i + 1],
                all[samples[static_cast<std::size_t>(i)]]);
    }
  }
  const Tensor numbers = torch::tensor(at::ArrayRef<std::int64_t>(samples.data(), samples.size()), torch::kLong);
  State result;
  for (const auto& port : live_) {
    if (port.rows == Rows::bounds) {
      result.set(port.name, bounds);
      continue;
    }
    const Tensor& all = packed.at(port.name);
    const Tensor& wanted = port.rows == Rows::token ? rows : numbers;
    result.set(port.name, as_maps(all.index_select(0, wanted.to(all.device()))));
  }
  return result;
}

std::vector<std::int64_t> PrefixSource::samples_of(std::int64_t number) const {
  const auto first = number * chunk_rows_,
             last = std::min<std::int64_t>(first + chunk_rows_, static_cast<std::int64_t>(size()));
  std::vector<std::int64_t> samples(static_cast<std::size_t>(last - first));
  std::iota(samples.begin(), samples.end(), first);
  return samples;
}

void PrefixSource::prefetch(std::vector<Samples> batches, std::int64_t view) {
  if (cache_ == CacheKind::none) return source_.prefetch(std::move(batches), view);
  if (packed_.count(view) != 0) return;
  // The chunks that are not here yet, in the order in which they are first needed.
  std::set<std::int64_t> seen;
  std::vector<Samples> missing;
  for (const auto& batch : batches) {
    for (const auto sample : batch) {
      const auto number = sample / chunk_rows_;
      if (chunks_.count({view, number}) == 0 && seen.insert(number).second) missing.push_back(samples_of(number));
    }
  }
  if (!missing.empty()) source_.prefetch(std::move(missing), view);
}

State PrefixSource::make(std::span<const std::int64_t> samples, std::int64_t view) {
  if (cache_ == CacheKind::none) {
    State state = compute(samples, view);
    for (const auto& port : live_) state.set(port.name, as_maps(state.at(port.name)));
    return state;
  }
  if (const auto packed = packed_.find(view); packed != packed_.end()) return gather(packed->second, samples);
  std::map<std::int64_t, State> kept;  // chunks that the full cache did not take: one computation a batch
  std::map<std::string, std::vector<Tensor>> parts;
  std::vector<std::int64_t> rows;  // token rows of each sample
  std::set<std::int64_t> read;     // chunks
  for (const auto sample : samples) {
    const auto number = sample / chunk_rows_, place = sample % chunk_rows_;
    read.insert(number);
    const auto again = kept.find(number);
    const State& state =
        again != kept.end() && !again->second.tensors().empty() ? again->second : chunk(number, view, kept[number]);
    std::int64_t first = 0, count = 0;
    for (const auto& port : live_) {
      if (port.rows != Rows::bounds) continue;
      const auto* bounds = state.at(port.name).const_data_ptr<std::int64_t>();
      first = bounds[place];
      count = bounds[place + 1] - first;
      rows.push_back(count);
    }
    for (const auto& port : live_) {
      if (port.rows == Rows::sample) parts[port.name].push_back(state.at(port.name).narrow(0, place, 1));
      if (port.rows == Rows::token) parts[port.name].push_back(state.at(port.name).narrow(0, first, count));
    }
  }
  State result;
  for (const auto& port : live_) {
    if (port.rows != Rows::bounds) {
      auto& own = parts[port.name];
      if (port.rows == Rows::token) {
        // As many rows as gather() gives: shapes choose kernels, and a resumed run must meet the same ones.
        const auto count = std::accumulate(rows.begin(), rows.end(), std::int64_t{0});
        auto sizes = own[0].sizes().vec();
        sizes[0] = rounded_rows(count) - count;
        if (sizes[0] > 0) own.push_back(torch::zeros(sizes, own[0].options()));
      }
      result.set(port.name, as_maps(join_rows(std::move(own))));
      continue;
    }
    Tensor bounds = torch::zeros({static_cast<std::int64_t>(samples.size()) + 1}, torch::kLong);
    std::partial_sum(rows.begin(), rows.end(), bounds.data_ptr<std::int64_t>() + 1);
    result.set(port.name, bounds);
  }
  for (const auto number : read) {
    const auto stored = storage_ ? chunks_.find({view, number}) : chunks_.end();
    if (stored == chunks_.end()) continue;
    for (const auto& [name, tensor] : stored->second.tensors()) Storage::rest(tensor);
  }
  const auto chunks = (static_cast<std::int64_t>(size()) + chunk_rows_ - 1) / chunk_rows_;
  if (cache_ == CacheKind::ram && chunks_of_view_[view] == chunks) pack(view);
  return result;
}

}  // namespace strop
