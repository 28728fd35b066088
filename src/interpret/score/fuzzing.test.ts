import { expect, it } from "vitest";
import { evidenceOf } from "../../../test/support/evidence.js";
import { Rng } from "../../rng.js";
import type { MarkedExcerpt } from "../evidence/excerpts.js";
import type { Explainer, Explanation } from "../explain/explainer.js";
import { scoreFuzzing } from "./fuzzing.js";
import { scoreSimulation } from "./simulation.js";

/** Predicts by the token that the explanation names; counts its calls. */
function namedToken(marked: MarkedExcerpt[] = []): Explainer {
  const unasked = () => Promise.reject(new Error("not asked for"));
  return {
    name: "named token",
    criterion: "none",
    topics: [],
    explain: unasked,
    classify: unasked,
    detect: unasked,
    async fuzz({ explanation }, excerpts) {
      marked.push(...excerpts);
      return excerpts.map((one) => one.marked.every((t) => one.tokens[t] === Number(explanation)));
    },
    async simulate({ explanation, failed }, excerpts) {
      if (failed) return undefined;
      return excerpts.map(({ tokens }) => tokens.map((token) => (token === Number(explanation) ? 10 : 0)));
    },
  };
}

/** 60 texts of 64 tokens; every eighth token is 1, the one after it 2, the others 0. */
const texts = Array.from({ length: 60 }, () =>
  Array.from({ length: 64 }, (_, t) => (t % 8 === 3 ? 1 : t % 8 === 4 ? 2 : 0)),
);
const named = (...tokens: number[]): Explanation[] => tokens.map((token) => ({ explanation: String(token) }));
const options = { rng: Rng.fromSeed(3), resamples: 100 };

it("fuzzing tells an explanation of the tokens from one of their neighbours, and the number of marks tells nothing", async () => {
  const evidence = await evidenceOf(texts, [(token) => (token === 1 ? 1 : 0), (token) => (token === 2 ? 1 : 0)]);
  const marked: MarkedExcerpt[] = [];
  const [right, wrong] = await scoreFuzzing(evidence, named(1, 1), { ...options, explainer: namedToken(marked) });
  expect(right).toMatchObject({ balancedAccuracy: { value: 1, unit: "text" }, positives: 25, negatives: 25 });
  // Never correct for active tokens; a random inactive token is the neighbour in one case of seven.
  expect(wrong!.balancedAccuracy.value).toBeGreaterThan(0.3);
  expect(wrong!.balancedAccuracy.value).toBeLessThan(0.5);
  expect(marked.every((one) => one.marked.length === 1)).toBe(true);
  const [everywhere] = await scoreFuzzing(await evidenceOf(texts, [() => 1]), named(1), {
    ...options,
    explainer: namedToken(),
  });
  expect(everywhere).toBeUndefined();
});

it("simulation is the correlation of predicted and true levels", async () => {
  const codes = [(token: number) => (token === 1 ? 5 : 0), (token: number) => (token > 0 ? 5 : 0), () => 1];
  const explainer = namedToken();
  const evidence = await evidenceOf(texts, codes);
  const scores = await scoreSimulation(evidence, named(1, 1, 1), { ...options, explainer });
  expect(scores[0]).toMatchObject({ correlation: { value: 1 }, excerpts: 10, tokens: 320 });
  // Shares 1/8 and 1/4, the first contained in the second: sqrt((1/8 * 3/4) / (1/4 * 7/8)).
  expect(scores[1]?.correlation.value).toBeCloseTo(Math.sqrt(3 / 7), 10);
  expect(scores[2]).toBeUndefined();
  const [constant] = await scoreSimulation(evidence.slice(0, 1), named(7), { ...options, explainer });
  expect(constant).toMatchObject({ correlation: { value: 0, low: 0, high: 0 } });
  expect(constant).not.toHaveProperty("control");
  const failed = await scoreSimulation(evidence, [{ explanation: "none", failed: true }, ...named(1, 1)], {
    ...options,
    explainer,
  });
  expect(failed[0]).toBeUndefined();
});
