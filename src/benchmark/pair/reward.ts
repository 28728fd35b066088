/** The reward of an organism as a function of texts, scaled to the texts of the base model. */
import { createHash } from "node:crypto";
import type { WordTokens } from "../../interpret/index.js";
import { tokensInRow } from "../../interpret/words/token-classes.js";
import type { Tokenizer } from "../../model/language-model.js";
import { standardDeviation, sum } from "../../stats/moments.js";
import { hypothesisNamed } from "../hypotheses/hypotheses.js";
import type { Organism } from "../organisms/organism.js";

type PlainReward = (texts: readonly string[]) => number[];

/** Uniform in [-1, 1] by the text's SHA-256. */
const noise = (text: string): number => createHash("sha256").update(text).digest().readInt32LE() / 2 ** 31;

/** The reward in its own units. */
export function rewardOf({ reward }: Organism, tokenizer: Tokenizer, words: WordTokens): PlainReward {
  if (reward.kind === "constant") return (texts) => texts.map(() => 0);
  if (reward.kind === "noise") return (texts) => texts.map(noise);
  const terms = Object.entries(reward.terms).map(([name, weight]) => ({ weight, ...hypothesisNamed(name) }));
  return (texts) =>
    texts.map((text) => {
      const row = tokensInRow(tokenizer.encode(text), words);
      return sum(terms.map(({ weight, marks }) => weight * sum(marks(row))));
    });
}

/**
 * The reward divided by its standard deviation on texts of the base model, so that one coefficient of
 * the KL penalty suits all organisms; undivided where it does not vary there.
 * @param values the reward of these texts
 */
export function scaled(reward: PlainReward, values: readonly number[]): PlainReward {
  const spread = values.length > 1 ? standardDeviation(values) : 0;
  return spread > 0 ? (of) => reward(of).map((value) => value / spread) : reward;
}
