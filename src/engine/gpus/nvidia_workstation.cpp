// SPDX-License-Identifier: MIT
// NVIDIA's workstation cards, mostly run without ECC.
#include "src/engine/gpus/tables.hpp"

#include <array>

namespace calibram {
namespace {

using enum GpuVendor;
using enum GpuClass;

// Name, aliases, vendor, class, nominal GB, the driver's total, what a process gets.
// clang-format off
constexpr std::array nvidia_workstation_table = {
    Gpu{"Quadro RTX 4000", "", nvidia, workstation, 8, not_found, bytes(8370192384, R"-(deviceQuery, CUDA 11.7: "7982 MBytes (8370192384 bytes)")-")},
    Gpu{"Quadro RTX 5000", "", nvidia, workstation, 16, not_found, bytes(15634726912, R"-(deviceQuery, CUDA 13.0, with ECC: "14910 MBytes (15634726912 bytes)")-")},
    Gpu{"Quadro RTX 6000", "", nvidia, workstation, 24, mib(23040, R"-(with ECC: "Quadro RTX 6000, 23040 MiB")-"), not_found},
    Gpu{"Quadro RTX 8000", "", nvidia, workstation, 48, not_found, mib(48380, R"-("CUDA:0 (Quadro RTX 8000, 48380MiB)")-")},
    Gpu{"RTX A2000 12GB", "", nvidia, workstation, 12, not_found, mib(12017, R"-(torch 2.1.0: "CUDA:0 (NVIDIA RTX A2000 12GB, 12017MiB)")-")},
    Gpu{"RTX A4000", "", nvidia, workstation, 16, not_found, gib_hundredths(1561, "PyTorch, github.com/DengKaiCQ/VGGT-Long/issues/6")},
    Gpu{"RTX A4500", "", nvidia, workstation, 20, mib(20470, R"-("NVIDIA RTX A4500, 20470 MiB")-"), not_found},
    Gpu{"RTX A5000", "", nvidia, workstation, 24, not_found, mib(24138, R"-(torch: "name='NVIDIA RTX A5000', major=8, minor=6, total_memory=24138MB")-")},
    Gpu{"RTX A5500", "", nvidia, workstation, 24, not_found, mib(24090, R"-(torch 2.7.1: "CUDA:0 (NVIDIA RTX A5500, 24090MiB)")-")},
    Gpu{"RTX A6000", "", nvidia, workstation, 48, mib(49140, massed), gib_hundredths(4753, R"-(torch 2.6.0: "NVIDIA RTX A6000, 47.53 GiB")-")},
    Gpu{"RTX 2000 Ada", "", nvidia, workstation, 16, mib(16380, R"-("NVIDIA RTX 2000 Ada Generation, 16380 MiB")-"), not_found},
    Gpu{"RTX 4000 Ada", "RTX 4000 SFF Ada", nvidia, workstation, 20, mib(20475, R"-("RTX 4000 Ada, 20475 MiB")-"), not_found},
    Gpu{"RTX 4500 Ada", "", nvidia, workstation, 24, mib(24570, R"-("NVIDIA RTX 4500 Ada Generation, 24,570 MiB")-"), not_found},
    Gpu{"RTX 5000 Ada", "", nvidia, workstation, 32, mib(32760, R"-("NVIDIA RTX 5000 Ada Generation, 32760 MiB")-"), not_found},
    Gpu{"RTX 6000 Ada", "", nvidia, workstation, 48, not_found, mib(48519, dosoos)},
    Gpu{"RTX PRO 4000", "", nvidia, workstation, 24, mib(24467, R"-("NVIDIA RTX PRO 4000 Blackwell, 24467 MiB")-"), not_found},
    Gpu{"RTX PRO 4500", "", nvidia, workstation, 32, mib(32623, R"-("NVIDIA RTX PRO 4500 Blackwell, 12.0, 32623 MiB")-"), not_found},
    Gpu{"RTX PRO 5000", "", nvidia, workstation, 48, mib(48935, R"-("NVIDIA RTX PRO 5000 Blackwell, 595.71.05, 48935 MiB")-"), gib_hundredths(4723, R"-("NVIDIA RTX PRO 5000 Blackwell, 47.23 GiB")-")},
    Gpu{"RTX PRO 6000", "RTX PRO 6000 Max-Q", nvidia, workstation, 96, mib(97887, massed), mib(97249, R"-(llama.cpp: "CUDA0 (RTX PRO 6000 Blackwell Workstation Edition) | 97249")-")},
};
// clang-format on

}  // namespace

std::span<const Gpu> nvidia_workstation_gpus() { return nvidia_workstation_table; }

}  // namespace calibram
