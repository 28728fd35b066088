/** A third model whose parts are taken from either of a base and a tuned model. */
import { FormatError } from "../../errors.js";
import { sameDims } from "../../graph/dims.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { copyModel } from "../../model/load.js";

/** The model that parts of the other are put into. */
export type Recipient = "base" | "tuned";

export class MixedModel {
  protected constructor(
    readonly base: CausalLm,
    readonly tuned: CausalLm,
    /** The model whose weights are set. */
    readonly model: CausalLm,
  ) {}

  /**
   * Memory: base and tuned, and one copy.
   * @throws FormatError when a parameter is in one model alone, or has another shape there
   */
  static async mixing(base: CausalLm, tuned: CausalLm): Promise<MixedModel> {
    requireSameLayout(base, tuned);
    return new MixedModel(base, tuned, await copyModel(base));
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

/** @throws FormatError when a parameter is in one model alone, or has another shape there */
export function requireSameLayout(base: CausalLm, tuned: CausalLm): void {
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
