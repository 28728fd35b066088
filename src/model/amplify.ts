/**
 * Amplified differences of two models: logits + amplification (logits - reference logits). At -1 they
 * are the reference's, at 0 the model's own; above 0 what tuning changed is exaggerated (contrast of
 * two models' logits as in Liu et al., "Tuning Language Models by Proxy", 2024).
 */
import { RewardscopeError } from "../errors.js";
import type { NextLogits } from "./sample-by-logits.js";

/**
 * The amplified logits of two sources.
 * @param amplification any finite number
 * @throws RewardscopeError INVALID_INPUT for an amplification that is not finite, at once; for
 *   different vocabularies, at the first token
 */
export function amplifiedLogits(own: NextLogits, reference: NextLogits, amplification: number): NextLogits {
  if (!Number.isFinite(amplification))
    throw new RewardscopeError("INVALID_INPUT", `amplification: expected a finite number, received ${amplification}`);
  return async (row) => {
    const [logits, others] = [await own(row), await reference(row)];
    if (logits.length !== others.length)
      throw new RewardscopeError(
        "INVALID_INPUT",
        `amplification: expected two models of one vocabulary, received ${logits.length} and ${others.length} tokens`,
      );
    return logits.map((value, id) => value + amplification * (value - others[id]));
  };
}
