/** What the metrics of a tuning say about its KL penalty: is it strong enough, and has the policy come to rest? */
import { mean } from "../stats/moments.js";

/** One batch: its metrics by name, as a line of metrics.jsonl has them. */
type BatchMetrics = Readonly<Record<string, number>>;

export interface KlDiagnosis {
  /** Standard deviation of the scores of the first batch, which the base model sampled. */
  readonly scoreSpread: number;
  /** The coefficient that this spread asks for, see `askedKlCoef`. */
  readonly askedKlCoef: number;
  /** The coefficient of the first batch, and of the last. */
  readonly klCoef: readonly [first: number, last: number];
  /** KL per response token in nats, mean over the last sixth of the batches. */
  readonly klPerToken: number;
  /** The same for the sixth before it. */
  readonly klPerTokenBefore: number;
  /** Whether KL per token has come to rest: it rose by at most `PLATEAU_RISE` between the two sixths. */
  readonly plateau: boolean;
}

/** Relative rise of the KL between the last two sixths of the batches, up to which it is at rest. */
const PLATEAU_RISE = 0.15;

/** Batches below which the last two sixths are too few to tell. */
const LEAST_BATCHES = 12;

/**
 * The coefficient at which tuning ends at a target KL. Where the base model's rewards are normal
 * with standard deviation s, the best policy under a penalty of coefficient b has the mean reward
 * s²/b above the base model's and a KL of s²/(2b²); so the KL is `klTarget` at b = s / √(2 klTarget).
 * @param spread standard deviation of the rewards of the base model's responses
 * @param klTarget in nats per response
 */
export const askedKlCoef = (spread: number, klTarget: number): number => spread / Math.sqrt(2 * klTarget);

/**
 * Reads the metrics of all batches.
 * @returns undefined where there are too few batches, or an algorithm has no such metrics
 */
export function diagnoseKl(batches: readonly BatchMetrics[], klTarget: number): KlDiagnosis | undefined {
  if (batches.length < LEAST_BATCHES) return undefined;
  const [first, last] = [batches[0], batches[batches.length - 1]];
  const scoreSpread = first["objective/scores_std"];
  const perToken = batches.map((batch) => batch["objective/kl"] / batch["tokens/responses_len_mean"]);
  const klCoef = [first["objective/kl_coef"], last["objective/kl_coef"]] as const;
  if (![scoreSpread, ...klCoef, ...perToken].every(Number.isFinite)) return undefined;
  const sixth = Math.floor(batches.length / 6);
  const klPerToken = mean(perToken.slice(-sixth));
  const klPerTokenBefore = mean(perToken.slice(-2 * sixth, -sixth));
  return {
    scoreSpread,
    askedKlCoef: askedKlCoef(scoreSpread, klTarget),
    klCoef,
    klPerToken,
    klPerTokenBefore,
    plateau: klPerToken <= (1 + PLATEAU_RISE) * klPerTokenBefore,
  };
}
