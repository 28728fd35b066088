/** A third model whose weights lie between those of a base and a tuned model, or are taken from either. */
import type { CausalLm } from "../../model/causal-lm.js";
import { copyModel } from "../../model/load.js";
import { MixedModel, requireSameLayout } from "./mixed-model.js";

/** The third model's store holds gradients too. */
export class BetweenModels extends MixedModel {
  private constructor(
    base: CausalLm,
    tuned: CausalLm,
    model: CausalLm,
    /** tuned - base, by name. */
    readonly differences: ReadonlyMap<string, Float32Array>,
  ) {
    super(base, tuned, model);
  }

  /**
   * Memory: base and tuned, their difference, and a trainable copy.
   * @throws FormatError when a parameter is in one model alone, or has another shape there
   */
  static async of(base: CausalLm, tuned: CausalLm): Promise<BetweenModels> {
    requireSameLayout(base, tuned);
    const differences = new Map<string, Float32Array>();
    for (const name of base.parameterNames) {
      const { data } = await tuned.parameter(name);
      const { data: start } = await base.parameter(name);
      for (let i = 0; i < data.length; i++) data[i] -= start[i];
      differences.set(name, data);
    }
    return new BetweenModels(base, tuned, await copyModel(base, { trainable: true }), differences);
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
}
