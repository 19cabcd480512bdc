// SPDX-License-Identifier: MIT
// NVIDIA's data-centre cards, mostly run with ECC.
#include "src/engine/gpus/tables.hpp"

#include <array>

namespace calibram {
namespace {

using enum GpuVendor;
using enum GpuClass;

constexpr std::string_view javydekoning = "hashcat, github.com/javydekoning/aws-hashcat";
constexpr std::string_view javydekoning_smi = "nvidia-smi, github.com/javydekoning/aws-hashcat";
constexpr std::string_view modal = "nvidia-smi, github.com/modal-labs/modal-client/pull/2797";

// Name, aliases, vendor, class, nominal GB, the driver's total, what a process gets.
// clang-format off
constexpr std::array nvidia_data_centre_table = {
    Gpu{"K80", "", nvidia, data_centre, 12, not_found, mib(11441, "hashcat, each half, github.com/siseci/hashcat-benchmark-comparison")},
    Gpu{"P40", "", nvidia, data_centre, 24, not_found, mib(24446, R"-(without ECC: "(Tesla P40, 24446MiB)")-")},
    Gpu{"P100 16GB", "P100 PCIe 16GB, P100 SXM2 16GB", nvidia, data_centre, 16, not_found, mib(16269, R"-(torch 2.11.0: "CUDA:0 (Tesla P100-PCIE-16GB, 16269MiB)")-")},
    Gpu{"V100 16GB", "V100 SXM2 16GB, V100 PCIe 16GB", nvidia, data_centre, 16, mib(16384, javydekoning_smi), mib(16151, javydekoning)},
    Gpu{"V100 32GB", "V100 SXM2 32GB, V100 SXM3 32GB, V100 PCIe 32GB, V100S PCIe 32GB", nvidia, data_centre, 32, not_found, mib(32494, R"-(torch 2.6.0: "CUDA:0 (Tesla V100-SXM2-32GB, 32494MiB)")-")},
    Gpu{"T4", "", nvidia, data_centre, 16, mib(15360, javydekoning_smi), mib(14910, javydekoning)},
    Gpu{"A2", "", nvidia, data_centre, 16, mib(15356, R"-("NVIDIA A2, 15356")-"), not_found},
    Gpu{"A10", "", nvidia, data_centre, 24, mib(23028, modal), bytes(23696375808, R"-(deviceQuery, CUDA 12.8: "22599 MBytes (23696375808 bytes)")-")},
    Gpu{"A10G", "", nvidia, data_centre, 24, mib(23028, javydekoning_smi), mib(22563, javydekoning)},
    Gpu{"A16", "", nvidia, data_centre, 16, mib(15356, R"-(each quarter: "NVIDIA A16, 15356 MiB")-"), not_found},
    Gpu{"A30", "", nvidia, data_centre, 24, mib(24576, R"-("NVIDIA A30, 24576 MiB")-"), mib(24164, R"-(torch 2.8.0: "CUDA:0 (NVIDIA A30, 24164MiB)")-")},
    Gpu{"A40", "", nvidia, data_centre, 48, mib(46068, "nvidia-smi, github.com/chatdoc-com/OCRFlux/issues/64"), bytes(47608692736, R"-(deviceQuery, CUDA 12.4: "45403 MBytes (47608692736 bytes)")-")},
    Gpu{"A100 PCIe 40GB", "", nvidia, data_centre, 40, not_found, mib(40537, dosoos)},
    Gpu{"A100 SXM 40GB", "A100 40GB", nvidia, data_centre, 40, mib(40960, javydekoning_smi), mib(40370, javydekoning)},
    Gpu{"A100 PCIe 80GB", "", nvidia, data_centre, 80, not_found, mib(81154, R"-(torch 2.6.0: "CUDA:0 (NVIDIA A100 80GB PCIe, 81154MiB)")-")},
    Gpu{"A100 SXM 80GB", "A100 80GB", nvidia, data_centre, 80, mib(81920, modal), mib(81153, R"-(torch 2.7.0: "CUDA:0 (NVIDIA A100-SXM4-80GB, 81153MiB)")-")},
    Gpu{"A800 80GB", "A800 PCIe 80GB, A800 SXM 80GB", nvidia, data_centre, 80, not_found, mib(81037, dosoos)},
    Gpu{"L4", "", nvidia, data_centre, 24, mib(23034, modal), mib(22563, R"-(torch 2.11.0: "CUDA:0 (NVIDIA L4, 22563MiB)")-")},
    Gpu{"L40", "", nvidia, data_centre, 48, mib(46068, R"-("NVIDIA L40, 46068 MiB")-"), not_found},
    Gpu{"L40S", "", nvidia, data_centre, 48, mib(46068, modal), mib(45372, javydekoning)},
    Gpu{"H20", "H20 96GB", nvidia, data_centre, 96, mib(97871, R"-("NVIDIA H20", "97871 MiB")-"), mib(97285, R"-(torch: "name='NVIDIA H20', major=9, minor=0, total_memory=97285MB")-")},
    Gpu{"H100 PCIe 80GB", "H100 PCIe", nvidia, data_centre, 80, not_found, mib(81008, R"-(torch: "name='NVIDIA H100 PCIe', major=9, minor=0, total_memory=81008MB")-")},
    Gpu{"H100 SXM 80GB", "H100, H100 80GB, H100 SXM", nvidia, data_centre, 80, mib(81559, modal), mib(81008, javydekoning)},
    Gpu{"H100 NVL 94GB", "H100 NVL", nvidia, data_centre, 94, mib(95830, R"-("NVIDIA H100 NVL, 95830 MiB")-"), mib(95320, R"-(torch 2.13.0: "CUDA:0 (NVIDIA H100 NVL, 95320MiB)")-")},
    Gpu{"H200", "H200 141GB, H200 SXM, H200 SXM 141GB", nvidia, data_centre, 141, not_found, mib(143156, R"-(torch 2.11.0: "CUDA:0 (NVIDIA H200, 143156MiB)")-")},
    Gpu{"H200 NVL", "H200 NVL 141GB", nvidia, data_centre, 141, mib(143771, massed), not_found},
    Gpu{"H800", "H800 80GB, H800 SXM 80GB, H800 PCIe 80GB", nvidia, data_centre, 80, mib(81559, R"-("NVIDIA H800, 81559 MiB")-"), not_found},
    Gpu{"GH200 96GB", "GH200, GH200 480GB, GH200 120GB", nvidia, data_centre, 96, not_found, bytes(101468602368, R"-(deviceQuery, CUDA 12.9: "96768 MBytes (101468602368 bytes)")-")},
    Gpu{"B200", "B200 180GB", nvidia, data_centre, 180, mib(183359, "nvidia-smi, github.com/tnAnGel/HashCat-Benchmark"), mib(182642, opencl_benchmark)},
    Gpu{"B300", "B300 SXM6 AC, B300 288GB", nvidia, data_centre, 288, mib(275040, R"-("NVIDIA B300 SXM6 AC", "275040 MiB")-"), mib(274113, opencl_benchmark)},
    Gpu{"GB200", "", nvidia, data_centre, 186, mib(189471, R"-("NVIDIA GB200, 189471 MiB")-"), not_found},
};
// clang-format on

}  // namespace

std::span<const Gpu> nvidia_data_centre_gpus() { return nvidia_data_centre_table; }

}  // namespace calibram
