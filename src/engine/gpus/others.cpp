// SPDX-License-Identifier: MIT
// Cards of AMD and Intel, and what shares its host's memory.
#include "src/engine/gpus/tables.hpp"

#include <array>

namespace calibram {
namespace {

using enum GpuVendor;
using enum GpuClass;

// Metal lets a process use two thirds of a small machine and three quarters of a large one, until
// iogpu.wired_limit_mb says otherwise; the printed limit tells how much memory the machine had. A Strix Halo
// is not listed: how much its processor lends to graphics is a setting of the firmware and of the kernel.

// Name, aliases, vendor, class, nominal GB, the driver's total, what a process gets.
// clang-format off
constexpr std::array others_table = {
    Gpu{"RX 6700 XT", "", amd, consumer, 12, not_found, mib(12272, R"-(llama.cpp: "AMD Radeon RX 6700 XT", "VRAM: 12272 MiB")-")},
    Gpu{"RX 6800", "", amd, consumer, 16, not_found, mib(16368, R"-(llama.cpp: "AMD Radeon RX 6800 (16368 MiB")-")},
    Gpu{"RX 6800 XT", "", amd, consumer, 16, not_found, mib(16368, R"-(llama.cpp: "AMD Radeon RX 6800 XT", "VRAM: 16368 MiB")-")},
    Gpu{"RX 6900 XT", "", amd, consumer, 16, not_found, mib(16368, R"-(hashcat: "AMD Radeon RX 6900 XT", "Memory.Total...: 16368 MB")-")},
    Gpu{"RX 7700 XT", "", amd, consumer, 12, not_found, mib(12272, opencl_benchmark)},
    Gpu{"RX 7800 XT", "", amd, consumer, 16, not_found, bytes(17163091968, R"-("AMD Radeon RX 7800 XT, gfx1101, 60 CU, 16 GiB VRAM (17,163,091,968 B)")-")},
    Gpu{"RX 7900 XT", "", amd, consumer, 20, not_found, mib(20464, R"-(llama.cpp: "AMD Radeon RX 7900 XT", "VRAM: 20464 MiB")-")},
    Gpu{"RX 7900 XTX", "", amd, consumer, 24, not_found, mib(24560, R"-(llama.cpp: "AMD Radeon RX 7900 XTX", "VRAM: 24560 MiB")-")},
    Gpu{"RX 9060 XT 16GB", "", amd, consumer, 16, not_found, mib(16304, R"-(llama.cpp: "AMD Radeon RX 9060 XT", "VRAM: 16304 MiB")-")},
    Gpu{"RX 9070", "", amd, consumer, 16, not_found, not_found},
    Gpu{"RX 9070 XT", "", amd, consumer, 16, not_found, mib(16304, R"-(llama.cpp: "AMD Radeon RX 9070 XT", "VRAM: 16304 MiB")-")},
    Gpu{"Pro V620", "", amd, data_centre, 32, not_found, mib(30704, R"-(llama.cpp: "AMD Radeon Pro V620", "VRAM: 30704 MiB")-")},
    Gpu{"Pro W7900", "", amd, workstation, 48, not_found, not_found},
    Gpu{"AI PRO R9700", "", amd, workstation, 32, not_found, mib(32624, R"-(llama.cpp: "AMD Radeon AI PRO R9700", "VRAM: 32624 MiB")-")},
    Gpu{"MI50 16GB", "MI60 16GB", amd, data_centre, 16, not_found, mib(16368, R"-(llama.cpp: "AMD Instinct MI60 / MI50", "VRAM: 16368 MiB")-")},
    Gpu{"MI50 32GB", "MI60, MI60 32GB", amd, data_centre, 32, not_found, mib(32752, R"-(llama.cpp: "AMD Instinct MI60 / MI50", "VRAM: 32752 MiB")-")},
    Gpu{"MI100", "", amd, data_centre, 32, not_found, not_found},
    Gpu{"MI210", "", amd, data_centre, 64, not_found, mib(65520, opencl_benchmark)},
    Gpu{"MI250X", "MI250", amd, data_centre, 64, not_found, mib(65520, R"-(torch, each half: "name='AMD Instinct MI250X', major=9, minor=0", "total_memory=65520MB")-")},
    Gpu{"MI300X", "", amd, data_centre, 192, not_found, mib(196592, opencl_benchmark)},
    Gpu{"MI325X", "", amd, data_centre, 256, not_found, gib_hundredths(25598, R"-(PyTorch on 256 GB: "HIP out of memory", "GPU 0 has a total capacity of 255.98 GiB")-")},
    Gpu{"MI355X", "", amd, data_centre, 288, not_found, mib(294896, opencl_benchmark)},
    Gpu{"Arc A770 16GB", "", intel, consumer, 16, not_found, bytes(16225243136, "SYCL, docs/backend/SYCL.md of github.com/ggml-org/llama.cpp")},
    Gpu{"Arc B580", "", intel, consumer, 12, not_found, mib(12215, opencl_benchmark)},
    Gpu{"Arc Pro B60", "", intel, workstation, 24, not_found, mib(23256, R"-(torch: "name='Intel(R) Arc(TM) Pro B60 Graphics'", "total_memory=23256MB")-")},
    Gpu{"Max 1100", "Data Center GPU Max 1100", intel, data_centre, 48, not_found, mib(49135, opencl_benchmark)},
    Gpu{"GB10", "DGX Spark", nvidia, unified, 128, not_found, mib(122570, R"-(deviceQuery: "NVIDIA GB10", "122,570 MBytes")-")},
    Gpu{"Apple M1 8GB", "", apple, unified, 8, not_found, mib(5461, R"-(llama.cpp: "MTL0 (Apple M1)    |  5461")-")},
    Gpu{"Apple M1 Pro 16GB", "", apple, unified, 16, not_found, bytes(11453250000, R"-(llama.cpp: "recommendedMaxWorkingSetSize  = 11453.25 MB", "MTL0 (Apple M1 Pro)")-")},
    Gpu{"Apple M3 Max 64GB", "", apple, unified, 64, not_found, mib(49152, R"-(llama.cpp: "MTL0 (Apple M3 Max) | 49152")-")},
    Gpu{"Apple M4 Pro 24GB", "", apple, unified, 24, not_found, mib(16384, R"-(llama.cpp: "MTL0 (Apple M4 Pro) | 16384")-")},
};
// clang-format on

}  // namespace

std::span<const Gpu> other_gpus() { return others_table; }

}  // namespace calibram
