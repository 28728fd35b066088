/** A scratch file of matrices in single precision, one after the other, in the byte order of the machine. */
import { open } from "node:fs/promises";
import { FormatError } from "../errors.js";
import type { FloatTensor } from "../runtime/tensor.js";

/** Rows and columns before the values of each matrix. */
const HEADER_BYTES = 8;

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array | Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Writes matrices [rows, columns] into a new file, one in memory at a time. */
export async function writeMatrices(path: string, matrices: AsyncIterable<FloatTensor>): Promise<void> {
  const file = await open(path, "w");
  try {
    for await (const { dims, data } of matrices) {
      await file.writeFile(bytesOf(Uint32Array.from(dims)));
      await file.writeFile(bytesOf(data));
    }
  } finally {
    await file.close();
  }
}

/**
 * The matrices of such a file, one in memory at a time.
 * @throws FormatError when the file ends within one
 */
export async function* readMatrices(path: string): AsyncGenerator<FloatTensor> {
  const file = await open(path, "r");
  try {
    const fill = async (bytes: Uint8Array): Promise<number> => {
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    };
    for (;;) {
      const dims = new Uint32Array(2);
      const header = await fill(bytesOf(dims));
      if (header === 0) return;
      const data = new Float32Array(dims[0] * dims[1]);
      const values = await fill(bytesOf(data));
      if (header < HEADER_BYTES || values < data.byteLength)
        throw new FormatError(path, "ends within a matrix", { help: "Run the stage again." });
      yield { dims: [...dims], data };
    }
  } finally {
    await file.close();
  }
}
