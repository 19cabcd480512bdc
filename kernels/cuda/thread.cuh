// SPDX-License-Identifier: MIT
// One thread of a kernel: where it stands, its barrier, and what a warp does together.
//
// A kernel is a function object that is called once a thread with the thread as its argument. nvcc makes the
// hardware's thread of it. Any other compiler gets the same interface over a `Lane`, behind which the tests
// run whole kernels on the processor (tests/kernels/cuda/emulation).
#pragma once

#include <cstddef>
#include <cstdint>

/// Before loops over arrays in registers: where they are not unrolled, the array becomes local memory.
/// CALIBRAM_ROLLED: before loops whose copies would need more registers than there are.
#ifdef __CUDACC__
#define CALIBRAM_UNROLL _Pragma("unroll")
#define CALIBRAM_ROLLED _Pragma("unroll 1")
#else
#define CALIBRAM_UNROLL
#define CALIBRAM_ROLLED
#endif

namespace calibram {

inline constexpr int warp_size = 32;

#ifndef __CUDACC__
/// What stands behind a thread where no card is.
class Lane {
 public:
  virtual ~Lane() = default;
  virtual void sync_block() = 0;
  /// Hands every thread of the warp this thread's `value`; returns what the thread `lane` of the warp gave.
  virtual std::uint32_t exchange(std::uint32_t value, int lane) = 0;
};
#endif

/// One thread of a one-dimensional grid of one-dimensional blocks.
class Thread {
 public:
#ifdef __CUDACC__
  __device__ int index() const { return static_cast<int>(threadIdx.x); }  ///< in its block
  __device__ int count() const { return static_cast<int>(blockDim.x); }   ///< of the block
  __device__ std::int64_t block() const { return blockIdx.x; }
  __device__ std::int64_t blocks() const { return gridDim.x; }

  /// Waits for every thread of the block. All of them must come.
  __device__ void sync() { __syncthreads(); }

  /// The value that the thread `lane` of this warp passes. All threads of the warp must come.
  __device__ float from_lane(float value, int lane) { return __shfl_sync(whole_warp, value, lane); }
  __device__ int from_lane(int value, int lane) { return __shfl_sync(whole_warp, value, lane); }

  /// The block's shared memory, as large as the launch asked for; aligned to 128 bytes.
  template <typename T>
  __device__ T* shared(std::size_t offset_bytes = 0) {
    extern __shared__ __align__(128) uint4 block_memory[];
    return reinterpret_cast<T*>(reinterpret_cast<std::byte*>(block_memory) + offset_bytes);
  }

 private:
  static constexpr unsigned whole_warp = 0xffffffffU;

 public:
#else
  struct Place {
    int index, count;
    std::int64_t block, blocks;
  };
  Thread(const Place& place, std::byte* shared, Lane& lane) : place_{place}, shared_{shared}, lane_{&lane} {}

  int index() const { return place_.index; }
  int count() const { return place_.count; }
  std::int64_t block() const { return place_.block; }
  std::int64_t blocks() const { return place_.blocks; }
  void sync() { lane_->sync_block(); }
  float from_lane(float value, int lane) { return exchange(value, lane); }
  int from_lane(int value, int lane) { return exchange(value, lane); }
  template <typename T>
  T* shared(std::size_t offset_bytes = 0) {
    return reinterpret_cast<T*>(shared_ + offset_bytes);
  }

 private:
  template <typename T>
  T exchange(T value, int lane) {
    return __builtin_bit_cast(T, lane_->exchange(__builtin_bit_cast(std::uint32_t, value), lane));
  }

  Place place_;
  std::byte* shared_;
  Lane* lane_;

 public:
#endif
  __device__ int lane() const { return index() % warp_size; }
  __device__ int warp() const { return index() / warp_size; }

  /// Position in the whole grid, and the grid's threads: `for (i = t.first(); i < n; i += t.stride())`.
  __device__ std::int64_t first() const { return block() * count() + index(); }
  __device__ std::int64_t stride() const { return blocks() * count(); }
};

/// Combines the values of a warp's threads; every thread gets the result. `combine` is commutative and
/// associative but for rounding.
template <typename T, typename Combine>
__device__ T warp_reduce(Thread& thread, T value, const Combine& combine) {
  for (int distance = warp_size / 2; distance > 0; distance /= 2)
    value = combine(value, thread.from_lane(value, thread.lane() ^ distance));
  return value;
}

struct Sum {
  __device__ float operator()(float a, float b) const { return a + b; }
};
/// The larger; a NaN wins, and so shows in the result.
struct Largest {
  __device__ float operator()(float a, float b) const { return a > b || a != a ? a : b; }
};

/// Bytes of shared memory that block_reduce uses.
inline constexpr std::size_t reduction_bytes = warp_size * sizeof(float);

/// The same over the whole block, of whole warps. `scratch` is shared memory of reduction_bytes, free again
/// when the call returns.
template <typename Combine>
__device__ float block_reduce(Thread& thread, float value, float* scratch, float neutral,
                              const Combine& combine) {
  value = warp_reduce(thread, value, combine);
  if (thread.lane() == 0) scratch[thread.warp()] = value;
  thread.sync();
  const bool has_warp = thread.lane() < thread.count() / warp_size;
  value = warp_reduce(thread, has_warp ? scratch[thread.lane()] : neutral, combine);
  thread.sync();
  return value;
}

}  // namespace calibram
