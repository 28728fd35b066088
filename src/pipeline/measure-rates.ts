/** How fast this machine does the work of a run: short measurements with a random model of the run's shape. */
import { encodeRows, rawActivations } from "../interpret/index.js";
import type { CausalLm } from "../model/causal-lm.js";
import { copyModel } from "../model/load.js";
import type { SequenceClassifier } from "../model/sequence-classifier.js";
import { PpoTrainer } from "../rlhf/index.js";
import { Rng } from "../rng.js";
import { streamActivations, trainAutoencoders } from "../sae/index.js";
import { kendallTau } from "../stats/kendall-tau.js";
import { SymmetricEigen } from "../stats/symmetric-eigen.js";
import type { Config } from "./config.js";
import { lossOptions } from "./dictionaries.js";
import { TEXTS_PER_PASS } from "./models.js";

/** Seconds per unit of work. */
export interface Rates {
  /** One token that the reward reads: 0 for a lexicon, whose time is nothing beside the model's. */
  rewardToken: number;
  /** One batch of PPO with everything but the reward. */
  ppoBatch: number;
  /** One completion of an evaluation prompt. */
  completion: number;
  /** The same with an edit at every chosen layer. */
  editedCompletion: number;
  /** One token read up to the highest layer looked into. */
  readToken: number;
  /** One token with the log-probability of the next. */
  probToken: number;
  /** One token that all autoencoders of a model learn from, reading it included. */
  trainToken: number;
  /** One spectrum of 640 dimensions; the time grows with the cube. */
  spectrum640: number;
  /** One Kendall tau of 700 words. */
  tau700: number;
}

/** Prompts of a completion pass, as many as evaluation does at once. */
const PROMPTS = 128;

/** Seconds of the fastest of some calls, the first of which is not counted: it builds the programs. */
async function fastest(times: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
}

/**
 * Measures on the model's shape with random tokens; takes some ten batches' time.
 * @param model random or real, not changed
 * @param classifier the reward's, if it is one
 * @param textTokens length of the texts that are read
 * @param onStep told what is measured next
 */
export async function measureRates(
  model: CausalLm,
  classifier: SequenceClassifier | undefined,
  config: Config,
  textTokens: number,
  { signal, onStep }: { signal?: AbortSignal; onStep?: (what: string) => void } = {},
): Promise<Rates> {
  const rng = Rng.fromSeed(0, "rates");
  const tokens = (length: number) => Array.from({ length }, () => rng.integer(model.config.vocabSize));
  const rows = (count: number, length: number) => Array.from({ length: count }, () => tokens(length));
  const { promptTokens, newTokens } = config.ppo.evaluation;
  const complete = async (count: number, edits: Parameters<CausalLm["generate"]>[1]["edits"] = []) =>
    model.generate(rows(count, promptTokens), { maxNewTokens: newTokens, stopTokens: [], edits, signal });

  onStep?.("autoencoders");
  const { nLayers, dModel } = model.config;
  const count = config.layers.choose === "all" ? nLayers : Math.min(config.layers.count, nLayers);
  // The layers that move furthest are mostly the last ones, and reading the last costs most.
  const layers = Array.from({ length: count }, (_, i) => nLayers - count + i);
  const { smallFactor, largeFactor, batchTexts } = config.dictionaries;
  const specs = layers.flatMap((layer) =>
    Object.entries({ small: smallFactor, large: largeFactor }).map(([name, factor]) => ({
      ...{ layer, name, dIn: dModel },
      dSae: Math.round(dModel * factor),
    })),
  );
  const stepEnds: number[] = [];
  const {
    trained,
    tokens: seen,
    steps,
  } = await trainAutoencoders(
    streamActivations(model, rows(4 * batchTexts, textTokens), { layers, batchTexts, maxTokens: textTokens, signal }),
    specs,
    { ...lossOptions(config, dModel), signal, onStep: () => stepEnds.push(performance.now()) },
  );
  const fastestStep = Math.min(...stepEnds.slice(1).map((end, i) => end - stepEnds[i]));
  const trainToken = fastestStep / 1000 / (seen / steps);

  onStep?.("forward passes");
  const texts = rows(TEXTS_PER_PASS, textTokens);
  const reading = await fastest(2, () =>
    encodeRows(
      model,
      layers.map((layer) => rawActivations(layer, dModel)),
      texts,
      { signal },
    ),
  );
  const probing = await fastest(1, () =>
    model.logProbs({ inputIds: rows(PROMPTS, promptTokens + newTokens) }, { signal }),
  );

  onStep?.("completions");
  const completing = await fastest(1, () => complete(PROMPTS));
  const edits = trained
    .filter(({ spec }) => spec.name === "small")
    .map(({ spec, autoencoder }) => ({
      at: `blocks.${spec.layer}.hook_mlp_out`,
      kind: "subtractFeatures" as const,
      dictionary: autoencoder,
      features: [0, 1, 2],
    }));
  const editing = await fastest(1, () => complete(PROMPTS, edits));

  onStep?.("tuning");
  const policy = await copyModel(model);
  const ppoBatch = await measurePpo(policy, model, config, { rng, tokens, signal });
  await policy.dispose();

  onStep?.("reward");
  const [texts64, length] = [64, 24];
  const short = Array.from({ length: texts64 }, () => Array.from({ length }, () => rng.integer(1000)));
  const rewarding = classifier ? await fastest(1, () => classifier.logits(short, signal)) : 0;

  onStep?.("statistics");
  return {
    rewardToken: rewarding / (texts64 * length),
    ppoBatch,
    completion: completing / PROMPTS,
    editedCompletion: editing / PROMPTS,
    readToken: reading / (texts.length * textTokens),
    probToken: probing / (PROMPTS * (promptTokens + newTokens)),
    trainToken,
    spectrum640: await fastest(1, async () => new SymmetricEigen(randomGram(640, rng), 640)),
    tau700:
      (await fastest(2, async () => {
        const values = () => Array.from({ length: 700 }, () => rng.normal());
        for (let i = 0; i < 20; i++) kendallTau(values(), values());
      })) / 20,
  };
}

/** Batches of the settings' sizes, lengths and epochs, with random rewards. */
async function measurePpo(
  policy: CausalLm,
  reference: CausalLm,
  { ppo }: Config,
  { rng, tokens, signal }: { rng: Rng; tokens: (length: number) => number[]; signal?: AbortSignal },
): Promise<number> {
  const { sampleEvery: _, evaluation: __, ...settings } = ppo;
  // The measured steps must not train the model into a corner.
  const trainer = new PpoTrainer(policy, { ...settings, learningRate: 1e-12, reference, totalBatches: ppo.batches });
  const between = ([low, high]: readonly [number, number]) => low + rng.integer(high - low + 1);
  return fastest(2, async () => {
    signal?.throwIfAborted();
    const queries = Array.from({ length: ppo.batchSize }, () => tokens(between(ppo.queryTokens)));
    const lengths = queries.map(() => between(ppo.responseTokens));
    const all = await policy.generate(queries, {
      maxNewTokens: ppo.responseTokens[1],
      maxNewTokensPerRow: lengths,
      stopTokens: [],
      signal,
    });
    const responses = all.map((row, i) => row.slice(queries[i].length));
    await trainer.step(
      queries,
      responses,
      queries.map(() => rng.normal()),
    );
  });
}

/** X^T X of normal numbers, rows twice the width, by blocks of a diagonal: cheap, and with a full spectrum. */
function randomGram(n: number, rng: Rng): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[i * n + j] = rng.normal();
  for (let i = 0; i < n; i++) matrix[i * n + i] = 2 * n + rng.normal();
  return matrix;
}
