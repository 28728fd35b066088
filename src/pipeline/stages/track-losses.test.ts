import { expect, test } from "vitest";
import type { Scalars } from "../../tracking/tracker.js";
import { trackLosses } from "./track-losses.js";

test("every tenth step is tracked, after the step at which training was continued", () => {
  const begun: [string, number][] = [];
  const logged: [number, Scalars][] = [];
  const track = (series: string, after: number) => {
    begun.push([series, after]);
    return { log: (step: number, scalars: Scalars) => void logged.push([step, scalars]), text() {} };
  };
  const seen: number[] = [];
  const specs = [
    { layer: 3, name: "small" },
    { layer: 3, name: "large" },
  ];
  const observe = trackLosses({ track }, "dictionaries-base", specs, ({ tokens }) => void seen.push(tokens));
  for (let step = 8; step <= 20; step++) {
    const losses = [1, 2].map((i) => ({ mse: step + i, l1: i, l0: 10 * i }));
    observe({ step, tokens: 5 * step, losses });
  }
  expect(begun).toEqual([["dictionaries-base", 7]]);
  expect(logged.map(([step]) => step)).toEqual([10, 20]);
  expect(logged[1][1]).toEqual({
    "dictionaries-base/mse/layer-3-small": 21,
    "dictionaries-base/l1/layer-3-small": 1,
    "dictionaries-base/l0/layer-3-small": 10,
    "dictionaries-base/mse/layer-3-large": 22,
    "dictionaries-base/l1/layer-3-large": 2,
    "dictionaries-base/l0/layer-3-large": 20,
  });
  expect(seen).toHaveLength(13);
});
