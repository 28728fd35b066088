/** Reward before and after features are taken out of the forward pass, with controls (paper, section 5.2 and Table 5). */
import type { Edit, FeatureDictionary, LanguageModel, Tokenizer } from "../model/language-model.js";
import { mlpHookPoint } from "../model/language-model.js";
import type { Reward } from "../reward/index.js";
import type { Rng } from "../rng.js";
import { type Control, drawControl, type LayerFeatures } from "./control-features.js";
import { type Interval, meanInterval, type Resampling } from "./interval.js";

export interface AblateOptions {
  base: LanguageModel;
  tuned: LanguageModel;
  tokenizer: Pick<Tokenizer, "decode">;
  reward: Reward;
  /** Token ids of held-out prefixes, all of one length; the paper takes 1000 of 30 tokens. */
  prompts: readonly (readonly number[])[];
  newTokens: number;
  /** Per ablated layer, the tuned model's small dictionary and the features in question. */
  layers: readonly (LayerFeatures & { dictionary: FeatureDictionary })[];
  /** `subtractFeatures` keeps what the autoencoder does not explain; `replace` puts the reconstruction without them. */
  kind: "subtractFeatures" | "replace";
  /** Draws per control. */
  draws: number;
  /** The controls besides `random`. Default: both. */
  controls?: readonly Exclude<Control, "random">[];
  /** Of the generation; every variant and both models use the same. */
  seed: number;
  batchSize: number;
  /** Draws control features and resamples. */
  rng: Rng;
  /** Of each interval. Default 2000. */
  resamples?: number;
  signal?: AbortSignal;
  /** Called after each batch of completions of any variant. */
  onBatch?: (done: number, total: number) => void;
}

/** The effect of ablating control features, one interval per draw, and over all draws together. */
export interface ControlEffect {
  draws: Interval[];
  meanEffect: Interval;
}

/** Mean rewards over prompts. */
export interface AblationRewards {
  base: Interval;
  before: Interval;
  after: Interval;
  /** after - before, paired over prompts. */
  effect: Interval;
}

export interface Ablation extends AblationRewards {
  promptTokens: number;
  newTokens: number;
  kind: "subtractFeatures" | "replace";
  related: { layer: number; features: number[] }[];
  random: ControlEffect;
  /** Features of matched activation frequency; absent when not asked for or when there are too few. */
  matchedFrequency?: ControlEffect;
  /** Features that were explained but not labelled; absent when not asked for or when there are too few. */
  unlabelled?: ControlEffect;
  /** The same as above for the reward of the completion alone. */
  completion: AblationRewards;
}

/** Rewards of one variant, per prompt. */
interface Rewards {
  /** Of prefix + completion. */
  whole: number[];
  completion: number[];
}

/**
 * Completes the same prompts with the same random numbers by the base model, the tuned model, and the tuned model with
 * features ablated: the related ones, and as many others of the same layers, several draws of each control.
 * Codes are computed on the stream as already edited in lower layers. Without related features nothing is ablated: `after`
 * equals `before` and the controls have no draws.
 * Intervals are over prompts; every effect is paired. meanEffect is over prompts too, of the mean over draws.
 */
