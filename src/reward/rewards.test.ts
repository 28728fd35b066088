import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { type RewardName, rewardFields, rewardKind, rewardNamed, rewardNames, rewards } from "./rewards.js";

const settingsOf = (given: object) => z.strictObject(rewardFields).parse(given);

test("a reward is named by its kind, a module by its file", () => {
  const kinds = ["vader", "classifier", "module", "rewards/own.mjs", "vader.js", "own.ts", ""].map(rewardNamed);
  expect(kinds).toEqual(["vader", "classifier", undefined, "module", "module", undefined, undefined]);
  expect(rewardNames).toBe("vader, classifier, or the path of a module (.js, .mjs)");
  expect(() => settingsOf({ name: "vadar" })).toThrow(/vader, classifier, or the path/);
});

test("the settings hold those of every kind", () => {
  for (const [name, { fields, summary }] of Object.entries(rewards)) {
    expect(Object.keys(rewardFields), name).toEqual(expect.arrayContaining(Object.keys(fields)));
    expect(rewardFields.name.description, name).toContain(summary);
  }
  expect(settingsOf({})).toEqual({
    name: "vader",
    lexicon: "vader",
    classifier: "lvwerra/distilbert-imdb",
    scale: 5,
    clip: 10,
    timeoutSeconds: 60,
  });
});

const ofKind = (given: object) => {
  const settings = settingsOf(given);
  const kind = rewardKind(settings);
  const [name] = Object.entries(rewards).find(([, row]) => row === kind)!;
  return { kind: name as RewardName, words: kind.words, inputs: kind.inputs(settings), told: kind.describe(settings) };
};

test("what each is made of, and how it is put in words", () => {
  expect(ofKind({})).toEqual({
    kind: "vader",
    words: true,
    inputs: {},
    told: { text: expect.stringMatching(/the VADER sentiment lexicon.*sum of the ratings/) },
  });
  expect(ofKind({ lexicon: "words.txt" }).told).toEqual({ text: expect.stringMatching(/list of words/) });
  expect(ofKind({ name: "classifier", classifier: "mine" })).toEqual({
    kind: "classifier",
    words: false,
    inputs: { "reward.classifier": "mine" },
    told: { text: expect.stringMatching(/sentiment classifier/) },
  });
  expect(ofKind({ name: "classifier", label: "anger" }).told).toEqual({ unknownSince: "reward.label is anger" });
  expect(ofKind({ name: "own.mjs" })).toEqual({
    kind: "module",
    words: false,
    inputs: { "reward.name": "own.mjs" },
    told: { unknownSince: "reward.name is a module" },
  });
});

test("each is made from its settings", async () => {
  const load = async (given: object) => {
    const settings = settingsOf(given);
    return rewardKind(settings).load(settings, { offline: true });
  };
  const texts = ["A good plot, a good plot", "nothing"];
  expect(await (await load({ scale: 2, clip: 1.5 }))(texts)).toEqual([1.5, 0]);
  const name = join(await mkdtemp(join(tmpdir(), "reward-")), "length.mjs");
  await writeFile(name, "export default (texts) => texts.map((text) => text.length);");
  expect(await (await load({ name, scale: 2, clip: 1.5 }))(texts)).toEqual([24, 7]);
});
