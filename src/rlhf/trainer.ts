/**
 * Proximal policy optimisation of a language model on a reward, with the semantics of TRL 0.7.7's PPOTrainer (paper,
 * section 4.1 and Appendix C). Where TRL computes on padded [batch, length] arrays, only response tokens are computed here.
 */
import { ConfigError, InternalError, RunError, ShapeError } from "../errors.js";
import type { CausalLm } from "../model/causal-lm.js";
import type { Tokenizer } from "../model/language-model.js";
import {
  initialiseValueHead,
  type ValueHead,
  valueHeadBias,
  valueHeadLayout,
  valueHeadWeight,
} from "../model/value-head.js";
import { Adam } from "../optim/adam.js";
import { constantSchedule, linearSchedule, type Schedule } from "../optim/schedule.js";
import type { Reward } from "../reward/reward.js";
import { Rng } from "../rng.js";
import type { FloatTensor, Tensor } from "../runtime/tensor.js";
import { computeGae, momentsOf, type PerToken, tokenRewards, whiten } from "./advantages.js";
import { AdaptiveKlController, FixedKlController } from "./kl-controller.js";
import { average, standardDeviation } from "./moments.js";
import { evaluationGraph, minibatchStatistics, trainingGraph } from "./ppo-graph.js";
import { joinRows, responseFeeds, splitRows } from "./response-batch.js";
import { type Rollout, rollOut } from "./rollout.js";
import { checkPpoSettings, type PpoSettings, ppoDefaults } from "./settings.js";

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

/** TRL's names, such as `objective/kl`, `ppo/loss/policy`, `ppo/mean_scores`; all are means over the batch. */
export type PpoStatistics = Record<string, number>;

export interface RunOptions {
  readonly batches: number;
  readonly signal?: AbortSignal;
  /** `batch` counts from 1. */
  onBatch?(report: { batch: number; statistics: PpoStatistics; rollout: Rollout }): void | Promise<void>;
  /** Awaited with the batch that a step failed on, before the error goes on. */
  onFailure?(report: { batch: number; rollout: Rollout }): void | Promise<void>;
}

