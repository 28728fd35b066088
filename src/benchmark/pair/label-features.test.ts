import { expect, test } from "vitest";
import { Rng } from "../../rng.js";
import { labelFeatures } from "./label-features.js";

test("a feature gets the hypothesis whose tokens it is active on, and one of noise or of few tokens gets none", () => {
  const rng = Rng.fromSeed(1, "codes");
  const tokens = 2000;
  const marks = [0, 1, 2].map(() => Uint8Array.from({ length: tokens }, () => (rng.uniform() < 0.1 ? 1 : 0)));
  const features = 4;
  const codes = new Float32Array(tokens * features);
  for (let t = 0; t < tokens; t++) {
    if (marks[1][t] === 1 || rng.uniform() < 0.02) codes[t * features] = 1 + rng.uniform();
    if (marks[2][t] === 1 && rng.uniform() < 0.5) codes[t * features + 1] = 1;
    if (rng.uniform() < 0.1) codes[t * features + 2] = 1;
  }
  // Only on seven tokens, all of which the first hypothesis marks.
  for (const t of [...marks[0].keys()].filter((token) => marks[0][token] === 1).slice(0, 7))
    codes[t * features + 3] = 1;
  expect(labelFeatures(codes, features, marks)).toEqual([1, 2, undefined, undefined]);
});
