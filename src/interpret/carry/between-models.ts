/** A third model whose weights lie between those of a base and a tuned model, or are taken from either. */
import { FormatError } from "../../errors.js";
import { sameDims } from "../../graph/dims.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { copyModel } from "../../model/load.js";

/** The model that parts of the other are put into. */
export type Recipient = "base" | "tuned";

export class BetweenModels {
  private constructor(
    readonly base: CausalLm,
    readonly tuned: CausalLm,
    /** The model whose weights are set. */
    readonly model: CausalLm,
    /** tuned - base, by name. */
    readonly differences: ReadonlyMap<string, Float32Array>,
  ) {}

  /**
   * Memory: base and tuned, their difference, and a third model, which holds gradients too if it is
   * trainable.
   * @param trainable default true, as the path along the weights needs
   * @throws FormatError when a parameter is in one model alone, or has another shape there
   */
  static async of(base: CausalLm, tuned: CausalLm, { trainable = true } = {}): Promise<BetweenModels> {
    requireSameLayout(base, tuned);
    const differences = new Map<string, Float32Array>();
    for (const name of base.parameterNames) {
      const { data } = await tuned.parameter(name);
      const { data: start } = await base.parameter(name);
      for (let i = 0; i < data.length; i++) data[i] -= start[i];
      differences.set(name, data);
    }
    return new BetweenModels(base, tuned, await copyModel(base, { trainable }), differences);
  }

  /**
   * Weights base + dose (tuned - base); 0 and 1 are base and tuned to the bit.
   * @param dose any number: beyond 0 and 1 it goes on along the line
   */
  async setDose(dose: number): Promise<void> {
    if (dose === 0 || dose === 1) return this.put("base", dose === 0 ? [] : this.base.parameterNames);
    for (const name of this.base.parameterNames) {
      const { data } = await this.base.parameter(name);
      const difference = this.differences.get(name)!;
      for (let i = 0; i < data.length; i++) data[i] += dose * difference[i];
      await this.model.store.write(name, data);
    }
  }

  /** Weights of one model with some parameters of the other in place of its own. */
  async put(recipient: Recipient, parameters: readonly string[]): Promise<void> {
    const [own, other] = recipient === "base" ? [this.base, this.tuned] : [this.tuned, this.base];
    await this.model.store.copyFrom(own.store);
    for (const name of parameters) await this.model.store.write(name, (await other.parameter(name)).data);
  }

  /** Frees the third model; base and tuned stay. */
  dispose(): Promise<void> {
    return this.model.dispose();
  }
}

function requireSameLayout(base: CausalLm, tuned: CausalLm): void {
  const [one, two] = [base, tuned].map(
    ({ architecture, config }) => new Map(architecture.layout(config).map(({ name, dims }) => [name, dims])),
  );
  for (const name of new Set([...one.keys(), ...two.keys()])) {
    const [own, other] = [one.get(name), two.get(name)];
    if (own && other && sameDims(own, other)) continue;
    const shown = (dims?: readonly number[]) => (dims ? `[${dims.join(", ")}]` : "none");
    throw new FormatError(
      name,
      `base and tuned model need the same parameters: base ${shown(own)}, tuned ${shown(other)}`,
    );
  }
}
