/**
 * Writes a copy of the packaged ONNX Runtime that takes this processor for one with AVX2 alone, to time that on a machine with AVX-512:
 *
 *     node --import tsx bench/without-avx512.ts /tmp/libonnxruntime.so.1
 *     REWARDSCOPE_ONNXRUNTIME=/tmp/libonnxruntime.so.1 ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2 npm run bench
 *
 * The variables do the same for PyTorch.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { LIBRARY_VERSION, packagedLibrary } from "../src/runtime/backends/c-api/library.js";

/** In the constructor of MLAS's platform: `test $0x10000, %r10d` (the flag of AVX512F), `je` over its kernels. */
const TEST_AND_JUMP = Buffer.from("41f7c200000100740e", "hex");
const [JUMP_IF_ABSENT, JUMP] = [0x74, 0xeb];

const [out] = process.argv.slice(2);
if (!out) {
  console.error("expected the path of the copy");
  process.exit(2);
}
const library = readFileSync(packagedLibrary());
const at = library.indexOf(TEST_AND_JUMP);
if (at < 0 || library.indexOf(TEST_AND_JUMP, at + 1) >= 0) {
  console.error(`the library is not that of ONNX Runtime ${LIBRARY_VERSION} for Linux on x64`);
  process.exit(1);
}
library[library.indexOf(JUMP_IF_ABSENT, at)] = JUMP;
writeFileSync(out, library);
