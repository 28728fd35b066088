import { describe, expect, it } from "vitest";
import { exampleRun } from "../../test/support/example-run.js";
import type { Interval } from "../results/results.js";
import { answerSentences } from "./answer.js";

const { results } = exampleRun();
const within = (value: number, half: number, n = 100): Interval => ({
  value,
  low: value - half,
  high: value + half,
  n,
  unit: "prompt",
});

describe("answerSentences", () => {
  it("has one sentence per question, each with its numbers", () => {
    const sentences = answerSentences(results);
    expect(sentences).toHaveLength(5);
    expect(sentences.join(" ")).not.toMatch(/NaN|undefined|Infinity/);
    expect(sentences[0]).toContain(results.tune!.reward.difference.value.toFixed(2));
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });

  it("leaves out what a run has not measured", () => {
    expect(answerSentences({})).toEqual([]);
    expect(answerSentences({ tune: results.tune })).toHaveLength(1);
  });

  it("claims no change of the reward where the interval includes zero", () => {
    const reward = { ...results.tune!.reward, difference: within(0.05, 0.1) };
    const [sentence] = answerSentences({ tune: { ...results.tune!, reward } });
    expect(sentence).toContain("did not measurably change");
    const lowered = { ...reward, difference: within(-0.5, 0.1) };
    expect(answerSentences({ tune: { ...results.tune!, reward: lowered } })[0]).toContain("Tuning lowered the reward");
  });

  it("gives tuning no credit for agreement that cannot be told from the base model's", () => {
    const probe = {
      ...results.probe!,
      tauDifference: [{ estimator: "ridge" as const, difference: within(0.01, 0.05) }],
    };
    expect(answerSentences({ probe })[0]).toContain("tuning added nothing that can be told from chance");
    const added = { ...probe, tauDifference: [{ estimator: "ridge" as const, difference: within(0.1, 0.05) }] };
    expect(answerSentences({ probe: added })[0]).toContain("tuning added 0.100");
  });

  it("names the controls that labelled features do not exceed", () => {
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
    const [sentence] = answerSentences({ ablate });
    expect(sentence).toContain("cannot be said to matter more than ones of the same frequency.");
    expect(answerSentences({ ablate: { ...ablate, matchedFrequency: undefined } })[0]).toContain(
      "the reward needs them more than any of these.",
    );
    expect(answerSentences({ ablate: { ...ablate, related: [] } })[0]).toContain("none was ablated");
  });
});
