/**
 * Reward before and after the ablation of features, with controls (paper, section 5.2 and Table 5).
 */

import type { GivenDictionary } from "../../dictionary/dictionary.js";
import type { Edit, LanguageModel, Tokenizer } from "../../model/language-model.js";
import { mlpHookPoint } from "../../model/language-model.js";
import type { Reward } from "../../reward/index.js";
import { type Completions, completePrompts } from "../../rlhf/evaluate.js";
import type { Rng } from "../../rng.js";
import { type Interval, meanInterval, type Resampling } from "../../stats/interval.js";
import { type Control, drawControl, type LayerFeatures } from "./control-features.js";

/**
 * `subtractFeatures` subtracts the features and keeps the reconstruction error; `replace` inserts
 * the reconstruction without them.
 */
export type AblationKind = "subtractFeatures" | "replace";

/** Prompts, features, kinds of ablation, and the draws of controls. */
export interface AblateOptions {
  base: LanguageModel;
  tuned: LanguageModel;
  tokenizer: Tokenizer;
  reward: Reward;
  /** Token ids of held-out prompts of one length; the paper has 1000 of 30 tokens. */
  prompts: readonly (readonly number[])[];
  newTokens: number;
  /** Per ablated layer, the tuned model's small dictionary and its features. */
  layers: readonly (LayerFeatures & { dictionary: GivenDictionary })[];
  /** Kinds of ablation, the main one first. */
  kinds: readonly AblationKind[];
  controls: readonly Control[];
  /** Draws per control. */
  draws: number;
  /** Whether each labelled feature is also ablated alone, by the main kind. */
  eachFeature: boolean;
  /** Seed of sampling, the same for every variant and both models. */
  seed: number;
  /** Draws control features and bootstrap resamples. */
  rng: Rng;
  /** Bootstrap resamples per interval. Default 2000. */
  resamples?: number;
  signal?: AbortSignal;
  /** Called after each batch of completions of any variant. */
  onBatch?: (done: number, total: number) => void;
}

/** The effect of ablating control features: one interval per draw, and one over all draws. */
export interface ControlEffect {
  draws: Interval[];
  meanEffect: Interval;
  /** The labelled features' effect minus this one, paired over prompts. */
  difference: Interval;
}

/** Mean rewards over prompts. */
export interface AblationRewards {
  after: Interval;
  /** after - before, paired over prompts. */
  effect: Interval;
}

/**
 * Results of one kind of ablation. A control is absent when it was not requested or a layer has too
 * few features for it.
 */
export interface AblationOfKind extends AblationRewards {
  kind: AblationKind;
  /** The same number of random features of the same layers. */
  random?: ControlEffect;
  /** Features of matched activation frequency. */
  matchedFrequency?: ControlEffect;
  /** Explained features without the label. */
  unlabelled?: ControlEffect;
}

export interface Ablation extends AblationOfKind {
  promptTokens: number;
  newTokens: number;
  related: { layer: number; features: number[] }[];
  base: Interval;
  before: Interval;
  /** Rewards of the completion only, main kind. */
  completion: AblationRewards & { base: Interval; before: Interval };
  otherKinds: AblationOfKind[];
  /** The effect of each labelled feature alone, strongest first; empty when not requested. */
  eachFeature: { layer: number; feature: number; effect: Interval }[];
}

/** Features that are ablated together, per layer, in the order of the layers. */
type FeatureSets = readonly (readonly number[])[];

/**
 * Completes the same prompts with the same random numbers by the base model, the tuned model, and
 * the tuned model with ablated features: the labelled ones, and the same number of others of the
 * same layers, several draws per control. All kinds of ablation use the same draws. Feature
 * activations of a layer are computed after the edits of lower layers. Without labelled features
 * nothing is ablated: `after` equals `before` and there are no controls. Intervals are over
 * prompts, and every effect is paired; meanEffect is the mean over draws, with an interval over
 * prompts.
 */
