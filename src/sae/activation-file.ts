/** Activations of texts in a file, so that the model reads each text once for all epochs and trainings. */
import { type FileHandle, open } from "node:fs/promises";
import { RunError } from "../errors.js";
import { float16ToFloat32, float32ToFloat16 } from "../io/float16.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { sum } from "../stats/moments.js";

/** Bytes of the activations of so many tokens. */
export function activationBytes(tokens: number, layers: number, dModel: number): number {
  return 2 * tokens * layers * dModel;
}

/**
 * Half precision, text by text in the order of the texts, layer by layer. A new file holds nothing: it
 * serves one process. Every reader gets the rounded values, the first as well, so that results do not
 * depend on what was read before.
 */
export class ActivationFile {
  private readonly kept = new Set<number>();
  /** The first value of each text. */
  private readonly starts: readonly number[];
  private squares = 0;
  private squaredErrors = 0;

  private constructor(
    private readonly handle: FileHandle,
    private readonly lengths: readonly number[],
    private readonly layers: readonly number[],
    private readonly dModel: number,
  ) {
    let at = 0;
    this.starts = lengths.map((length) => {
      const start = at;
      at += length * layers.length * dModel;
      return start;
    });
  }

  /**
   * @param lengths tokens of each text
   * @param layers whose activations are kept
   */
  static async create(
    path: string,
    lengths: readonly number[],
    layers: readonly number[],
    dModel: number,
  ): Promise<ActivationFile> {
    return new ActivationFile(await open(path, "w+"), lengths, layers, dModel);
  }

  has(text: number): boolean {
    return this.kept.has(text);
  }

  /**
   * Keeps the activations of some texts.
   * @param activations layer -> [tokens of all of these texts, dModel]
   */
  async add(texts: readonly number[], activations: ReadonlyMap<number, FloatTensor>): Promise<void> {
    let token = 0;
    for (const text of texts) {
      const end = token + this.lengths[text];
      const parts = this.layers.map((layer) =>
        activations.get(layer)!.data.subarray(token * this.dModel, end * this.dModel),
      );
      const size = this.lengths[text] * this.dModel;
      const halves = new Uint16Array(parts.length * size);
      parts.forEach((part, i) => {
        halves.set(float32ToFloat16(part), i * size);
      });
      this.addError(parts, halves);
      await this.handle.write(halves, 0, halves.byteLength, 2 * this.starts[text]);
      this.kept.add(text);
      token = end;
    }
  }

  /** @throws RunError when a value is too large for half precision */
  private addError(parts: readonly Float32Array[], halves: Uint16Array): void {
    const rounded = float16ToFloat32(halves);
    let at = 0;
    for (const part of parts)
      for (const value of part) {
        this.squares += value * value;
        const error = rounded[at++] - value;
        this.squaredErrors += error * error;
      }
    if (!Number.isFinite(this.squaredErrors) && Number.isFinite(this.squares))
      throw new RunError("activations: expected at most 65504, the largest number in half precision, received more", {
        help: "With dictionaries.activationGib 0 they are read anew in each epoch, in single precision.",
      });
  }

  /** Activations of some texts that are kept: layer -> [tokens of all of these texts, dModel]. */
  async read(texts: readonly number[]): Promise<Map<number, FloatTensor>> {
    const tokens = sum(texts.map((text) => this.lengths[text]));
    const whole = this.layers.map(() => new Float32Array(tokens * this.dModel));
    let at = 0;
    for (const text of texts) {
      const size = this.lengths[text] * this.dModel;
      const halves = new Uint16Array(this.layers.length * size);
      await this.handle.read(halves, 0, halves.byteLength, 2 * this.starts[text]);
      const values = float16ToFloat32(halves);
      whole.forEach((data, i) => {
        data.set(values.subarray(i * size, (i + 1) * size), at);
      });
      at += size;
    }
    return new Map(this.layers.map((layer, i) => [layer, { dims: [tokens, this.dModel], data: whole[i] }]));
  }

  /** Of what was kept by this process: root of the squared rounding errors relative to the squares. */
  get relativeError(): number {
    return Math.sqrt(this.squaredErrors / this.squares);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
