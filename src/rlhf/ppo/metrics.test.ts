import { expect, it } from "vitest";
import { klWarning } from "./metrics.js";
import { ppoDefaults } from "./settings.js";

const statistics = {
  "objective/kl": 3,
  "objective/kl_coef": 0.2,
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