export async function ablate(options: AblateOptions): Promise<Ablation> {
  const { base, tuned, prompts, layers, kinds, controls, draws, eachFeature, rng, resamples } = options;
  const resampling: Resampling = { rng, resamples };
  const mean = (values: readonly number[]) => meanInterval(values, "prompt", resampling);
  const related = layers.map(({ layer, related }) => ({ layer, features: [...related] }));
  const relatedSets = related.map(({ features }) => features);
  const any = relatedSets.some(({ length }) => length > 0);
  const drawn = new Map<Control, FeatureSets[]>(
    any ? controls.map((control) => [control, drawVariants(control, layers, draws, rng)]) : [],
  );
  const alone = eachFeature
    ? related.flatMap(({ layer, features }) => features.map((feature) => ({ layer, feature })))
    : [];
  const perKind = (any ? 1 : 0) + [...drawn.values()].reduce((sum, variants) => sum + variants.length, 0);
  const total = (2 + kinds.length * perKind + alone.length) * prompts.length;
  let finished = 0;
  const complete = async (model: LanguageModel, kind: AblationKind, sets: FeatureSets): Promise<Completions> => {
    const edits = layers.flatMap(({ layer, dictionary }, i): Edit[] =>
      sets[i]?.length ? [{ at: mlpHookPoint(layer), kind, dictionary, features: sets[i] }] : [],
    );
    const onPrompts = (done: number) => options.onBatch?.(finished + done, total);
    const completions = await completePrompts(model, prompts, { ...options, edits, onPrompts });
    finished += prompts.length;
    return completions;
  };

  const ofBase = await complete(base, kinds[0], []);
  const before = await complete(tuned, kinds[0], []);
  const ofKinds: AblationOfKind[] = [];
  const afters: Completions[] = [];
  for (const kind of kinds) {
    const after = any ? await complete(tuned, kind, relatedSets) : before;
    const effect = differences(after.rewards, before.rewards);
    const ofKind: AblationOfKind = { kind, after: mean(after.rewards), effect: mean(effect) };
    for (const [control, variants] of drawn) {
      const effects: number[][] = [];
      for (const sets of variants)
        effects.push(differences((await complete(tuned, kind, sets)).rewards, before.rewards));
      if (effects.length === 0) continue;
      const overDraws = effect.map((_, i) => effects.reduce((sum, draw) => sum + draw[i], 0) / effects.length);
      ofKind[control] = {
        draws: effects.map(mean),
        meanEffect: mean(overDraws),
        difference: mean(differences(effect, overDraws)),
      };
    }
    ofKinds.push(ofKind);
    afters.push(after);
  }
  const single: Ablation["eachFeature"] = [];
  for (const { layer, feature } of alone) {
    const sets = layers.map((own) => (own.layer === layer ? [feature] : []));
    const { rewards } = await complete(tuned, kinds[0], sets);
    single.push({ layer, feature, effect: mean(differences(rewards, before.rewards)) });
  }
  return {
    promptTokens: prompts[0]?.length ?? 0,
    newTokens: options.newTokens,
    related,
    base: mean(ofBase.rewards),
    before: mean(before.rewards),
    ...ofKinds[0],
    completion: {
      base: mean(ofBase.completionRewards),
      before: mean(before.completionRewards),
      after: mean(afters[0].completionRewards),
      effect: mean(differences(afters[0].completionRewards, before.completionRewards)),
    },
    otherKinds: ofKinds.slice(1),
    eachFeature: single.sort((a, b) => a.effect.value - b.effect.value),
  };
}

/** Draws of a control: features per layer; none when a layer has too few. */
function drawVariants(control: Control, layers: readonly LayerFeatures[], draws: number, rng: Rng): FeatureSets[] {
  const variants: FeatureSets[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const features = layers.map((layer) => drawControl(control, layer, rng));
    if (features.some((set) => set === undefined)) return [];
    variants.push(features.map((set) => set ?? []));
  }
  return variants;
}

function differences(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value - b[i]);
}
