/**
 * Parameters of a model, with gradients and Adam moments if they are trainable, in as many WebAssembly
 * memories as they need: one holds at most 4 GiB. ONNX Runtime reads and writes these arrays in place.
 * Used in the worker.
 */
import { RunError } from "../errors.js";
import { floatsOfTensor, gib, ParameterBlock, regionsOf } from "./parameter-block.js";
import type { AdamSettings, Region, TensorLayout } from "./protocol.js";

/** What the addresses of a WebAssembly memory reach. */
const BLOCK_BYTES = 2 ** 32;
/** The most values of a parameter that is trained, since it is in one block with its gradients and moments. */
export const MOST_TRAINED_ELEMENTS = BLOCK_BYTES / (4 * regionsOf(true));

/** All regions have the same layout, so one offset finds a parameter, its gradient and moments. */
export class ParameterMemory {
  private readonly blocks: readonly ParameterBlock[];
  private readonly blockOf = new Map<string, ParameterBlock>();
  private readonly dimsOf: ReadonlyMap<string, readonly number[]>;
  private changes = 0;

  /**
   * @param blockBytes the most that one block holds
   * @param threads that compute on it; more than one only for a backend that takes shared memory
   */
  constructor(
    readonly layout: readonly TensorLayout[],
    trainable: boolean,
    { blockBytes = BLOCK_BYTES, threads = 1 } = {},
  ) {
    this.dimsOf = new Map(layout.map(({ name, dims }) => [name, dims]));
    this.blocks = inBlocks(layout, trainable, blockBytes).map((part) => {
      const block = new ParameterBlock(part, trainable, threads);
      for (const { name } of part) this.blockOf.set(name, block);
      return block;
    });
  }

  /** Ends its threads; it is not to be used any more. */
  close(): void {
    for (const block of this.blocks) block.close();
  }

  /** Another number after every change of parameters. */
  get version(): number {
    return this.changes;
  }

  /** Sizes of a tensor that this memory has. */
  dims(name: string): readonly number[] {
    return this.dimsOf.get(name)!;
  }

  /**
   * The live array of a tensor; undefined if not in this memory. Overwrite it only by `overwrite`.
   */
  view(region: Region, name: string): Float32Array | undefined {
    return this.blockOf.get(name)?.view(region, name);
  }

  /** The live array of a tensor, for overwriting all of it. */
  overwrite(region: Region, name: string): Float32Array | undefined {
    if (region === "parameters") this.changes++;
    return this.blockOf.get(name)?.overwrite(region, name);
  }

  /** Sets the gradient of a table to 0 before rows are added. */
  clearRows(name: string): void {
    this.blockOf.get(name)!.clearRows(name);
  }

  /** Adds rows [.., size] to the gradient of a table, at the rows `indices` [.., 1]. */
  addRows(name: string, indices: BigInt64Array, rows: Float32Array): void {
    this.blockOf.get(name)!.addRows(name, indices, rows);
  }

  /**
   * The block that holds all of these tensors.
   * @throws RunError when there is none
   */
  blockWith(names: readonly string[]): ParameterBlock {
    const [block, ...others] = new Set(names.map((name) => this.blockOf.get(name)));
    if (block && others.length === 0) return block;
    throw new RunError(`memory of parameters: expected ${names.join(", ")} in one block of at most 4 GiB`, {
      help: "Train smaller autoencoders.",
    });
  }

  /** One Adam step on every tensor; returns the Euclidean norm of all gradients before clipping. */
  adamStep(settings: AdamSettings): number {
    const norm = Math.sqrt(this.blocks.reduce((total, block) => total + block.gradientSquares(), 0));
    if (!Number.isFinite(norm)) return norm;
    // PyTorch's clip_grad_norm_: the factor is max / (norm + 1e-6), at most 1.
    const scale = settings.maxGradNorm > 0 ? Math.min(1, settings.maxGradNorm / (norm + 1e-6)) : 1;
    this.changes++;
    for (const block of this.blocks) block.adamStep(settings, scale);
    return norm;
  }
}

/**
 * The tensors in their order, in parts that fit into a block.
 * @throws RunError that names a tensor that is larger than a block
 */
function inBlocks(layout: readonly TensorLayout[], trainable: boolean, blockBytes: number): TensorLayout[][] {
  const parts: TensorLayout[][] = [[]];
  let free = blockBytes;
  for (const tensor of layout) {
    const bytes = floatsOfTensor(tensor) * 4 * regionsOf(trainable);
    if (bytes > blockBytes) throw tooLarge(tensor, bytes, blockBytes);
    if (bytes > free) {
      parts.push([]);
      free = blockBytes;
    }
    parts[parts.length - 1].push(tensor);
    free -= bytes;
  }
  return parts;
}

function tooLarge({ name, dims }: TensorLayout, bytes: number, blockBytes: number): RunError {
  return new RunError(
    `memory of parameters: expected at most ${gib(blockBytes)} for one, received ${gib(bytes)} for ${name} [${dims.join(", ")}]`,
    {
      help: "With gradients and Adam's moments a parameter takes four times its size: a model that is only read may be larger.",
    },
  );
}
