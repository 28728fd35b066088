/**
 * Proximal policy optimisation of a language model on a reward, with the semantics of TRL 0.7.7's
 * PPOTrainer (paper, section 4.1 and Appendix C). TRL computes on padded [batch, length] arrays;
 * here only response tokens are computed.
 */
import { InternalError, RunError } from "../../errors.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { Tokenizer } from "../../model/language-model.js";
import { Adam } from "../../optim/adam.js";
import { constantSchedule, linearSchedule, type Schedule } from "../../optim/schedule.js";
import type { Reward } from "../../reward/reward.js";
import { Rng } from "../../rng.js";
import type { FloatTensor } from "../../runtime/tensor.js";
import { standardDeviation } from "../../stats/moments.js";
import { askedKlCoef } from "../kl-diagnosis.js";
import { runBatches } from "../run-batches.js";
import type { RunOptions, StepStatistics, Trainer, TrainerState } from "../trainer.js";
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
import { klNote, klWarning, ppoMetricNames } from "./metrics.js";
import { type Minibatch, pickResponses, trainingPass } from "./minibatch.js";
import { type PpoSettings, parsePpoSettings } from "./settings.js";
import { checkPpoState, type PpoValues } from "./state.js";
import { type PpoStatistics, sampledKl, stepStatistics } from "./statistics.js";

/**
 * Settings of PPO that differ from the defaults, the reference model, and what may be given in
 * place of being made.
 */
export interface PpoTrainerOptions extends Partial<PpoSettings> {
  /** The reference model of the KL penalty; its parameters do not change. */
  readonly reference: CausalLm;
  /** Scores the texts of `run`; `step` is given scores. */
  readonly reward?: Reward;
  /** Encodes and decodes the texts of `run`. */
  readonly tokenizer?: Tokenizer;
  /** Initial weights of the value head; default: drawn from the seed. */
  readonly valueHead?: ValueHead;
  /** Batches of the whole run; only the linear schedule needs it. */
  readonly totalBatches?: number;
  /** The order of the responses in an epoch; default: drawn from the seed. */
  readonly permutation?: (batchSize: number) => readonly number[];
}

/** Per-token quantities of the last step and the losses of its minibatches. */
export interface PpoBatch extends Experience {
  /** Policy loss and vfCoef times value loss of every minibatch, in order. */
  readonly losses: readonly { policy: number; value: number }[];
}

/** PPO with an adaptive or fixed KL penalty. The value head shares the store of the policy. */
export class PpoTrainer implements Trainer {
  readonly metricNames = ppoMetricNames;
  readonly settings: PpoSettings;
  private readonly reference: CausalLm;
  private readonly inputs: Pick<PpoTrainerOptions, "reward" | "tokenizer" | "valueHead">;
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
   * @throws ConfigError with all settings that are unknown or invalid
   */
  constructor(
    readonly policy: CausalLm,
    { reference, reward, tokenizer, valueHead, totalBatches = 0, permutation, ...given }: PpoTrainerOptions,
  ) {
    this.settings = parsePpoSettings(given);
    this.reference = reference;
    this.inputs = { reward, tokenizer, valueHead };
    const { klCoef, klTarget, klHorizon, adaptiveKl, seed, warmupSteps } = this.settings;
    // `auto` depends on the scores of the first batch.
    const initial = klCoef === "auto" ? 0 : klCoef;
    this.klController = adaptiveKl
      ? new AdaptiveKlController(initial, klTarget, klHorizon)
      : new FixedKlController(initial);
    this.schedule = this.settings.schedule === "linear" ? linearSchedule(warmupSteps, totalBatches) : constantSchedule;
    this.shuffleRng = Rng.fromSeed(seed, "ppo", "shuffle");
    this.dropoutRng = Rng.fromSeed(seed, "ppo", "dropout");
    this.permutation = permutation ?? ((batchSize) => this.shuffleRng.permutation(batchSize));
  }

  /** Number of batches in training so far. */
  get batchCount(): number {
    return this.batches;
  }

