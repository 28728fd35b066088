import { expect, it } from "vitest";
import { AdaptiveKlController, FixedKlController } from "./kl-controller.js";

it("moves the coefficient by at most a fifth of the seen share of the horizon", () => {
  const controller = new AdaptiveKlController(0.5, 6, 10000);
  controller.update(0, 16);
  expect(controller.value).toBeCloseTo(0.49984, 12);
  controller.update(6.6, 100);
  expect(controller.value).toBeCloseTo(0.49984 * (1 + (0.1 * 100) / 10000), 12);
});

it("leaves a fixed coefficient alone", () => {
  const controller = new FixedKlController(0.2);
  controller.update();
  expect(controller.value).toBe(0.2);
});
