/** Diagnoses the KL penalty from a tuning's metrics: its strength, and whether KL has a plateau. */
import { mean } from "../stats/moments.js";

/** The metrics of one batch by name, as in metrics.jsonl. */
type BatchMetrics = Readonly<Record<string, number>>;

/** The KL of a run beside what its coefficient asks for. */
export interface KlDiagnosis {
  /** Standard deviation of the scores of the first batch, which is sampled from the base model. */
  readonly scoreSpread: number;
  /** The coefficient that this spread requires; see `askedKlCoef`. */
  readonly askedKlCoef: number;
  /** The coefficient of the first batch, and of the last. */
  readonly klCoef: readonly [first: number, last: number];
  /** KL per response token in nats, mean over the last sixth of the batches. */
  readonly klPerToken: number;
  /** The same for the sixth before it. */
  readonly klPerTokenBefore: number;
  /**
   * Whether KL per token has a plateau: it rose by at most `PLATEAU_RISE` between the two sixths.
   */
  readonly plateau: boolean;
}

/** Maximal relative rise of the KL between the last two sixths of the batches on a plateau. */
const PLATEAU_RISE = 0.15;

/** Minimal number of batches for comparing the last two sixths. */
const LEAST_BATCHES = 12;

/**
 * The coefficient of the KL penalty at which tuning converges to a target KL. If the base model's
 * rewards are normal with standard deviation s, the optimal policy under a penalty of coefficient b
 * has a mean reward of s²/b above the base model's, and a KL of s²/(2b²). The KL is therefore
 * `klTarget` at b = s / √(2 klTarget).
 * @param spread standard deviation of the rewards of the base model's responses
 * @param klTarget in nats per response
 */
export const askedKlCoef = (spread: number, klTarget: number): number => spread / Math.sqrt(2 * klTarget);

/**
 * Diagnoses the metrics of all batches.
 * @returns undefined for too few batches, or an algorithm without such metrics
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