export async function ablate(options: AblateOptions): Promise<Ablation> {
  const { base, tuned, prompts, newTokens, layers, kind, draws, rng, resamples } = options;
  const resampling = { rng, resamples };
  const related = layers.map(({ layer, related }) => ({ layer, features: [...related] }));
  const any = layers.some(({ related }) => related.length > 0);
  const asked: Control[] = any ? ["random", ...(options.controls ?? ["matchedFrequency", "unlabelled"])] : [];
  const variants = new Map(asked.map((control) => [control, drawVariants(control, layers, draws, rng)]));
  const runs = 2 + (any ? 1 : 0) + [...variants.values()].reduce((sum, drawn) => sum + drawn.length, 0);
  let finished = 0;
  const rewardsOf = async (model: LanguageModel, features: readonly (readonly number[])[]) => {
    const edits = layers.flatMap(({ layer, dictionary }, i): Edit[] =>
      features[i]?.length ? [{ at: mlpHookPoint(layer), kind, dictionary, features: features[i] }] : [],
    );
    const rewards = await completionRewards(model, edits, options, (done) =>
      options.onBatch?.(finished * prompts.length + done, runs * prompts.length),
    );
    finished++;
    return rewards;
  };

  const ofBase = await rewardsOf(base, []);
  const before = await rewardsOf(tuned, []);
  const after = any
    ? await rewardsOf(
        tuned,
        related.map(({ features }) => features),
      )
    : before;
  const effects = new Map<Control, ControlEffect>();
  for (const [control, drawn] of variants) {
    const perDraw: number[][] = [];
    for (const features of drawn) perDraw.push(differences((await rewardsOf(tuned, features)).whole, before.whole));
    if (drawn.length > 0) effects.set(control, controlEffect(perDraw, resampling));
  }
  const nothing: ControlEffect = { draws: [], meanEffect: meanInterval([], "prompt", resampling) };
  return {
    promptTokens: prompts[0]?.length ?? 0,
    newTokens,
    kind,
    related,
    ...summary("whole", ofBase, before, after, resampling),
    random: effects.get("random") ?? nothing,
    matchedFrequency: effects.get("matchedFrequency"),
    unlabelled: effects.get("unlabelled"),
    completion: summary("completion", ofBase, before, after, resampling),
  };
}

/** Per draw, per layer the features; no draws when a layer has too few. */
function drawVariants(control: Control, layers: readonly LayerFeatures[], draws: number, rng: Rng): number[][][] {
  const variants: number[][][] = [];
  for (let draw = 0; draw < draws; draw++) {
    const features = layers.map((layer) => drawControl(control, layer, rng));
    if (features.some((drawn) => drawn === undefined)) return [];
    variants.push(features.map((drawn) => drawn ?? []));
  }
  return variants;
}

async function completionRewards(
  model: LanguageModel,
  edits: readonly Edit[],
  { tokenizer, reward, prompts, newTokens, seed, batchSize, signal }: AblateOptions,
  onBatch: (done: number) => void,
): Promise<Rewards> {
  const rewards: Rewards = { whole: [], completion: [] };
  for (let start = 0; start < prompts.length; start += batchSize) {
    signal?.throwIfAborted();
    const batch = prompts.slice(start, start + batchSize);
    // Rows draw by their place in the batch, so each batch has a seed of its own, the same for every variant.
    const rows = await model.generate(batch, { maxNewTokens: newTokens, seed: seed + start, edits, signal });
    rewards.whole.push(...(await reward(rows.map((row) => tokenizer.decode(row)))));
    rewards.completion.push(...(await reward(rows.map((row, i) => tokenizer.decode(row.slice(batch[i].length))))));
    onBatch(start + batch.length);
  }
  return rewards;
}

function summary(
  part: keyof Rewards,
  base: Rewards,
  before: Rewards,
  after: Rewards,
  resampling: Resampling,
): AblationRewards {
  return {
    base: meanInterval(base[part], "prompt", resampling),
    before: meanInterval(before[part], "prompt", resampling),
    after: meanInterval(after[part], "prompt", resampling),
    effect: meanInterval(differences(after[part], before[part]), "prompt", resampling),
  };
}

function controlEffect(perDraw: readonly (readonly number[])[], resampling: Resampling): ControlEffect {
  const perPrompt = perDraw[0].map(
    (_, prompt) => perDraw.reduce((sum, draw) => sum + draw[prompt], 0) / perDraw.length,
  );
  return {
    draws: perDraw.map((draw) => meanInterval(draw, "prompt", resampling)),
    meanEffect: meanInterval(perPrompt, "prompt", resampling),
  };
}

function differences(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value - b[i]);
}
