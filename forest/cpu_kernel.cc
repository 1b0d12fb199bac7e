#include "forest/cpu_kernel.h"

namespace forest {

std::vector<CpuKernel> cpu_kernels() {
  std::vector<CpuKernel> kernels{CpuKernel::portable};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) kernels.push_back(CpuKernel::avx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd")) {
    kernels.push_back(CpuKernel::avx512);
  }
#endif
  return kernels;
}

CpuKernel best_cpu_kernel() {
  static const CpuKernel kBest = cpu_kernels().back();
  return kBest;
}

}  // namespace forest
