/**
 * Rates of this machine for the work of a run, by short measurements with a random model of the
 * run's shape.
 */

import { type Config, trainerSettings } from "../../config/config.js";
import { encodeRows } from "../../interpret/index.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { type Edit, mlpHookPoint } from "../../model/language-model.js";
import { copyModel } from "../../model/load.js";
import type { SequenceClassifier } from "../../model/sequence-classifier.js";
import { PpoTrainer } from "../../rlhf/index.js";
import { Rng } from "../../rng.js";
import { streamActivations, trainAutoencoders } from "../../sae/index.js";
import { shuffleTokens } from "../../sae/shuffle-tokens.js";
import { tauOfDraws } from "../../stats/kendall-tau.js";
import { SymmetricEigen } from "../../stats/linear/symmetric-eigen.js";
import { lossOptions } from "../inputs/loss-options.js";
import { TEXTS_PER_PASS } from "../inputs/models.js";
import type { WorkSizes, WorkUnits } from "../run/work.js";
import { encodersOf } from "../stages/files/dictionary-files.js";

/** Seconds per unit of work; 0 for tokens rewarded by a lexicon, whose time is negligible. */
export type Rates = Readonly<Record<keyof WorkUnits, number>>;

/**
 * Seconds per permutation and feature. Not measured, since it depends on how often trained features
 * are active.
 */
const PERMUTATION = 4e-5;
/** Rows that models complete in one measurement: enough for the rate of larger batches. */
const ROWS = 32;
/** Tokens of autoencoders' training in the measured steps. */
const TRAINING_TOKENS = 4096;
/** Seconds after which a measurement is not repeated. */
const ENOUGH = 1;

/**
 * Seconds of the fastest of up to five calls.
 * @param warmUp builds the programs of `work`; not measured
 */
async function fastest(work: () => Promise<unknown>, warmUp: () => Promise<unknown> = work): Promise<number> {
  await warmUp();
  let [best, spent] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < 5 && spent < ENOUGH; i++) {
    const start = performance.now();
    await work();
    const seconds = (performance.now() - start) / 1000;
    best = Math.min(best, seconds);
    spent += seconds;
  }
  return best;
}

/**
 * Measures on the model's shape with random tokens: seconds for a small model, most of a minute for
 * one of 160 million parameters. The largest pieces of work, a step of all autoencoders and a pass
 * over texts, are done at full size, so that their memory is measured.
 * @param model random or real, not changed
 * @param classifier the reward's classifier, if there is one
 * @param sizes the analysed layers, and the length of the texts
 * @param onStep called with the name of each measurement before it starts
 */
