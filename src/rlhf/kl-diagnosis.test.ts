import { expect, test } from "vitest";
import { askedKlCoef, diagnoseKl } from "./kl-diagnosis.js";

/** A tuning whose KL per token follows `kl` over 24 batches of responses of 14 tokens. */
const batches = (kl: (batch: number) => number, coefficient = (_: number) => 0.2) =>
  Array.from({ length: 24 }, (_, i) => ({
    batch: i + 1,
    "objective/kl": 14 * kl(i),
    "objective/kl_coef": coefficient(i),
    "objective/scores_std": i === 0 ? 0.5 : 0.9,
    "tokens/responses_len_mean": 14,
  }));

test("the coefficient of a normal reward gives the target: s²/(2b²)", () => {
  expect(askedKlCoef(0.5, 6)).toBeCloseTo(0.1443, 4);
  expect(0.5 ** 2 / (2 * askedKlCoef(0.5, 6) ** 2)).toBeCloseTo(6, 12);
});

test("a KL that levels off has a plateau, a growing one has none", () => {
  const rest = diagnoseKl(
    batches((i) => 0.4 * (1 - Math.exp(-i / 5))),
    6,
  );
  expect(rest).toMatchObject({ scoreSpread: 0.5, klCoef: [0.2, 0.2], plateau: true });
  expect(rest?.klPerToken).toBeCloseTo(0.394, 3);
  const growing = diagnoseKl(
    batches(
      (i) => 0.02 * i,
      (i) => 0.2 * 0.9 ** i,
    ),
    6,
  );
  expect(growing).toMatchObject({ plateau: false });
  expect(growing?.klPerToken).toBeCloseTo(0.43, 10);
  expect(growing?.klPerTokenBefore).toBeCloseTo(0.35, 10);
  expect(growing?.klCoef[1]).toBeCloseTo(0.2 * 0.9 ** 23, 10);
});

test("too few batches, or metrics of another algorithm, say nothing", () => {
  expect(diagnoseKl(batches(() => 1).slice(0, 11), 6)).toBeUndefined();
  expect(
    diagnoseKl(
      batches(() => 1).map(({ batch }) => ({ batch })),
      6,
    ),
  ).toBeUndefined();
});
