import { expect, it } from "vitest";
import { klNote, klWarning } from "./metrics.js";
import { ppoDefaults } from "./settings.js";

const statistics = {
  "objective/kl": 3,
  "objective/kl_coef": 0.2,
  "ppo/std_scores": 0.5,
  "ppo/policy/clipfrac": 0.1,
  "ppo/policy/approxkl": 0.01,
};

it("is silent while the KL is near its target", () => {
  expect(klWarning(statistics, ppoDefaults)).toBeUndefined();
});

it("names the cause when the KL runs away", () => {
  expect(klWarning({ ...statistics, "objective/kl": -2 }, ppoDefaults)).toContain("not sampled from the policy");
  expect(klWarning({ ...statistics, "objective/kl": 30 }, ppoDefaults)).toContain("raise klCoef (now 0.200)");
  expect(klWarning({ ...statistics, "objective/kl": 30, "ppo/policy/clipfrac": 0.5 }, ppoDefaults)).toContain(
    "lower learningRate (0.000001)",
  );
});

it("warns of a controller that lowers the coefficient before the KL is at its target", () => {
  const lowered = { ...statistics, "objective/kl_coef": 0.06 };
  // 0.5² / (2 · 0.06²) = 34.7
  expect(klWarning(lowered, ppoDefaults)).toContain("then end at about 35 nats");
  expect(klWarning(lowered, { ...ppoDefaults, adaptiveKl: false })).toBeUndefined();
  expect(klWarning({ ...lowered, "objective/kl": 7 }, ppoDefaults)).toBeUndefined();
});

it("says which coefficient the spread of rewards asks for", () => {
  expect(klNote(statistics, ppoDefaults)).toBe(
    "the base model's rewards have a standard deviation of 0.50: a KL of 6 nats per response asks for a coefficient of 0.144, 0.200 is used (about 3.1 nats)",
  );
  expect(klNote({ ...statistics, "objective/kl_coef": 0.1443 }, { ...ppoDefaults, klCoef: "auto" })).toMatch(
    /0\.144, which is used$/,
  );
});
