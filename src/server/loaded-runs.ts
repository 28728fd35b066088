/**
 * The models of runs, loaded on first use. Requests run in sequence, since they share one engine.
 */
import { join } from "node:path";
import PQueue from "p-queue";
import type { Config } from "../config/config.js";
import { BetweenModels } from "../interpret/index.js";
import { fileStamp } from "../io/file-stamp.js";
import type { CausalLm } from "../model/causal-lm.js";
import type { Tokenizer } from "../model/language-model.js";
import { givenLexicon, givenReward, loadRole, loadRunTokenizer } from "../pipeline/inputs/models.js";
import { readRunRecord } from "../pipeline/run/run-record.js";
import {
  type LayerDictionary,
  loadSharedDictionaries,
  loadSmallDictionaries,
} from "../pipeline/stages/files/dictionary-files.js";
import { type ModelRole, readResults } from "../results/results.js";
import type { Reward } from "../reward/reward.js";
import { rewardKind } from "../reward/rewards.js";
import type { FoundRun } from "./find-runs.js";
import { type KnownFeature, layersOf, readKnownFeatures, sharedLayersOf } from "./known-features.js";
import type { RunChecks } from "./run-checks.js";

/** Maximal number of runs whose models are in memory. */
const MOST_RUNS = 2;

/** A run with loaded models. */
export interface LoadedRun {
  readonly config: Config;
  readonly tokenizer: Tokenizer;
  readonly models: Readonly<Record<ModelRole, CausalLm>>;
  /** The small dictionaries of both models, by layer. */
  readonly dictionaries: Readonly<Record<ModelRole, readonly LayerDictionary[]>>;
  /** Those that both models share, by layer; none without `dictionaries.shared`. */
  readonly shared: readonly LayerDictionary[];
  readonly features: ReadonlyMap<string, KnownFeature>;
  readonly reward: Reward;
  /** The model between both, made on first use. */
  between(): Promise<BetweenModels>;
  /** Word -> valence, if the reward is a sum over words. */
  readonly lexicon?: ReadonlyMap<string, number>;
  dispose(): Promise<void>;
}

/**
 * The files that are loaded, tables of features included; the report and the logs of tuning are
 * not.
 */
export function isLoaded(name: string): boolean {
  return !/^(report|tuning)\//.test(name);
}

/** @throws FormatError when a file was changed after its stage; errors of loading, and nothing stays in memory */
async function load({ folder }: FoundRun, checks: RunChecks): Promise<LoadedRun> {
  await checks.requireWhole(folder, isLoaded);
  const { config } = await readRunRecord(folder);
  const results = await readResults(folder);
  const layers = layersOf(results);
  const tokenizer = await loadRunTokenizer(config, folder);
  const features = await readKnownFeatures(folder);
  const dictionaries = {
    base: await loadSmallDictionaries(folder, "base", layers),
    tuned: await loadSmallDictionaries(folder, "tuned", layers),
  };
  const shared = await loadSharedDictionaries(folder, sharedLayersOf(results));
  const lexicon = rewardKind(config.reward).words ? givenLexicon(config) : undefined;
  const held: { dispose?(): Promise<void> }[] = [];
  const hold = <T extends { dispose?(): Promise<void> }>(one: T): T => {
    held.push(one);
    return one;
  };
  const dispose = async () => void (await Promise.all(held.map((one) => one.dispose?.())));
  try {
    const base = hold(await loadRole(config, folder, "base"));
    const tuned = hold(await loadRole(config, folder, "tuned"));
    const reward = hold(await givenReward(config));
    let made: Promise<BetweenModels> | undefined;
    const between = () => {
      made ??= BetweenModels.of(base, tuned, { trainable: false })
        .then(hold)
        .catch((error) => {
          // The next request tries again.
          made = undefined;
          throw error;
        });
      return made;
    };
    const models = { base, tuned };
    return {
      ...{ config, tokenizer, models, dictionaries, shared, features, reward, between, dispose },
      ...(lexicon && { lexicon }),
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Loads models on first use and keeps those of the last runs in memory. */
export class LoadedRuns {
  /** Ordered by last use, the most recent last. */
  private readonly runs = new Map<string, { readonly stamp: string; readonly loaded: LoadedRun }>();
  private readonly queue = new PQueue({ concurrency: 1 });

  constructor(private readonly checks: RunChecks) {}

  /**
   * Runs work on a run's models, after all earlier work. If run.json has changed since they were
   * loaded, as when a stage begins or ends, they are loaded again.
   * @throws FormatError when a file was changed after its stage; errors of loading and of the work;
   *   the signal's reason when it was aborted before the work began
   */
  use<T>(run: FoundRun, signal: AbortSignal, work: (loaded: LoadedRun) => Promise<T>): Promise<T> {
    return this.queue.add(async () => {
      signal.throwIfAborted();
      const stamp = await fileStamp(join(run.folder, "run.json"));
      const known = this.runs.get(run.id);
      if (known && known.stamp !== stamp) await this.forget(run.id);
      const kept = this.runs.get(run.id) ?? { stamp, loaded: await load(run, this.checks) };
      this.runs.delete(run.id);
      this.runs.set(run.id, kept);
      while (this.runs.size > MOST_RUNS) await this.forget(this.runs.keys().next().value as string);
      return work(kept.loaded);
    });
  }

  private async forget(id: string): Promise<void> {
    const { loaded } = this.runs.get(id)!;
    this.runs.delete(id);
    await loaded.dispose();
  }
}
