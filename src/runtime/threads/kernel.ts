/** All functions of the project's own that compute on a memory of parameters, as one WebAssembly module. */
import { type AdamKernel, adamFunctions } from "../adam-kernel.js";
import { type SparseKernel, sparseFunctions } from "../sparse/kernel.js";
import { assemble } from "../wasm/assembler.js";

export type Kernel = AdamKernel & SparseKernel;

const functions = [...adamFunctions, ...sparseFunctions];

/** The functions' names, in an order that threads agree on. */
export const kernelFunctions = functions.map(({ name }) => name as keyof Kernel);

/** @param shared whether threads share the memory */
export function kernelOn(memory: WebAssembly.Memory, shared: boolean): Kernel {
  const module = new WebAssembly.Module(assemble(functions, shared));
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
}
