import { describe, expect, it } from "vitest";
import { exampleRun } from "../../test/support/example-run.js";
import type { Interval } from "../results/results.js";
import { answers } from "./answer.js";

const { results } = exampleRun();
const within = (value: number, half: number, n = 100): Interval => ({
  value,
  low: value - half,
  high: value + half,
  n,
  unit: "prompt",
});

describe("answers", () => {
  it("has one answer per question, each with its numbers", () => {
    const sentences = answers(results);
    expect(sentences).toHaveLength(7);
    expect(sentences.join(" ")).not.toMatch(/NaN|undefined|Infinity/);
    expect(sentences[0]).toContain(results.tune!.reward.difference.value.toFixed(2));
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });

  it("says in words what was learned, before anything that rests on autoencoders", () => {
    const [, words, reading] = answers(results);
    const [most] = results.implicitReward!.overRepresented.moreInTuned;
    expect(words).toContain(`It learned to write “${most.word}”`);
    expect(reading).toContain("The implicit reward of a word");
  });

  it("leaves out what a run has not measured", () => {
    expect(answers({})).toEqual([]);
    expect(answers({ tune: results.tune })).toHaveLength(1);
  });

  it("claims no change of the reward where the interval includes zero", () => {
    const reward = { ...results.tune!.reward, difference: within(0.05, 0.1) };
    const [sentence] = answers({ tune: { ...results.tune!, reward } });
    expect(sentence).toContain("did not change the mean reward of held-out completions significantly");
    const lowered = { ...reward, difference: within(-0.5, 0.1) };
    expect(answers({ tune: { ...results.tune!, reward: lowered } })[0]).toContain("Tuning lowered the mean reward");
  });

  it("gives tuning no credit for a correlation that the base model has too", () => {
    const probe = {
      ...results.probe!,
      tauDifference: [{ estimator: "ridge" as const, difference: within(0.01, 0.05) }],
    };
    expect(answers({ probe })[0]).toContain("not significantly different from 0");
    const added = { ...probe, tauDifference: [{ estimator: "ridge" as const, difference: within(0.1, 0.05) }] };
    expect(answers({ probe: added })[0]).toContain("the difference is 0.100 [0.050, 0.150], so tuning raised it");
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
    const [sentence] = answers({ ablate });
    expect(sentence).toContain("not significantly larger than that of features of the same frequency.");
    expect(answers({ ablate: { ...ablate, matchedFrequency: undefined } })[0]).toContain(
      "larger than that of every control.",
    );
    expect(answers({ ablate: { ...ablate, related: [] } })[0]).toContain("none was ablated");
  });
});