/** Per-token quantities of a batch, one array per response. */
export interface PpoBatch {
  readonly logprobs: PerToken;
  readonly refLogprobs: PerToken;
  readonly values: PerToken;
  readonly rewards: PerToken;
  readonly advantages: PerToken;
  readonly returns: PerToken;
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
    await this.policy.makeTrainable(valueHeadLayout(dModel));
    const { weight, bias } =
      this.options.valueHead ?? initialiseValueHead(dModel, Rng.fromSeed(this.settings.seed, "ppo", "value head"));
    await this.policy.store.write(valueHeadWeight, weight);
    await this.policy.store.write(valueHeadBias, bias);
    this.adam = new Adam(this.policy.store);
    return this.adam;
  }

  /** Log-probabilities and values of all response tokens, a minibatch at a time as in TRL: logits are what takes memory. */
  private async evaluate(
    model: CausalLm,
    queries: readonly (readonly number[])[],
    responses: readonly (readonly number[])[],
    withValues: boolean,
  ): Promise<{ logprobs: Float64Array[]; values: Float64Array[] }> {
    const { miniBatchSize } = this.settings;
    const program = await model.program(`ppo evaluation ${withValues}`, () => evaluationGraph(model, withValues));
    const fetch = withValues ? ["logprobs", "values"] : ["logprobs"];
    const all = { logprobs: [] as Float64Array[], values: [] as Float64Array[] };
    for (let start = 0; start < queries.length; start += miniBatchSize) {
      const [part, answers] = [queries, responses].map((rows) => rows.slice(start, start + miniBatchSize));
      const { feeds, lengths } = responseFeeds(model.config, part, answers);
      const { logprobs, values } = await program.run({ feeds, stores: [model.store], fetch });
      all.logprobs.push(...splitRows(logprobs.data as Float32Array, lengths));
      if (values) all.values.push(...splitRows(values.data as Float32Array, lengths));
    }
    return all;
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
    const { batchSize, miniBatchSize, ppoEpochs, learningRate, whitenRewards, clippedSteps, maxGradNorm } =
      this.settings;
    if (queries.length !== batchSize || responses.length !== batchSize || scores.length !== batchSize)
      throw new ShapeError(
        `PPO step: batchSize is ${batchSize}; received ${queries.length} queries, ${responses.length} responses, ${scores.length} scores`,
      );
    const empty = responses.findIndex((response) => response.length === 0);
    if (empty >= 0) throw new ShapeError(`PPO step: response ${empty} is empty`);
    const badScore = scores.findIndex((score) => !Number.isFinite(score));
    if (badScore >= 0)
      throw new RunError(`PPO step: the score of response ${badScore} is ${scores[badScore]}`, {
        help: "the reward must return finite numbers",
      });
    const adam = await this.ready();

    // 1. Old log-probabilities, values, and the reference's log-probabilities.
    const { logprobs, values } = await this.evaluate(this.policy, queries, responses, true);
    const { logprobs: refLogprobs } = await this.evaluate(this.reference, queries, responses, false);
    // 2. Rewards per token; 3. advantages and returns.
    const klCoef = this.klController.value;
    const raw = tokenRewards(logprobs, refLogprobs, scores, klCoef);
    const rewards = whitenRewards ? whiten(raw.rewards, { keepMean: true }) : raw.rewards;
    const { advantages: plainAdvantages, returns } = computeGae(rewards, values, this.settings);
    const advantages = whiten(plainAdvantages);
    // 4. Epochs of shuffled minibatches.
    const rate = learningRate * this.schedule(this.batches);
    const sums = new Map<string, number>();
    const losses: { policy: number; value: number }[] = [];
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
        const moments = {
          returns: momentsOf(pick(returns)),
          val: momentsOf(pick(values)),
          advantages: momentsOf(pick(advantages)),
        };
        Object.assign(statistics, {
          "returns/mean": moments.returns.mean,
          "returns/var": moments.returns.variance,
          "val/mean": moments.val.mean,
          "val/var": moments.val.variance,
          "policy/advantages_mean": moments.advantages.mean,
        });
        if (!Number.isFinite(statistics["loss/total"]))
          throw new RunError(`PPO step ${this.batches + 1}: the loss is ${statistics["loss/total"]}`, {
            help: "a lower learningRate or a higher klCoef usually mends this",
          });
        const clipped = clippedSteps === "every" || adam.stepCount === 0;
        await adam.step(rate, clipped ? maxGradNorm : 0);
        losses.push({ policy: statistics["loss/policy"], value: this.settings.vfCoef * statistics["loss/value"] });
        for (const [name, value] of Object.entries(statistics)) sums.set(name, (sums.get(name) ?? 0) + value);
      }
    }
    // 5. Statistics, then the KL coefficient of the next batch.
    const lengths = responses.map((response) => response.length);
    const kl = average(logprobs.map((row, i) => row.reduce((sum, logprob, t) => sum + logprob - refLogprobs[i][t], 0)));
    const result: PpoStatistics = {
      "objective/kl": kl,
      "objective/kl_coef": klCoef,
      "objective/entropy": average(logprobs.map((row) => -row.reduce((sum, logprob) => sum + logprob, 0))),
      "ppo/mean_non_score_reward": momentsOf(raw.nonScoreRewards).mean,
      "ppo/mean_scores": average(scores),
      "ppo/std_scores": standardDeviation(scores),
      "tokens/queries_len_mean": average(queries.map((query) => query.length)),
      "tokens/queries_len_std": standardDeviation(queries.map((query) => query.length)),
      "tokens/responses_len_mean": average(lengths),
      "tokens/responses_len_std": standardDeviation(lengths),
    };
    for (const [name, sum] of sums) result[`ppo/${name}`] = sum / losses.length;
    result["ppo/val/var_explained"] = 1 - result["ppo/val/error"] / result["ppo/returns/var"];
    result["ppo/learning_rate"] = rate;
    this.klController.update(kl, batchSize);
    this.batches++;
    this.last = { logprobs, refLogprobs, values, rewards, advantages, returns, losses };
    return result;
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
    const beginnings: number[][] = [];
    for await (const { text } of corpus) {
      // A token has rarely more than 16 characters; encoding whole reviews for ten tokens would take most of the time.
      const ids = tokenizer.encode(text.slice(0, 32 * queryTokens[1])).slice(0, queryTokens[1]);
      if (ids.length >= queryTokens[1]) beginnings.push(ids);
      if (beginnings.length >= options.batches * batchSize) break;
    }
    if (beginnings.length === 0)
      throw new RunError(`no text of the corpus has ${queryTokens[1]} tokens`, {
        help: "use longer texts or a smaller ppo.queryTokens",
      });
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
