// SPDX-License-Identifier: MIT
// The device memory of tensors: whole pages from cudaMalloc, slabs for the small ones, and the books.
#pragma once

#include "kernels/memory_book.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <unordered_map>

namespace calibram {

/// A block of device memory that frees itself. Move-only; an empty buffer owns nothing.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  /// @throws OutOfMemory (with `live` in its words), CudaError for anything else
  explicit DeviceBuffer(Bytes size, Bytes live = {});

  void* data() const noexcept { return block_.get(); }
  Bytes size() const noexcept { return block_ ? size_ : Bytes{}; }

 private:
  struct Free {
    void operator()(void* block) const noexcept;
  };
  std::unique_ptr<void, Free> block_;
  Bytes size_;
};

/// What the driver said at the instant of our highest total, the last such instant of those read.
struct DriverPeak {
  Bytes used;     ///< cudaMemGetInfo's total - free, of all processes
  Bytes rounded;  ///< our own bytes at that reading
  int readings = 0;
};

/// Owns the memory of tensors. A tensor larger than device_small_limit (src/engine/allocators/rounding.hpp)
/// is a cudaMalloc of its own, of whole 2 MiB pages; smaller ones share slabs of one page, which go back when
/// empty. So the driver is only ever asked for whole pages, and must count exactly what the books say.
///
/// The driver's peak is not polled: it is read before the first release after a new highest total, and by
/// read_peak(), so at every instant that can be the peak.
class DeviceMemory {
 public:
  /// `poisoned`: new memory is filled with 0xFF bytes (NaN as FP16 and FP32).
  explicit DeviceMemory(bool poisoned = false) : poisoned_{poisoned} {}
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// Null for no bytes. @throws OutOfMemory, CudaError
  void* allocate(Term term, Bytes size);
  /// @throws Error for an address that allocate() did not return, or that was released before
  void release(void* address);

  /// Bytes as asked for.
  const MemoryBook& requested() const noexcept { return requested_; }
  /// Bytes held from the driver, now and at most: whole pages, slabs included.
  Bytes held() const noexcept { return held_; }
  Bytes held_at_peak() const noexcept { return held_at_peak_; }

  /// Reads the driver if the peak is now; then what it said at the peak so far.
  const DriverPeak& read_peak();
  /// All peaks are sought anew from what is alive now.
  void reset_peaks();

 private:
  struct Slab {
    DeviceBuffer page;
    std::map<std::int64_t, std::int64_t> free_ranges;  ///< offset -> length
    std::int64_t live = 0;                             ///< pieces
  };
  struct Piece {
    Term term = Term::activation;
    Bytes size;
    DeviceBuffer own;  ///< empty for a piece of a slab
    Slab* slab = nullptr;
    std::int64_t offset = 0, length = 0;
  };

  void* allocate_pages(Piece& piece);
  void* allocate_in_slab(Piece& piece);
  void return_to_slab(const Piece& piece);
  void note_highest();

  bool poisoned_;
  std::unordered_map<void*, Piece> pieces_;
  std::map<void*, std::unique_ptr<Slab>> slabs_;
  MemoryBook requested_;
  Bytes held_, held_at_peak_;
  bool unread_highest_ = false;  ///< held_ is at its highest, and the driver has not been asked since
  DriverPeak peak_;
};

}  // namespace calibram