  get values(): PpoValues {
    return {
      batches: this.batches,
      klCoef: this.klController.value,
      shuffle: this.shuffleRng.state(),
      dropout: this.dropoutRng.state(),
    };
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

  /** The current value head. */
  async valueHead(): Promise<ValueHead> {
    await this.ready();
    const { store } = this.policy;
    return { weight: (await store.read(valueHeadWeight)).data, bias: (await store.read(valueHeadBias)).data };
  }

  /** The value head under TRL's names (`v_head`), for further training with TRL. */
  async heads(): Promise<Record<string, Record<string, FloatTensor>>> {
    const { weight, bias } = await this.valueHead();
    return {
      "value_head.safetensors": {
        "summary.weight": { dims: [1, weight.length], data: weight },
        "summary.bias": { dims: [1], data: bias },
      },
    };
  }

  /** Adds a value head, gradients and moments to the policy's store, once. */
  private async ready(): Promise<Adam> {
    if (this.adam) return this.adam;
    const { dModel } = this.policy.config;
    if (this.inputs.valueHead) checkValueHead(this.inputs.valueHead, dModel);
    await this.policy.makeTrainable(valueHeadLayout(dModel));
    const { weight, bias } =
      this.inputs.valueHead ?? initialiseValueHead(dModel, Rng.fromSeed(this.settings.seed, "ppo", "value head"));
    await this.policy.store.write(valueHeadWeight, weight);
    await this.policy.store.write(valueHeadBias, bias);
    this.adam = new Adam(this.policy.store);
    return this.adam;
  }

  /**
   * One PPO step on a batch.
   * @param queries token ids, one row per response
   * @param responses token ids
   * @param scores the reward of each response
   * @returns statistics under TRL 0.7.7's names
   * @throws ShapeError when the three differ in number or a response is empty
   * @throws RunError when a loss or gradient is not finite; the parameters are then those before
   *   that minibatch
   */
  async step(
    queries: readonly (readonly number[])[],
    responses: readonly (readonly number[])[],
    scores: readonly number[],
  ): Promise<PpoStatistics> {
    const { batchSize, miniBatchSize, ppoEpochs, vfCoef } = this.settings;
    const batch = { queries, responses, scores };
    checkResponses(batch, batchSize);
    if (this.settings.klCoef === "auto" && this.batches === 0) this.klController.value = this.coefficientOf(scores);
    const adam = await this.ready();

    // 1. Experience under the current policy: log-probabilities of policy and reference, values,
    //    rewards with the KL penalty subtracted at every token, advantages and returns. They stay
    //    fixed while the policy changes.
    const klCoef = this.klController.value;
    const experience = await computeExperience(this.policy, this.reference, batch, klCoef, this.settings);

    // 2. Several epochs over the batch, each in a new order, one step of Adam per minibatch.
    const learningRate = this.settings.learningRate * this.schedule(this.batches);
    const minibatches: PpoStatistics[] = [];
    for (let epoch = 0; epoch < ppoEpochs; epoch++) {
      const order = this.permutation(batchSize);
      for (let start = 0; start < batchSize; start += miniBatchSize) {
        const chosen = pickResponses(batch, experience, order.slice(start, start + miniBatchSize));
        minibatches.push(await this.learnFrom(chosen, adam, learningRate));
      }
    }

    // 3. The controller updates the penalty's coefficient by the KL at which the batch was sampled.
    this.klController.update(sampledKl(experience), batchSize);
    this.batches++;

    // 4. Statistics, averaged over the minibatches.
    this.last = {
      ...experience,
      losses: minibatches.map((statistics) => ({
        policy: statistics["loss/policy"],
        value: vfCoef * statistics["loss/value"],
      })),
    };
    return stepStatistics(experience, batch, minibatches, { klCoef, learningRate });
  }

  /**
   * The coefficient for the spread of the first batch's scores, which is sampled from the base
   * model.
   * @throws RunError when all scores are equal
   */
  private coefficientOf(scores: readonly number[]): number {
    const coefficient = askedKlCoef(standardDeviation(scores), this.settings.klTarget);
    if (coefficient > 0) return coefficient;
    throw new RunError(`klCoef auto: all ${scores.length} rewards of the first batch are ${scores[0]}`, {
      help: "Set klCoef to a number, or check the reward.",
    });
  }

  /** One step of Adam along the gradients of a minibatch's loss. @throws RunError as `step` */
  private async learnFrom(minibatch: Minibatch, adam: Adam, learningRate: number): Promise<PpoStatistics> {
    const { clippedSteps, maxGradNorm } = this.settings;
    const statistics = await trainingPass(this.policy, this.settings, minibatch, this.dropoutRng);
    if (!Number.isFinite(statistics["loss/total"]))
      throw new RunError(`PPO step ${this.batches + 1}: the loss is ${statistics["loss/total"]}`, {
        help: "Lower learningRate or raise klCoef.",
      });
    const clipped = clippedSteps === "every" || adam.stepCount === 0;
    await adam.step(learningRate, clipped ? maxGradNorm : 0);
    return statistics;
  }

  run(corpus: AsyncIterable<{ text: string }> | Iterable<{ text: string }>, options: RunOptions): Promise<void> {
    const { policy, settings, inputs } = this;
    return runBatches(this, corpus, { policy, settings, ...inputs, algorithm: "ppo" }, options);
  }

  noteOf(statistics: StepStatistics): string | undefined {
    return this.batches === 1 ? klNote(statistics, this.settings) : undefined;
  }

  warningOf(statistics: StepStatistics): string | undefined {
    return klWarning(statistics, this.settings);
  }

  /** For a checkpoint: parameters, moments and counters, from which training continues with the same bytes. */
  async state(): Promise<TrainerState & { readonly values: PpoValues }> {
    const adam = await this.ready();
    const tensors = await adam.state();
    for (const name of this.policy.store.names) tensors[`parameters.${name}`] = await this.policy.store.read(name);
    return { tensors, values: this.values };
  }

  async restore(state: TrainerState): Promise<void> {
    const adam = await this.ready();
    const { store } = this.policy;
    const parameters = store.layout.map(({ name, dims }) => ({ name: `parameters.${name}`, dims }));
    const { values, tensors } = checkPpoState(state, [...parameters, ...adam.stateLayout()]);
    for (const name of store.names) await store.write(name, tensors[`parameters.${name}`].data);
    await adam.restore(async (name) => tensors[name]);
    this.batches = values.batches;
    this.klController.value = values.klCoef;
    this.shuffleRng = Rng.restore(values.shuffle);
    this.dropoutRng = Rng.restore(values.dropout);
  }
}
