/**
 * Proximal policy optimisation of a language model on a reward, with the semantics of TRL 0.7.7's PPOTrainer (paper,
 * section 4.1 and Appendix C). Where TRL computes on padded [batch, length] arrays, only response tokens are computed here.
 */
import { ConfigError, InternalError, RunError } from "../../errors.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { Tokenizer } from "../../model/language-model.js";
import { Adam } from "../../optim/adam.js";
import { constantSchedule, linearSchedule, type Schedule } from "../../optim/schedule.js";
import type { Reward } from "../../reward/reward.js";
import { Rng } from "../../rng.js";
import type { FloatTensor, Tensor } from "../../runtime/tensor.js";
import { joinRows, responseFeeds } from "../response-batch.js";
import { type Rollout, readBeginnings, rollOut } from "../rollout.js";
import {
  checkValueHead,
  initialiseValueHead,
  type ValueHead,
  valueHeadBias,
  valueHeadLayout,
  valueHeadWeight,
} from "../value-head.js";
import { checkResponses, computeExperience, type Experience } from "./experience.js";
import { AdaptiveKlController, FixedKlController } from "./kl-controller.js";
import { minibatchStatistics, trainingGraph } from "./ppo-graph.js";
import { checkPpoSettings, type PpoSettings, ppoDefaults } from "./settings.js";
import { minibatchMoments, type PpoStatistics, sampledKl, stepStatistics } from "./statistics.js";

export interface PpoTrainerOptions extends Partial<PpoSettings> {
  /** The model that the policy is kept near; its parameters are only read. */
  readonly reference: CausalLm;
  /** Scores the texts of `run`; `step` takes scores as they come. */
  readonly reward?: Reward;
  /** Encodes and decodes the texts of `run`. */
  readonly tokenizer?: Tokenizer;
  /** Where to start the value head; default: drawn from the seed. */
  readonly valueHead?: ValueHead;
  /** Batches of the whole run; only the linear schedule asks for it. */
  readonly totalBatches?: number;
  /** The order of the responses in an epoch; default: drawn from the seed. */
  readonly permutation?: (batchSize: number) => readonly number[];
}

export interface RunOptions {
  readonly batches: number;
  readonly signal?: AbortSignal;
  /** `batch` counts from 1. */
  onBatch?(report: { batch: number; statistics: PpoStatistics; rollout: Rollout }): void | Promise<void>;
  /** Awaited with the batch that a step failed on, before the error goes on. */
  onFailure?(report: { batch: number; rollout: Rollout }): void | Promise<void>;
}

/** Per-token quantities of the last step and what its minibatches lost. */
export interface PpoBatch extends Experience {
  /** Policy loss and vfCoef times value loss of every minibatch, in order. */
  readonly losses: readonly { policy: number; value: number }[];
}

export class PpoTrainer {
  readonly settings: PpoSettings;
  private readonly reference: CausalLm;
  private readonly klController: AdaptiveKlController | FixedKlController;
  private readonly schedule: Schedule;
  private readonly permutation: (batchSize: number) => readonly number[];
  private shuffleRng: Rng;
  private dropoutRng: Rng;
  private adam: Adam | undefined;
  private batches = 0;
  private last: PpoBatch | undefined;

  /**
   * @param policy the model to tune; its parameters change in place
   * @throws ConfigError when settings cannot be
   */
  constructor(
    readonly policy: CausalLm,
    private readonly options: PpoTrainerOptions,
  ) {
    const given = Object.fromEntries(
      Object.entries(options).filter(([key, value]) => key in ppoDefaults && value !== undefined),
    );
    this.settings = { ...ppoDefaults, ...given };
    checkPpoSettings(this.settings);
    const { klCoef, klTarget, klHorizon, adaptiveKl, seed, warmupSteps } = this.settings;
    this.reference = options.reference;
    this.klController = adaptiveKl
      ? new AdaptiveKlController(klCoef, klTarget, klHorizon)
      : new FixedKlController(klCoef);
    this.schedule =
      this.settings.schedule === "linear" ? linearSchedule(warmupSteps, options.totalBatches ?? 0) : constantSchedule;
    this.shuffleRng = Rng.fromSeed(seed, "ppo", "shuffle");
    this.dropoutRng = Rng.fromSeed(seed, "ppo", "dropout");
    this.permutation = options.permutation ?? ((batchSize) => this.shuffleRng.permutation(batchSize));
  }