export async function measureRates(
  model: CausalLm,
  classifier: SequenceClassifier | undefined,
  config: Config,
  sizes: WorkSizes,
  { signal, onStep }: { signal?: AbortSignal; onStep?: (what: string) => void } = {},
): Promise<Rates> {
  const rng = Rng.fromSeed(0, "rates");
  const tokens = (length: number) => Array.from({ length }, () => rng.integer(model.config.vocabSize));
  const rows = (count: number, length: number) => Array.from({ length: count }, () => tokens(length));
  const textTokens = Math.round(sizes.textTokens);
  const { promptTokens, newTokens } = config.ppo.evaluation;
  const completed = promptTokens + newTokens;

  // In the order of a run, since memory freed by one part is used by the next.
  onStep?.("log-probabilities");
  const score = (texts: number[][]) => model.logProbs({ inputIds: texts }, { signal });
  const probTokens =
    (await fastest(
      () => score(rows(ROWS, completed)),
      () => score(rows(1, 2)),
    )) /
    (ROWS * completed);

  onStep?.("completions");
  const completing = (inForce: Edit[]) => {
    const complete = (prompts: number[][], maxNewTokens: number) =>
      model.generate(prompts, { maxNewTokens, stopTokens: [], edits: inForce, signal });
    return fastest(
      () => complete(rows(ROWS, promptTokens), newTokens),
      () => complete(rows(1, 2), 2),
    );
  };
  const completionTokens = (await completing([])) / (ROWS * completed);

  onStep?.("tuning");
  const policy = await copyModel(model);
  const ppoBatches = await measurePpo(policy, model, config, { rng, tokens, probTokens, signal });
  await policy.dispose();

  onStep?.("autoencoders");
  const { nLayers, dModel } = model.config;
  // The layers of highest divergence are mostly the last ones, and reading the last costs most.
  const layers = Array.from({ length: sizes.chosenLayers }, (_, i) => nLayers - sizes.chosenLayers + i);
  const { smallFactor, largeFactor, batchTexts, maxTokens, shuffleTokens: buffer, batchTokens } = config.dictionaries;
  const specs = layers.flatMap((layer) =>
    Object.entries({ small: smallFactor, large: largeFactor }).map(([name, factor]) => ({
      ...{ layer, name, dIn: dModel },
      dSae: Math.round(dModel * factor),
    })),
  );
  // The first step builds the programs and allocates memory, so it is not counted. After a large
  // step a small one is enough.
  const more = Math.ceil(Math.max(TRAINING_TOKENS / textTokens, batchTexts / 4));
  const steps: { end: number; tokens: number }[] = [];
  const isMixed = buffer > 0;
  const activationsOf = (texts: number[][]) =>
    streamActivations(model, texts, { layers, batchTexts, maxTokens, signal });
  const readAll = async (texts: number[][]) => {
    for await (const _ of activationsOf(texts)) signal?.throwIfAborted();
  };
  async function* batches(...parts: number[][][]) {
    for (const texts of parts) {
      const stream = activationsOf(texts);
      // A small buffer: mixing takes negligible time.
      yield* isMixed ? shuffleTokens([stream], { buffer: 1, batchTokens, rng }) : stream;
    }
  }
  // The time of a step is independent of learning rate and initial weights.
  const { tied, freeEncoder, kind, learningRate, reconstruction, auxCoef } = lossOptions(config, dModel);
  const { trained } = await trainAutoencoders(batches(rows(batchTexts, maxTokens), rows(more, textTokens)), specs, {
    ...{ tied, freeEncoder, kind, learningRate, reconstruction, auxCoef, signal },
    onStep: ({ tokens }) => steps.push({ end: performance.now(), tokens }),
  });
  // A step's mixed tokens may have been read before it, so steps are only measured together.
  const first = isMixed ? steps.findIndex(({ tokens }) => tokens >= batchTexts * maxTokens) : 0;
  const counted = isMixed ? [steps[first], steps[steps.length - 1]] : steps;
  const perToken = counted.slice(1).map(({ end, tokens }, i) => (end - counted[i].end) / (tokens - counted[i].tokens));
  const activationTokens =
    (await fastest(
      () => readAll(rows(more, textTokens)),
      () => readAll(rows(1, 2)),
    )) /
    (more * textTokens);
  const trainTokens = Math.max(0, Math.min(...perToken) / 1000 - activationTokens);

  onStep?.("passes over texts");
  const small = trained.filter(({ spec }) => spec.name === "small");
  const encoders = encodersOf(small.map(({ spec, autoencoder }) => ({ layer: spec.layer, dictionary: autoencoder })));
  const read = (texts: number[][]) => encodeRows(model, encoders, texts, { signal });
  const reading = await fastest(
    () => read(rows(TEXTS_PER_PASS, textTokens)),
    () => read(rows(1, 2)),
  );

  onStep?.("completions with edits");
  const edits = small.map(({ spec, autoencoder }) => ({
    at: mlpHookPoint(spec.layer),
    kind: "subtractFeatures" as const,
    dictionary: autoencoder,
    features: [0, 1, 2],
  }));
  const editedCompletionTokens = (await completing(edits)) / (ROWS * completed);

  onStep?.("reward");
  const [texts64, length] = [64, 24];
  const short = Array.from({ length: texts64 }, () =>
    Array.from({ length }, () => rng.integer(classifier?.config.vocabSize ?? 1000)),
  );
  const rewarding = classifier
    ? await fastest(
        () => classifier.logits(short, signal),
        () => classifier.logits(short.slice(0, 1), signal),
      )
    : 0;

  onStep?.("statistics");
  const normals = () => Array.from({ length: 700 }, () => rng.normal());
  const tau = tauOfDraws(normals(), normals());
  const draws = Int32Array.from({ length: 700 }, () => rng.integer(700));
  return {
    rewardTokens: rewarding / (texts64 * length),
    ppoBatches,
    completionTokens,
    editedCompletionTokens,
    readTokens: reading / (TEXTS_PER_PASS * textTokens),
    probTokens,
    activationTokens,
    trainTokens,
    spectra640: await fastest(
      async () => new SymmetricEigen(randomGram(640, rng), 640),
      async () => new SymmetricEigen(randomGram(64, rng), 64),
    ),
    taus700:
      (await fastest(async () => {
        for (let i = 0; i < 20; i++) tau(draws);
      })) / 20,
    featurePermutations: PERMUTATION,
  };
}

