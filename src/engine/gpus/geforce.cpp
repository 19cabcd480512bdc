// SPDX-License-Identifier: MIT
// NVIDIA's GeForce and TITAN cards.
#include "src/engine/gpus/tables.hpp"

#include <array>

namespace calibram {
namespace {

using enum GpuVendor;
using enum GpuClass;

constexpr std::string_view its5q = "hashcat 6.2.6, github.com/its5Q/hashcat-benchmarks";

// Name, aliases, vendor, class, nominal GB, the driver's total, what a process gets.
// clang-format off
constexpr std::array geforce_table = {
    Gpu{"GTX 1060 6GB", "", nvidia, consumer, 6, not_found, mib(6063, its5q)},
    Gpu{"GTX 1070", "", nvidia, consumer, 8, not_found, mib(8106, its5q)},
    Gpu{"GTX 1070 Ti", "", nvidia, consumer, 8, not_found, mib(8105, its5q)},
    Gpu{"GTX 1080", "", nvidia, consumer, 8, not_found, mib(8105, its5q)},
    Gpu{"GTX 1080 Ti", "", nvidia, consumer, 11, not_found, mib(11178, dosoos)},
    Gpu{"TITAN Xp", "", nvidia, consumer, 12, not_found, mib(12183, opencl_benchmark)},
    Gpu{"GTX 1660", "", nvidia, consumer, 6, not_found, mib(5751, its5q)},
    Gpu{"GTX 1660 SUPER", "", nvidia, consumer, 6, not_found, mib(5929, its5q)},
    Gpu{"GTX 1660 Ti", "", nvidia, consumer, 6, not_found, mib(5747, R"-(llama.cpp: "NVIDIA GeForce GTX 1660 Ti, compute capability 7.5, VMM: yes, VRAM: 5747 MiB")-")},
    Gpu{"RTX 2060", "RTX 2060 6GB", nvidia, consumer, 6, not_found, mib(5917, its5q)},
    Gpu{"RTX 2060 SUPER", "", nvidia, consumer, 8, not_found, mib(7965, its5q)},
    Gpu{"RTX 2070", "", nvidia, consumer, 8, not_found, not_found},
    Gpu{"RTX 2070 SUPER", "", nvidia, consumer, 8, not_found, mib(7972, R"-(YOLOv8.0.231: "CUDA:0 (NVIDIA GeForce RTX 2070 SUPER, 7972MiB)")-")},
    Gpu{"RTX 2080", "", nvidia, consumer, 8, not_found, not_found},
    Gpu{"RTX 2080 SUPER", "", nvidia, consumer, 8, not_found, mib(7982, R"-(torch 1.13.1: "CUDA:0 (NVIDIA GeForce RTX 2080 SUPER, 7982MiB)")-")},
    Gpu{"RTX 2080 Ti", "", nvidia, consumer, 11, not_found, mib(11004, its5q)},
    Gpu{"TITAN RTX", "", nvidia, consumer, 24, not_found, mib(24212, R"-(torch 1.13.1: "CUDA:0 (NVIDIA TITAN RTX, 24212MiB)")-")},
    Gpu{"RTX 3050 6GB", "", nvidia, consumer, 6, not_found, bytes(6085214208, R"-(deviceQuery, CUDA 13.2: "5803 MBytes (6085214208 bytes)")-")},
    Gpu{"RTX 3050 8GB", "", nvidia, consumer, 8, not_found, not_found},
    Gpu{"RTX 3060", "RTX 3060 12GB", nvidia, consumer, 12, not_found, mib(12037, its5q)},
    Gpu{"RTX 3060 Ti", "", nvidia, consumer, 8, not_found, mib(7964, its5q)},
    Gpu{"RTX 3070", "", nvidia, consumer, 8, not_found, mib(7866, its5q)},
    Gpu{"RTX 3070 Ti", "", nvidia, consumer, 8, mib(8192, R"-(Windows: "CUDA:0 (NVIDIA GeForce RTX 3070 Ti, 8192MiB)")-"), not_found},
    Gpu{"RTX 3080", "RTX 3080 10GB", nvidia, consumer, 10, not_found, mib(9888, its5q)},
    Gpu{"RTX 3080 Ti", "", nvidia, consumer, 12, not_found, mib(11940, its5q)},
    Gpu{"RTX 3090", "", nvidia, consumer, 24, not_found, mib(24149, its5q)},
    Gpu{"RTX 3090 Ti", "", nvidia, consumer, 24, mib(24564, R"-("NVIDIA GeForce RTX 3090 Ti, 24564 MiB")-"), mib(24111, R"-(llama.cpp: "CUDA0 (RTX 3090 Ti) | 24111")-")},
    Gpu{"RTX 4060", "", nvidia, consumer, 8, not_found, mib(7807, R"-(torch 2.5.1: "CUDA:0 (NVIDIA GeForce RTX 4060, 7807MiB)")-")},
    Gpu{"RTX 4060 Ti 8GB", "", nvidia, consumer, 8, not_found, mib(7806, R"-(torch 2.12.1: "CUDA:0 (NVIDIA GeForce RTX 4060 Ti, 7806MiB)")-")},
    Gpu{"RTX 4060 Ti 16GB", "", nvidia, consumer, 16, not_found, mib(15978, its5q)},
    Gpu{"RTX 4070", "", nvidia, consumer, 12, not_found, mib(11999, its5q)},
    Gpu{"RTX 4070 SUPER", "", nvidia, consumer, 12, not_found, mib(11891, its5q)},
    Gpu{"RTX 4070 Ti", "", nvidia, consumer, 12, not_found, mib(12007, R"-(torch 2.1.1: "CUDA:0 (NVIDIA GeForce RTX 4070 Ti, 12007MiB)")-")},
    Gpu{"RTX 4070 Ti SUPER", "", nvidia, consumer, 16, not_found, mib(16071, its5q)},
    Gpu{"RTX 4080", "", nvidia, consumer, 16, not_found, mib(16079, dosoos)},
    Gpu{"RTX 4080 SUPER", "", nvidia, consumer, 16, not_found, mib(16072, its5q)},
    Gpu{"RTX 4090", "", nvidia, consumer, 24, mib(24564, "nvidia-smi, github.com/RLinf/RLinf/issues/255"), mib(24080, "llama.cpp, github.com/ggml-org/llama.cpp/pull/15860")},
    Gpu{"RTX 5060", "", nvidia, consumer, 8, mib(8151, R"-(Windows: "CUDA:0 (NVIDIA GeForce RTX 5060, 8151MiB)")-"), not_found},
    Gpu{"RTX 5060 Ti 8GB", "", nvidia, consumer, 8, mib(8151, R"-("NVIDIA GeForce RTX 5060 Ti, 8151 MiB")-"), not_found},
    Gpu{"RTX 5060 Ti 16GB", "", nvidia, consumer, 16, mib(16311, R"-("NVIDIA GeForce RTX 5060 Ti, 16311 MiB")-"), mib(15848, R"-(torch 2.12.0: "CUDA:0 (NVIDIA GeForce RTX 5060 Ti, 15848MiB)")-")},
    Gpu{"RTX 5070", "", nvidia, consumer, 12, mib(12227, R"-("NVIDIA GeForce RTX 5070, 12227 MiB")-"), mib(11755, dosoos)},
    Gpu{"RTX 5070 Ti", "", nvidia, consumer, 16, mib(16303, R"-("NVIDIA GeForce RTX 5070 Ti, 16303 MiB")-"), mib(15847, dosoos)},
    Gpu{"RTX 5080", "", nvidia, consumer, 16, mib(16303, R"-("NVIDIA GeForce RTX 5080, 16303 MiB")-"), mib(15840, R"-("CUDA:0 (NVIDIA GeForce RTX 5080, 15840MiB)")-")},
    Gpu{"RTX 5090", "", nvidia, consumer, 32, mib(32607, R"-("NVIDIA GeForce RTX 5090, 32607 MiB")-"), bytes(33680457728, "deviceQuery, github.com/NVIDIA/nccl/issues/1637")},
    Gpu{"RTX 3060 Laptop", "", nvidia, laptop, 6, not_found, bytes(6226378752, R"-(deviceQuery, CUDA 12.2: "5938 MBytes (6226378752 bytes)")-")},
    Gpu{"RTX 3070 Laptop", "", nvidia, laptop, 8, mib(8192, R"-("CUDA:0 (NVIDIA GeForce RTX 3070 Laptop GPU, 8192MiB)")-"), not_found},
    Gpu{"RTX 3070 Ti Laptop", "", nvidia, laptop, 8, not_found, bytes(8232435712, R"-(deviceQuery, CUDA 12.8: "7851 MBytes (8232435712 bytes)")-")},
    Gpu{"RTX 3080 Laptop 16GB", "", nvidia, laptop, 16, not_found, mib(15993, R"-(torch 2.8.0: "CUDA:0 (NVIDIA GeForce RTX 3080 Laptop GPU, 15993MiB)")-")},
    Gpu{"RTX 4060 Laptop", "", nvidia, laptop, 8, not_found, mib(7915, R"-(torch 2.3.1: "CUDA:0 (NVIDIA GeForce RTX 4060 Laptop GPU, 7915MiB)")-")},
    Gpu{"RTX 4070 Laptop", "", nvidia, laptop, 8, not_found, mib(7806, R"-(torch 2.7.1: "CUDA:0 (NVIDIA GeForce RTX 4070 Laptop GPU, 7806MiB)")-")},
    Gpu{"RTX 4080 Laptop", "", nvidia, laptop, 12, mib(12282, R"-("CUDA:0 (NVIDIA GeForce RTX 4080 Laptop GPU, 12282MiB)")-"), not_found},
    Gpu{"RTX 4090 Laptop", "", nvidia, laptop, 16, mib(16376, R"-("NVIDIA GeForce RTX 4090 Laptop GPU, 16376 MiB")-"), not_found},
    Gpu{"RTX 5060 Laptop", "", nvidia, laptop, 8, mib(8151, R"-("CUDA:0 (NVIDIA GeForce RTX 5060 Laptop GPU, 8151MiB)")-"), not_found},
    Gpu{"RTX 5070 Laptop", "", nvidia, laptop, 8, mib(8151, R"-("CUDA:0 (NVIDIA GeForce RTX 5070 Laptop GPU, 8151MiB)")-"), not_found},
    Gpu{"RTX 5090 Laptop", "", nvidia, laptop, 24, mib(24463, R"-("NVIDIA GeForce RTX 5090 Laptop GPU, 24463 MiB")-"), not_found},
};
// clang-format on

}  // namespace

std::span<const Gpu> geforce_gpus() { return geforce_table; }

}  // namespace calibram
