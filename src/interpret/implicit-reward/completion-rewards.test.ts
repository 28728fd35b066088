import { expect, test } from "vitest";
import { Rng } from "../../rng.js";
import { logRatio, ofOthers, perPrompt, type ScoredCompletion, textAgreement } from "./completion-rewards.js";

const completion = (
  prompt: number,
  source: "base" | "tuned",
  value: number,
  reward: number,
  offset = 0,
): ScoredCompletion => ({
  prompt,
  source,
  ids: [1],
  reward: reward + offset,
  completionReward: reward,
  baseLogProb: -10,
  tunedLogProb: -10 + value,
});
const options = () => ({
  rng: Rng.fromSeed(1, "pairs"),
  resampling: { rng: Rng.fromSeed(1, "bootstrap"), resamples: 50 },
});

test("the value is the log-ratio; within a prompt, the tuned completion's minus the base one's", () => {
  const rows = [completion(0, "base", 1, 0), completion(1, "base", 2, 0), completion(1, "tuned", 5, 0)];
  expect(logRatio(rows[2])).toBe(5);
  expect([...perPrompt(rows, "base", logRatio)]).toEqual([1, 2]);
  expect([...perPrompt(rows, "withinPrompt", logRatio)]).toEqual([3]);
});

test("correlation and distance within each source, by hand", () => {
  const rows = [1, 2, 3].flatMap((value, prompt) => [
    completion(prompt, "base", value, [3, 1, 2][prompt]),
    completion(prompt, "tuned", 2 * value, 4 * value),
  ]);
  const found = textAgreement(rows, options());
  const of = (source: string) => found.find((one) => one.source === source && one.rewarded === "completion")!;
  expect(of("base").pearson.value).toBeCloseTo(-0.5, 12);
  expect(of("base").kendall.value).toBeCloseTo(-1 / 3, 12);
  expect(of("base").epicDistance.value).toBeCloseTo(Math.sqrt(0.75), 12);
  expect(of("tuned").pearson.value).toBeCloseTo(1, 12);
  expect(of("tuned").epicDistance.value).toBeCloseTo(0, 6);
  expect(of("tuned").pearson).toMatchObject({ n: 3, unit: "prompt" });
  // The distance falls as the correlation rises, so the ends are swapped.
  const { pearson, epicDistance } = of("base");
  expect(epicDistance.low).toBeCloseTo(Math.sqrt((1 - pearson.high) / 2), 12);
});

test("a constant of the prompt blurs the sources and cancels within the prompt", () => {
  const rng = Rng.fromSeed(3, "rows");
  const rows = Array.from({ length: 200 }, (_, prompt) => {
    const constant = 5 * rng.normal();
    const [ofBase, ofTuned] = [rng.normal(), rng.normal()];
    return [
      completion(prompt, "base", ofBase + constant, ofBase),
      completion(prompt, "tuned", ofTuned + constant, ofTuned),
    ];
  }).flat();
  const found = textAgreement(rows, options()).filter(({ rewarded }) => rewarded === "completion");
  const [base, , within] = found;
  expect(within.pearson.value).toBeCloseTo(1, 12);
  expect(base.pearson.value).toBeLessThan(0.5);
  expect(Math.abs(within.shuffled.value)).toBeLessThan(0.2);
});

test("every number gets another's place", () => {
  for (let seed = 0; seed < 20; seed++) {
    const moved = ofOthers(Float64Array.of(0, 1, 2, 3, 4), Rng.fromSeed(seed, "places"));
    expect([...moved].sort()).toEqual([0, 1, 2, 3, 4]);
    expect([...moved].some((value, i) => value === i)).toBe(false);
  }
});
