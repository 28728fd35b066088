/** What the rows of the vocabulary carry of the difference of the models: integrated gradients of their weights. */
import { textPairs } from "../../interpret/audit/audited-text.js";
import { BetweenModels, weightPath } from "../../interpret/index.js";
import { sum } from "../../stats/moments.js";
import { groupScore, groupsOf, type Method } from "./method.js";
import { vocabularyMarks } from "./token-marks.js";

/** Prompts whose completions are read; groups of them, whose values the interval comes from; points of the quadrature. */
const PAIRS = 48;
const GROUPS = 4;
const POINTS = 2;

/** The sum over the tokens with the property of what their rows carry, in embedding and unembedding. */
export const vocabularyRows: Method = {
  name: "vocabulary-rows",
  summary: "what rows of the vocabulary carry of the change, by integrated gradients from base to tuned weights",
  unit: "nats",
  async rank(evidence, hypotheses) {
    const { base, tuned, signal } = evidence;
    const marks = vocabularyMarks(evidence, hypotheses);
    const between = await BetweenModels.of(base, tuned);
    try {
      const carried: Float64Array[] = [];
      for (const group of groupsOf(textPairs(evidence.prompts, evidence.texts, PAIRS), GROUPS)) {
        const { units } = await weightPath(between, group, { points: POINTS, signal });
        const rows = units.filter(({ kind }) => kind === "token");
        carried.push(Float64Array.from(rows[0].values, (_, id) => sum(rows.map(({ values }) => values[id]))));
      }
      return marks.map((marked) => {
        if (!marked) return null;
        return groupScore(carried.map((values) => sum(Array.from(marked, (mark, id) => mark * values[id]))));
      });
    } finally {
      await between.dispose();
    }
  },
};
