import { expect, test } from "vitest";
import { carryResults } from "../../test/support/example-run/carry.js";
import type { CarryResults } from "../results/results.js";
import { carryingFeatures, carrySentences, featuresSentence } from "./carry-in-words.js";

type Features = NonNullable<CarryResults["features"]>;
const example = (): Features => carryResults().features!;

/** The example with other sets. */
const withSets = (change: (one: Features["sets"][number]) => Features["sets"][number]): Features => {
  const features = example();
  return { ...features, sets: features.sets.map(change) };
};

test("the smallest number of features whose intervals are above those of equally large ones both ways", () => {
  expect(carryingFeatures(example())?.chosen.chosen).toBe(10);
  expect(featuresSentence(carryResults())).toMatch(
    /^10 features carry 11\.4% \[.*\] of it when put into the base model, and 19\.0% .*; equally large ones 3\.4% and 5\.7%; all 5,120 features of 5 layers give 41\.0%/,
  );
});

test("no features carry it where equally large ones carry as much, even one way", () => {
  const none = [
    withSets((one) => (one.set === "size" ? { ...one, intoTuned: { ...one.intoTuned, high: 0.9 } } : one)),
    withSets((one) => ({ ...one, intoBase: { ...one.intoBase, low: -0.1 } })),
  ];
  for (const features of none)
    expect(featuresSentence({ ...carryResults(), features })).toMatch(
      /^No k features carry it: of k from 1 to \d+, none gives and takes more .* \(the first \d+: .*; others as large: .*\); all /,
    );
});

test("nothing is said of a number of features that no others equal", () => {
  const smaller = (most: number) =>
    withSets((one) => (one.set === "size" && one.chosen > most ? { ...one, size: one.size / 2 } : one));
  expect(featuresSentence({ ...carryResults(), features: smaller(0) })).toMatch(
    /^No number of features was tried whose change others equal, so none can be compared; all /,
  );
  expect(featuresSentence({ ...carryResults(), features: smaller(1) })).toContain("of k = 1, none");
});

test("one feature, one number tried", () => {
  const sets = example().sets.filter(({ chosen }) => chosen === 1);
  const features = { ...example(), sets };
  expect(featuresSentence({ ...carryResults(), features })).toContain("of k = 1, none");
});

test("of models that do not differ, that shares of their difference say nothing", () => {
  const contrast = { ...carryResults().contrast, value: 0, low: 0, high: 0 };
  expect(carrySentences({ ...carryResults(), contrast })).toBe(
    "Base and tuned model do not differ significantly on their completions (0.00 [0.00, 0.00] nats), so shares of their difference say nothing.",
  );
});

test("a run without shared dictionaries says nothing of features", () => {
  expect(featuresSentence({ ...carryResults(), features: undefined })).toBeUndefined();
});
