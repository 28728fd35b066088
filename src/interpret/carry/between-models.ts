/** A third model with weights between those of base and tuned model, or with parts of both. */
import { FormatError, RewardscopeError } from "../../errors.js";
import { sameDims } from "../../graph/dims.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { copyModel } from "../../model/load.js";

/** The model that receives parts of the other. */
export type Recipient = "base" | "tuned";

/** A third model whose weights are those of base, tuned, or anything between, part by part. */
export class BetweenModels {
  private constructor(
    readonly base: CausalLm,
    readonly tuned: CausalLm,
    /** The model whose weights are set. */
    readonly model: CausalLm,
  ) {}

  /**
   * Creates the third model. Memory: base and tuned model and the third one, with gradients if it is
   * trainable.
   * @param trainable default true, as integrated gradients need it
   * @throws FormatError when the models differ in names or shapes of parameters; RewardscopeError
   *   INVALID_INPUT when they are in different engines
   */
  static async of(base: CausalLm, tuned: CausalLm, { trainable = true } = {}): Promise<BetweenModels> {
    requireSameLayout(base, tuned);
    if (base.engine !== tuned.engine)
      throw new RewardscopeError("INVALID_INPUT", "base and tuned model: expected one engine, received two", {
        help: "Load both without an engine, or with the same one.",
      });
    return new BetweenModels(base, tuned, await copyModel(base, { trainable }));
  }

  /**
   * Sets the weights base + dose (tuned - base); 0 and 1 are exactly base and tuned.
   * @param dose any number; below 0 and above 1 it extrapolates
   */
  async setDose(dose: number): Promise<void> {
    if (dose === 0 || dose === 1) return this.put("base", dose === 0 ? [] : this.base.parameterNames);
    await this.model.store.setBetween(this.base.store, this.tuned.store, dose);
  }

  /** Sets the weights of one model, with the given parameters from the other. */
  async put(recipient: Recipient, parameters: readonly string[]): Promise<void> {
    const [own, other] = recipient === "base" ? [this.base, this.tuned] : [this.tuned, this.base];
    await this.model.store.copyFrom(own.store);
    await this.model.store.copyFrom(other.store, parameters);
  }

  /** Frees the third model, but not base and tuned. */
  dispose(): Promise<void> {
    return this.model.dispose();
  }
}

type LaidOut = Pick<CausalLm, "architecture" | "config">;

/** @throws FormatError when the models differ in names or shapes of parameters */
export function requireSameLayout(base: LaidOut, tuned: LaidOut): void {
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
