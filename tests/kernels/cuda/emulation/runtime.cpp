// SPDX-License-Identifier: MIT
// The CUDA runtime that emulated tests link instead of the real one: a card whose memory is the host's, and
// whose calls do at once what the documentation says they do in order.
#include "tests/kernels/cuda/emulation/runtime.hpp"

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>

namespace calibram {
namespace {

thread_local EmulatedCard card;
thread_local std::map<void*, std::size_t> blocks;
thread_local cudaError_t last_error = cudaSuccess;

cudaError_t answer(cudaError_t status) {
  if (card.sticky_error != cudaSuccess) status = card.sticky_error;
  if (status != cudaSuccess) last_error = status;
  return status;
}

std::size_t pages(std::size_t size) { return (size + card.page - 1) / card.page * card.page; }

// The driver's functions that are looked up by name.
CUresult allocation_granularity(std::size_t* size, const CUmemAllocationProp*,
                                CUmemAllocationGranularity_flags) {
  *size = card.page;
  return CUDA_SUCCESS;
}
CUresult module_loading_mode(CUmoduleLoadingMode* mode) {
  *mode = CU_MODULE_LAZY_LOADING;
  return CUDA_SUCCESS;
}
/// Differs from the runtime's, as it does for a MIG instance.
CUresult device_uuid(CUuuid* uuid, CUdevice) {
  for (int i = 0; i < 16; ++i) uuid->bytes[i] = static_cast<char>(0xA0 + i);
  return CUDA_SUCCESS;
}

void* driver_function(std::string_view name) {
  if (!card.driver_has_functions) return nullptr;
  if (name == "cuMemGetAllocationGranularity") return reinterpret_cast<void*>(&allocation_granularity);
  if (name == "cuModuleGetLoadingMode") return reinterpret_cast<void*>(&module_loading_mode);
  if (name == "cuDeviceGetUuid") return reinterpret_cast<void*>(&device_uuid);
  return nullptr;
}

}  // namespace

EmulatedCard& emulated_card() { return card; }

std::size_t emulated_bytes_in_use() {
  std::size_t sum = 0;
  for (const auto& [address, size] : blocks) sum += pages(size);
  return sum;
}

}  // namespace calibram

using calibram::answer;
using calibram::blocks;
using calibram::card;

cudaError_t cudaMalloc(void** block, std::size_t size) {
  *block = nullptr;
  if (size == 0) return answer(cudaSuccess);
  if (card.sticky_error != cudaSuccess) return answer(card.sticky_error);
  if (calibram::emulated_bytes_in_use() + card.used_by_others + calibram::pages(size) > card.total)
    return answer(cudaErrorMemoryAllocation);
  // Exactly the bytes that were asked for, so that the address sanitizer sees what lies beyond.
  *block = std::aligned_alloc(256, (size + 255) / 256 * 256);
  blocks[*block] = size;
  return answer(cudaSuccess);
}

cudaError_t cudaFree(void* block) {
  if (block == nullptr) return answer(cudaSuccess);
  if (blocks.erase(block) == 0) return answer(cudaErrorInvalidValue);
  std::free(block);
  return answer(cudaSuccess);
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  ++card.memory_readings;
  *total = card.total;
  *free = card.total - card.used_by_others - calibram::emulated_bytes_in_use();
  return answer(cudaSuccess);
}

cudaError_t cudaMemset(void* to, int value, std::size_t size) {
  if (size > 0) std::memset(to, value, size);  // of nothing the address may be null
  return answer(cudaSuccess);
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t size, cudaStream_t) {
  return cudaMemset(to, value, size);
}
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t size, cudaMemcpyKind) {
  if (size > 0) std::memcpy(to, from, size);
  return answer(cudaSuccess);
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t size, cudaMemcpyKind kind, cudaStream_t) {
  return cudaMemcpy(to, from, size, kind);
}
cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                              std::size_t width, std::size_t height, cudaMemcpyKind, cudaStream_t) {
  for (std::size_t row = 0; row < height; ++row)
    std::memcpy(static_cast<char*>(to) + row * to_pitch, static_cast<const char*>(from) + row * from_pitch,
                width);
  return answer(cudaSuccess);
}

cudaError_t cudaStreamSynchronize(cudaStream_t) { return answer(cudaSuccess); }
cudaError_t cudaDeviceSynchronize() { return answer(cudaSuccess); }
cudaError_t cudaGetLastError() {
  const cudaError_t status = calibram::last_error;
  calibram::last_error = cudaSuccess;
  return status;
}
const char* cudaGetErrorName(cudaError_t status) {
  return status == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "cudaErrorOfTheTest";
}
const char* cudaGetErrorString(cudaError_t) { return "an error that the test ordered"; }

cudaError_t cudaGetDeviceCount(int* count) {
  *count = card.count;
  return answer(card.count_status);
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = card.driver_version;
  return answer(cudaSuccess);
}
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return answer(cudaSuccess);
}
cudaError_t cudaSetDevice(int device) {
  return answer(device >= 0 && device < card.count ? cudaSuccess : cudaErrorInvalidDevice);
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  card.name.copy(properties->name, sizeof properties->name - 1);
  for (int i = 0; i < 16; ++i) properties->uuid.bytes[i] = static_cast<char>(i);
  properties->pciDomainID = 1;
  properties->pciBusID = 0x3B;
  properties->pciDeviceID = 2;
  properties->major = 9;
  properties->minor = 0;
  properties->multiProcessorCount = 132;
  properties->ECCEnabled = 1;
  return answer(cudaSuccess);
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrMemoryPoolsSupported && card.has_pools ? 1 : 0;
  return answer(cudaSuccess);
}
cudaError_t cudaDeviceGetLimit(std::size_t* size, cudaLimit kind) {
  *size = kind == cudaLimitStackSize ? 1024 : kind == cudaLimitPrintfFifoSize ? 7 << 20 : 8 << 20;
  return answer(cudaSuccess);
}
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int) {
  *pool = reinterpret_cast<cudaMemPool_t>(&card);
  return answer(card.has_pools ? cudaSuccess : cudaErrorNotSupported);
}
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
  if (pool != reinterpret_cast<cudaMemPool_t>(&card)) return answer(cudaErrorInvalidValue);
  *static_cast<std::uint64_t*>(value) = attribute == cudaMemPoolAttrUsedMemHigh ? 3 << 20 : 4 << 20;
  return answer(cudaSuccess);
}

namespace {
cudaError_t find_driver_function(const char* name, void** function, cudaDriverEntryPointQueryResult* found) {
  *function = calibram::driver_function(name);
  *found = *function == nullptr ? cudaDriverEntryPointSymbolNotFound : cudaDriverEntryPointSuccess;
  return answer(cudaSuccess);
}
}  // namespace
#if CUDART_VERSION >= 12050
cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* found) {
  return find_driver_function(name, function, found);
}
#else
cudaError_t cudaGetDriverEntryPoint(const char* name, void** function, unsigned long long,
                                    cudaDriverEntryPointQueryResult* found) {
  return find_driver_function(name, function, found);
}
#endif
