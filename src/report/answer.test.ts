import { describe, expect, it } from "vitest";
import { exampleRun } from "../../test/support/example-run.js";
import type { Interval, Results } from "../results/results.js";
import { answers } from "./answer.js";

const run = exampleRun();
const { results } = run;
const within = (value: number, half: number, n = 100): Interval => ({
  value,
  low: value - half,
  high: value + half,
  n,
  unit: "prompt",
});

const paperOf = (own: Results) => answers({ results: own, implicitRewards: [] }).paper;

describe("answers", () => {
  it("has one answer per question, each with its numbers, the paper's stages last", () => {
    const { models, paper } = answers(run);
    expect([models.length, paper.length]).toEqual([4, 4]);
    expect([...models, ...paper].join(" ")).not.toMatch(/NaN|undefined|Infinity/);
    expect(paper[0]).toContain(results.tune!.reward.difference.value.toFixed(2));
    for (const sentence of [...models, ...paper]) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });

  it("begins with the words that tuning made likelier and less likely, beside what was given for them", () => {
    const words = [
      { word: "great", trueValue: 3.1, value: 2.62, visits: 18, visited: true },
      { word: "dull", trueValue: -1.7, value: -0.93, visits: 2, visited: true },
      { word: "awful", trueValue: -2, value: -1.5, visits: 2, visited: true },
      { word: "rare", trueValue: 2, value: 9, visits: 0.1, visited: false },
    ];
    const [likelier, order, written, place] = answers({ results, implicitRewards: words }).models;
    expect(likelier).toContain(
      "Of the 3 words of the given lexicon that the base model would write, tuning raised the most “great” +2.62 (given +3.1), and lowered the most “awful” -1.50 (given -2.0), “dull” -0.93 (given -1.7).",
    );
    const { tau } = results.implicitReward!.lexicon.kendall.find(({ words }) => words === "visited")!.result;
    expect(order).toContain(`Kendall's tau ${tau.value.toFixed(3)} [`);
    expect(order).toMatch(/The base model's probabilities, which know nothing of tuning, have 0\.104 /);
    const [most] = results.implicitReward!.overRepresented.moreInTuned;
    expect(written).toContain(`It learned to write “${most.word}”`);
    expect(place).toMatch(/^Put into the base model by itself, no part gives more/);
  });

  it("leaves out what a run has not measured", () => {
    expect(answers({ results: {}, implicitRewards: [] })).toEqual({ models: [], paper: [] });
    expect(answers({ results: { tune: results.tune }, implicitRewards: [] }).paper).toHaveLength(1);
  });

  it("claims no change of the reward where the interval includes zero", () => {
    const reward = { ...results.tune!.reward, difference: within(0.05, 0.1) };
    const [sentence] = paperOf({ tune: { ...results.tune!, reward } });
    expect(sentence).toContain("did not change the mean reward of held-out completions significantly");
    const lowered = { ...reward, difference: within(-0.5, 0.1) };
    expect(paperOf({ tune: { ...results.tune!, reward: lowered } })[0]).toContain("Tuning lowered the mean reward");
  });

  it("gives tuning no credit for a correlation that the base model has too", () => {
    const probe = {
      ...results.probe!,
      tauDifference: [{ estimator: "ridge" as const, difference: within(0.01, 0.05) }],
    };
    expect(paperOf({ probe })[0]).toContain("not significantly different from 0");
    const added = { ...probe, tauDifference: [{ estimator: "ridge" as const, difference: within(0.1, 0.05) }] };
    expect(paperOf({ probe: added })[0]).toContain("the difference is 0.100 [0.050, 0.150], so tuning raised it");
  });

  it("names the controls whose loss is as large", () => {
    const control = (value: number, difference: Interval) => ({
      draws: [within(value, 0.1)],
      meanEffect: within(value, 0.1),
      difference,
    });
    const ablate = {
      ...results.ablate!,
      random: control(-0.1, within(-0.4, 0.1)),
      matchedFrequency: control(-0.5, within(0, 0.1)),
      unlabelled: undefined,
    };
    const [sentence] = paperOf({ ablate });
    expect(sentence).toContain("not significantly larger than that of features of the same frequency.");
    expect(paperOf({ ablate: { ...ablate, matchedFrequency: undefined } })[0]).toContain(
      "larger than that of every control.",
    );
    expect(paperOf({ ablate: { ...ablate, related: [] } })[0]).toContain("none was ablated");
  });
});
