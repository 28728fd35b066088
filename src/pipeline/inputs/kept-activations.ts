/** Files of both models' activations, where they fit in `dictionaries.activationGib`. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import type { ModelRole } from "../../results/results.js";
import { ActivationFile, activationBytes } from "../../sae/activation-file.js";
import { sum } from "../../stats/moments.js";
import type { StageContext } from "../run/stage.js";
import { modelRoles } from "./models.js";

/**
 * Whether there is room for the activations of so many tokens of each model: for both models' at once if shared
 * autoencoders follow, which read both.
 */
export function keepsActivations({ dictionaries }: Config, tokens: number, layers: number, dModel: number): boolean {
  const models = dictionaries.shared ? modelRoles.length : 1;
  return models * activationBytes(tokens, layers, dModel) <= dictionaries.activationGib * 2 ** 30;
}

export class KeptActivations {
  private readonly files = new Map<ModelRole, ActivationFile>();

  constructor(private readonly context: Pick<StageContext, "config" | "scratch" | "results" | "log">) {}

  /**
   * Undefined where there is no room.
   * @param texts token ids of the training texts, no longer than what is read of them; always the same
   */
  async of(
    role: ModelRole,
    dModel: number,
    texts: readonly (readonly number[])[],
  ): Promise<ActivationFile | undefined> {
    const { config, results } = this.context;
    const layers = results.divergence!.chosen;
    const lengths = texts.map((text) => text.length);
    if (!keepsActivations(config, sum(lengths), layers.length, dModel)) return undefined;
    const file = this.files.get(role) ?? (await ActivationFile.create(this.path(role), lengths, layers, dModel));
    this.files.set(role, file);
    return file;
  }

  private path(role: ModelRole): string {
    return join(this.context.scratch, `activations-${role}`);
  }

  /** Removes the file of a model, if there is one, and says how exact it was. */
  async drop(role: ModelRole): Promise<void> {
    const file = this.files.get(role);
    if (!file) return;
    this.files.delete(role);
    const { relativeError } = file;
    if (Number.isFinite(relativeError))
      this.context.log(
        `activations of the ${role} model were kept in half precision, with a relative error of ${relativeError.toExponential(1)}`,
      );
    await file.close();
    await rm(this.path(role));
  }

  /** Closes the files of a stage that ends, whether it is done or was stopped. */
  async close(): Promise<void> {
    await Promise.all([...this.files.values()].map((file) => file.close()));
    this.files.clear();
  }
}
