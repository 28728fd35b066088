/** Which features of a run's dictionaries are active at each token of a text, in both models. */
import { z } from "zod";
import { RewardscopeError } from "../errors.js";
import { encodeRows } from "../interpret/index.js";
import { modelRoles } from "../pipeline/inputs/models.js";
import { encodersOf } from "../pipeline/stages/files/dictionary-files.js";
import type { ModelRole } from "../results/results.js";
import type { FoundRun } from "./find-runs.js";
import { featureId, type KnownFeature } from "./known-features.js";
import type { LoadedRuns } from "./loaded-runs.js";

/** Maximal number of tokens that are read of a text. */
const MOST_TOKENS = 128;
/** Number of features in the answer, per model. */
const MOST_FEATURES = 40;

export const activationsRequest = z.strictObject({ text: z.string().min(1).max(20_000) });

/** A feature's activations at every token of the text. */
export interface ActiveFeature extends Partial<KnownFeature> {
  readonly id: string;
  readonly layer: number;
  readonly feature: number;
  /** Its highest activation in this text. */
  readonly max: number;
  /** [tokens] */
  readonly values: readonly number[];
}

export interface TextActivations {
  readonly tokens: readonly string[];
  /** Whether the text was cut. */
  readonly cut: boolean;
  /**
   * The most active features of each model: explained ones first, then by highest activation as a
   * share of the highest known one.
   */
  readonly models: Readonly<Record<ModelRole, readonly ActiveFeature[]>>;
}

/**
 * @throws RewardscopeError INVALID_INPUT when the text has no token or the run has no dictionaries
 *   yet
 */
export function activationsOf(
  runs: LoadedRuns,
  run: FoundRun,
  { text }: z.output<typeof activationsRequest>,
  signal: AbortSignal,
): Promise<TextActivations> {
  return runs.use(run, signal, async ({ tokenizer, models, dictionaries, features }) => {
    const all = tokenizer.encode(text);
    const ids = all.slice(0, MOST_TOKENS);
    if (ids.length === 0)
      throw new RewardscopeError("INVALID_INPUT", "text: expected at least one token, received none");
    if (dictionaries.tuned.length === 0)
      throw new RewardscopeError("INVALID_INPUT", `run ${run.id} has no dictionaries yet`, {
        help: "Run the stage dictionaries.",
      });
    const found: Record<ModelRole, ActiveFeature[]> = { base: [], tuned: [] };
    for (const model of modelRoles) {
      const encoders = encodersOf(dictionaries[model]);
      // Per layer [tokens, dSae]
      const codes = await encodeRows(models[model], encoders, [ids], { signal });
      const active = encoders.flatMap(({ layer, dSae }, i) =>
        Array.from({ length: dSae }, (_, feature): ActiveFeature => {
          const values = ids.map((_, token) => codes[i][token * dSae + feature]);
          const id = featureId(model, layer, feature);
          return { ...features.get(id), id, layer, feature, max: Math.max(...values), values };
        }).filter(({ max }) => max > 0),
      );
      const share = ({ max, maxActivation }: ActiveFeature): number => (maxActivation ? max / maxActivation : 0);
      found[model] = active.sort((a, b) => share(b) - share(a) || b.max - a.max).slice(0, MOST_FEATURES);
    }
    return { tokens: ids.map((id) => tokenizer.tokenText(id)), cut: all.length > ids.length, models: found };
  });
}
