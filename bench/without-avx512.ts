/**
 * Writes a copy of the packaged ONNX Runtime that takes this processor for one with AVX2 alone, to time that on a machine with AVX-512:
 *
 *     node --import tsx bench/without-avx512.ts /tmp/libonnxruntime.so.1
 *     REWARDSCOPE_ONNXRUNTIME=/tmp/libonnxruntime.so.1 ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2 npm run bench
 *
 * The variables do the same for PyTorch.
 */
import { writeLibraryWithoutAvx512 } from "../test/support/library-without-avx512.js";

const [out] = process.argv.slice(2);
if (!out) {
  console.error("expected the path of the copy");
  process.exit(2);
}
writeLibraryWithoutAvx512(out);