  /** Batches learned from so far. */
  get batchCount(): number {
    return this.batches;
  }

  /** The coefficient of the KL penalty that the next batch will use. */
  get klCoef(): number {
    return this.klController.value;
  }

  /** Per-token quantities of the last step. */
  get lastBatch(): PpoBatch {
    if (!this.last) throw new InternalError("lastBatch was read before the first step");
    return this.last;
  }

  /** The value head as it is now. */
  async valueHead(): Promise<ValueHead> {
    await this.ready();
    const { store } = this.policy;
    return { weight: (await store.read(valueHeadWeight)).data, bias: (await store.read(valueHeadBias)).data };
  }

  private async ready(): Promise<Adam> {
    if (this.adam) return this.adam;
    const { dModel } = this.policy.config;
    if (this.options.valueHead) checkValueHead(this.options.valueHead, dModel);
    await this.policy.makeTrainable(valueHeadLayout(dModel));
    const { weight, bias } =
      this.options.valueHead ?? initialiseValueHead(dModel, Rng.fromSeed(this.settings.seed, "ppo", "value head"));
    await this.policy.store.write(valueHeadWeight, weight);
    await this.policy.store.write(valueHeadBias, bias);
    this.adam = new Adam(this.policy.store);
    return this.adam;
  }

  /**
   * One PPO step on a batch.
   * @param queries, responses token ids, one row per response; @param scores the reward of each
   * @throws ShapeError when the three differ in number or a response is empty
   * @throws RunError when a loss or gradient is not finite; the parameters are then those before that minibatch
   */
  async step(
    queries: readonly (readonly number[])[],
    responses: readonly (readonly number[])[],
    scores: readonly number[],
  ): Promise<PpoStatistics> {
    const { batchSize, miniBatchSize, ppoEpochs, clippedSteps, maxGradNorm } = this.settings;
    const batch = { queries, responses, scores };
    checkResponses(batch, batchSize);
    const adam = await this.ready();
    const klCoef = this.klController.value;
    const experience = await computeExperience(this.policy, this.reference, batch, klCoef, this.settings);
    const { logprobs, values, advantages, returns } = experience;
    const learningRate = this.settings.learningRate * this.schedule(this.batches);
    const minibatches: PpoStatistics[] = [];
    for (let epoch = 0; epoch < ppoEpochs; epoch++) {
      const order = this.permutation(batchSize);
      for (let start = 0; start < batchSize; start += miniBatchSize) {
        const chosen = order.slice(start, start + miniBatchSize);
        const pick = <T>(rows: readonly T[]): T[] => chosen.map((index) => rows[index]);
        const statistics = await this.trainMinibatch(pick(queries), pick(responses), {
          oldLogprobs: joinRows(pick(logprobs)),
          oldValues: joinRows(pick(values)),
          advantages: joinRows(pick(advantages)),
          returns: joinRows(pick(returns)),
        });
        if (!Number.isFinite(statistics["loss/total"]))
          throw new RunError(`PPO step ${this.batches + 1}: the loss is ${statistics["loss/total"]}`, {
            help: "a lower learningRate or a higher klCoef usually mends this",
          });
        const clipped = clippedSteps === "every" || adam.stepCount === 0;
        await adam.step(learningRate, clipped ? maxGradNorm : 0);
        minibatches.push({
          ...statistics,
          ...minibatchMoments({ returns: pick(returns), values: pick(values), advantages: pick(advantages) }),
        });
      }
    }
    this.klController.update(sampledKl(experience), batchSize);
    this.batches++;
    this.last = {
      ...experience,
      losses: minibatches.map((statistics) => ({
        policy: statistics["loss/policy"],
        value: this.settings.vfCoef * statistics["loss/value"],
      })),
    };
    return stepStatistics(experience, batch, minibatches, { klCoef, learningRate });
  }

