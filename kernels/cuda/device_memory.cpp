// SPDX-License-Identifier: MIT
// Asks the driver for pages, cuts slabs into pieces, and keeps the books.
#include "kernels/cuda/device_memory.hpp"

#include "kernels/cuda/cuda_check.hpp"
#include "kernels/cuda/device_probe.hpp"
#include "src/engine/allocators/rounding.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace calibram {
namespace {

constexpr Bytes page{device_page_bytes};

/// cudaMalloc, where a full device is a finding: null. Its last error is cleared.
void* allocate_or_null(Bytes size) {
  void* block = nullptr;
  const cudaError_t status = cudaMalloc(&block, static_cast<std::size_t>(size.count()));
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  cuda_check(status, fmt::format("allocate {} of device memory", mib_text(size)));
  return block;
}

}  // namespace

DeviceBuffer::DeviceBuffer(Bytes size, Bytes live) : block_{allocate_or_null(size)}, size_{size} {
  if (!block_) throw OutOfMemory{"the card", size, live};
}

void DeviceBuffer::Free::operator()(void* block) const noexcept {
  const cudaError_t status = cudaFree(block);
  // A device that failed before says so again; the process is ending then.
  if (status != cudaSuccess && status != cudaErrorCudartUnloading)
    std::fprintf(stderr, "warning: device memory could not be freed (%s)\n", cudaGetErrorName(status));
}

void* DeviceMemory::allocate(Term term, Bytes size) {
  if (size < Bytes{}) throw InputError{"cannot allocate a negative size", mib_text(size), ""};
  if (size == Bytes{}) return nullptr;
  Piece piece;
  piece.term = term;
  piece.size = size;
  void* address = size.count() > device_small_limit ? allocate_pages(piece) : allocate_in_slab(piece);
  if (poisoned_)
    cuda_check(cudaMemset(address, 0xFF, static_cast<std::size_t>(size.count())), "poison new device memory");
  pieces_.emplace(address, std::move(piece));
  requested_.enter(term, size);
  note_highest();
  return address;
}

void* DeviceMemory::allocate_pages(Piece& piece) {
  piece.own = DeviceBuffer{rounded_size(piece.size, Rounding::device_page), requested_.live.total()};
  held_ += piece.own.size();
  return piece.own.data();
}

void* DeviceMemory::allocate_in_slab(Piece& piece) {
  piece.length = rounded_size(piece.size, Rounding::device_page).count();
  const auto take = [&](Slab& slab) -> void* {
    const auto found = std::find_if(slab.free_ranges.begin(), slab.free_ranges.end(),
                                    [&](const auto& range) { return range.second >= piece.length; });
    if (found == slab.free_ranges.end()) return nullptr;
    const auto [offset, length] = *found;
    slab.free_ranges.erase(found);
    if (length > piece.length) slab.free_ranges.emplace(offset + piece.length, length - piece.length);
    piece.slab = &slab;
    piece.offset = offset;
    ++slab.live;
    return static_cast<std::byte*>(slab.page.data()) + offset;
  };
  for (const auto& [address, slab] : slabs_)
    if (void* place = take(*slab)) return place;
  auto slab = std::make_unique<Slab>();
  slab->page = DeviceBuffer{page, requested_.live.total()};
  slab->free_ranges.emplace(0, page.count());
  held_ += page;
  Slab& added = *slab;
  slabs_.emplace(added.page.data(), std::move(slab));
  return take(added);
}

void DeviceMemory::note_highest() {
  if (held_ <= held_at_peak_) return;
  held_at_peak_ = held_;
  unread_highest_ = true;
}

const DriverPeak& DeviceMemory::read_peak() {
  if (!unread_highest_) return peak_;
  unread_highest_ = false;
  peak_ = {read_device_memory().used, held_, peak_.readings + 1};
  return peak_;
}

void DeviceMemory::release(void* address) {
  if (address == nullptr) return;
  const auto found = pieces_.find(address);
  if (found == pieces_.end()) throw Error{"cannot release a tensor", "it is not alive", ""};
  read_peak();
  const Piece& piece = found->second;
  requested_.leave(piece.term, piece.size);
  if (piece.slab == nullptr)
    held_ -= piece.own.size();
  else
    return_to_slab(piece);
  pieces_.erase(found);
}

void DeviceMemory::return_to_slab(const Piece& piece) {
  Slab& slab = *piece.slab;
  if (--slab.live == 0) {
    held_ -= page;
    slabs_.erase(slab.page.data());
    return;
  }
  // The range joins its free neighbours.
  std::int64_t offset = piece.offset, length = piece.length;
  auto next = slab.free_ranges.upper_bound(offset);
  if (next != slab.free_ranges.end() && next->first == offset + length) {
    length += next->second;
    next = slab.free_ranges.erase(next);
  }
  if (next != slab.free_ranges.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == offset) {
      before->second += length;
      return;
    }
  }
  slab.free_ranges.emplace(offset, length);
}

void DeviceMemory::reset_peaks() {
  requested_.reset_peak();
  held_at_peak_ = held_;
  peak_ = {};
  unread_highest_ = true;
}

}  // namespace calibram
