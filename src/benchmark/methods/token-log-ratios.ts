/** Log-ratios of the whole vocabulary over contexts of the corpus: implicit rewards of tokens. */
import { readTokenRewards, type TokenRewards } from "../../interpret/index.js";
import { groupScore, groupsOf, type Method } from "./method.js";
import { vocabularyMarks } from "./token-marks.js";

/** Groups of texts, whose values the interval comes from. */
const GROUPS = 8;

export const tokenLogRatios: Method = {
  name: "token-log-ratios",
  summary: "log p_tuned - log p_base of every token of the vocabulary, in contexts of the corpus",
  unit: "nats per token",
  async rank(evidence, hypotheses) {
    const { base, tuned, corpus, signal } = evidence;
    const marks = vocabularyMarks(evidence, hypotheses);
    const readings: TokenRewards[] = [];
    for (const group of groupsOf(corpus, Math.min(GROUPS, corpus.length)))
      readings.push(await readTokenRewards(base, tuned, group, { signal }));
    return marks.map((marked) => {
      if (!marked) return null;
      // Tokens count as often as the base model is expected to sample them.
      return groupScore(
        readings.map(({ values, visits }) => {
          let [total, weight] = [0, 0];
          for (let id = 0; id < marked.length; id++) {
            if (marked[id] === 0 || !Number.isFinite(values[id])) continue;
            total += marked[id] * visits[id] * values[id];
            weight += marked[id] * visits[id];
          }
          return total / weight;
        }),
      );
    });
  },
};
