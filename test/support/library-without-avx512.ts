/** The packaged ONNX Runtime as it is on a processor with AVX2 alone. */
import { readFileSync, writeFileSync } from "node:fs";
import { LIBRARY_VERSION, packagedLibrary } from "../../src/runtime/backends/c-api/library.js";

/** In the constructor of MLAS's platform: `test $0x10000, %r10d` (the flag of AVX512F), `je` over its kernels. */
const TEST_AND_JUMP = Buffer.from("41f7c200000100740e", "hex");
const [JUMP_IF_ABSENT, JUMP] = [0x74, 0xeb];

/**
 * Writes a copy of the packaged library that takes the processor for one without AVX-512.
 * @throws Error if the library is another one
 */
export function writeLibraryWithoutAvx512(path: string): void {
  const library = readFileSync(packagedLibrary());
  const at = library.indexOf(TEST_AND_JUMP);
  if (at < 0 || library.indexOf(TEST_AND_JUMP, at + 1) >= 0)
    throw new Error(`the library is not that of ONNX Runtime ${LIBRARY_VERSION} for Linux on x64`);
  library[library.indexOf(JUMP_IF_ABSENT, at)] = JUMP;
  writeFileSync(path, library);
}