  private async trainMinibatch(
    queries: readonly (readonly number[])[],
    responses: readonly (readonly number[])[],
    perToken: Record<string, FloatTensor>,
  ): Promise<Record<string, number>> {
    const { valueHeadDropout } = this.settings;
    const { feeds } = responseFeeds(this.policy.config, queries, responses);
    const rows = perToken.returns.data.length;
    const { dModel } = this.policy.config;
    const dropout: Record<string, Tensor> = {};
    if (valueHeadDropout > 0) {
      const factor = 1 / (1 - valueHeadDropout);
      const keep = Float32Array.from({ length: rows * dModel }, () =>
        this.dropoutRng.uniform() < valueHeadDropout ? 0 : factor,
      );
      dropout.keep = { dims: [rows, dModel], data: keep };
    }
    const program = await this.policy.program("ppo training", () => trainingGraph(this.policy, this.settings));
    const results = await program.run({
      feeds: { ...feeds, ...perToken, ...dropout },
      stores: [this.policy.store],
      fetch: minibatchStatistics,
    });
    return Object.fromEntries(minibatchStatistics.map((name) => [name, results[name].data[0] as number]));
  }

  /**
   * Tunes the policy on a corpus: each batch takes the next texts' beginnings as queries, samples responses from the policy,
   * rewards them and learns. Begins where the trainer stands, so that a restored one goes on with the next batch.
   * @param corpus texts in the order in which they are used; after the last one the first comes again
   * @param options batches: how many there shall be in all; onBatch is awaited after each
   * @throws ConfigError when reward or tokenizer was not given; RunError when the corpus has no text that is long enough
   */
  async run(corpus: AsyncIterable<{ text: string }> | Iterable<{ text: string }>, options: RunOptions): Promise<void> {
    const { reward, tokenizer } = this.options;
    if (!reward || !tokenizer)
      throw new ConfigError("PPO settings", [
        { path: reward ? "tokenizer" : "reward", expected: "given, to run on a corpus", received: "nothing" },
      ]);
    const { batchSize, queryTokens, seed } = this.settings;
    const beginnings = await readBeginnings(corpus, tokenizer, queryTokens[1], options.batches * batchSize);
    while (this.batches < options.batches) {
      options.signal?.throwIfAborted();
      const texts = Array.from(
        { length: batchSize },
        (_, i) => beginnings[(this.batches * batchSize + i) % beginnings.length],
      );
      const rng = Rng.fromSeed(seed, "ppo", "rollout", String(this.batches));
      const rollout = await rollOut(this.policy, texts, {
        tokenizer,
        reward,
        settings: this.settings,
        rng,
        signal: options.signal,
      });
      let statistics: PpoStatistics;
      try {
        statistics = await this.step(rollout.queries, rollout.responses, rollout.scores);
      } catch (error) {
        await options.onFailure?.({ batch: this.batches + 1, rollout });
        throw error;
      }
      await options.onBatch?.({ batch: this.batches, statistics, rollout });
    }
  }

  /** Everything that a resumed run needs: tensors for a safetensors file, and plain values for JSON. */
  async state(): Promise<{ tensors: Record<string, FloatTensor>; values: PpoTrainerState }> {
    const adam = await this.ready();
    const tensors = await adam.state();
    for (const name of this.policy.store.names) tensors[`parameters.${name}`] = await this.policy.store.read(name);
    const values = {
      batches: this.batches,
      klCoef: this.klController.value,
      shuffle: this.shuffleRng.state(),
      dropout: this.dropoutRng.state(),
    };
    return { tensors, values };
  }

  /** Takes over what `state` gave. `read` returns a tensor by its name there. */
  async restore(values: PpoTrainerState, read: (name: string) => Promise<FloatTensor>): Promise<void> {
    const adam = await this.ready();
    for (const name of this.policy.store.names)
      await this.policy.store.write(name, (await read(`parameters.${name}`)).data);
    await adam.restore(read);
    this.batches = values.batches;
    this.klController.value = values.klCoef;
    this.shuffleRng = Rng.restore(values.shuffle);
    this.dropoutRng = Rng.restore(values.dropout);
  }
}

/** The plain values of a trainer's state. */
export interface PpoTrainerState {
  readonly batches: number;
  readonly klCoef: number;
  readonly shuffle: ReturnType<Rng["state"]>;
  readonly dropout: ReturnType<Rng["state"]>;
}