/**
 * Seconds of a batch with the settings' sizes, lengths and epochs: sampling, log-probabilities of
 * policy and reference, and the steps of all epochs, of which one is measured.
 */
async function measurePpo(
  policy: CausalLm,
  reference: CausalLm,
  { ppo }: Config,
  {
    rng,
    tokens,
    probTokens,
    signal,
  }: { rng: Rng; tokens: (length: number) => number[]; probTokens: number; signal?: AbortSignal },
): Promise<number> {
  const { batchSize, miniBatchSize, ppoEpochs } = ppo;
  // The measured steps must not change the model much.
  const oneStep = { batchSize: miniBatchSize, ppoEpochs: 1, learningRate: 1e-12 };
  const trainer = new PpoTrainer(policy, { ...trainerSettings(ppo), ...oneStep, reference, totalBatches: ppo.batches });
  const between = ([low, high]: readonly [number, number]) => low + rng.integer(high - low + 1);
  const draw = (count: number, range: readonly [number, number]) => Array.from({ length: count }, () => between(range));

  const prompts = draw(ROWS, ppo.queryTokens).map(tokens);
  const limits = draw(ROWS, ppo.responseTokens);
  const rollOut = (count: number) =>
    policy.generate(prompts.slice(0, count), {
      maxNewTokens: ppo.responseTokens[1],
      maxNewTokensPerRow: limits.slice(0, count),
      ...{ stopTokens: [], signal },
    });
  const rolling = await fastest(
    () => rollOut(ROWS),
    () => rollOut(1),
  );

  const queries = draw(miniBatchSize, ppo.queryTokens).map(tokens);
  const responses = draw(miniBatchSize, ppo.responseTokens).map(tokens);
  const scores = queries.map(() => rng.normal());
  const learn = () => {
    signal?.throwIfAborted();
    return trainer.step(queries, responses, scores);
  };
  // The second step is still twice as slow as those that follow.
  const learning = await fastest(learn, async () => {
    await learn();
    await learn();
  });
  // Included in the peak of memory.
  await trainer.state();
  const length = [...queries, ...responses].reduce((sum, row) => sum + row.length, 0);
  const scoring = 2 * length * probTokens;
  const minibatches = batchSize / miniBatchSize;
  return (rolling * batchSize) / ROWS + minibatches * (scoring + ppoEpochs * Math.max(0, learning - scoring));
}

/**
 * X^T X of normal numbers with twice as many rows as columns, in diagonal blocks: cheap, and with a
 * full spectrum.
 */
function randomGram(n: number, rng: Rng): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[i * n + j] = rng.normal();
  for (let i = 0; i < n; i++) matrix[i * n + i] = 2 * n + rng.normal();
  return matrix;
}
