import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import { methodStages } from "../stages/stages.js";
import { givenLexicon, givenReward } from "./models.js";

const texts = ["A good plot, a good plot", "nothing"];

async function written(name: string, content: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "rewardscope-")), name);
  await writeFile(file, content);
  return file;
}

test("the reward sums the values of VADER's lexicon or of one's own, scaled and clipped", async () => {
  const vader = parseConfig({}, "test");
  expect(givenLexicon(vader).size).toBe(7506);
  expect(await (await givenReward(vader))(texts)).toEqual([(2 * 1.9) / 5, 0]);
  const lexicon = await written("words.txt", "plot\t4\nnothing\t-1\n");
  const own = parseConfig({ reward: { lexicon, scale: 2, clip: 3 } }, "test");
  expect([...givenLexicon(own)]).toEqual([
    ["plot", 4],
    ["nothing", -1],
  ]);
  expect(await (await givenReward(own))(texts)).toEqual([3, -0.5]);
});

test("a module's values are taken as they are", async () => {
  const name = await written("reward.mjs", "export default (texts) => texts.map((text) => 100 * text.length);");
  const config = parseConfig({ reward: { name, scale: 2, clip: 3 } }, "test");
  expect(await (await givenReward(config))(texts)).toEqual([2400, 700]);
});

test("a classifier's logit is taken as it is, of the class that is asked for", async () => {
  const classifier = fileURLToPath(new URL("../../../test/golden/models/distilbert-text", import.meta.url));
  const rewards = async (label?: string) => {
    const given = { name: "classifier", classifier, ...(label ? { label } : {}), clip: 0.01 };
    const reward = await givenReward(parseConfig({ reward: given }, "test"));
    const values = await reward(texts);
    await reward.dispose?.();
    return values;
  };
  const [positive, negative] = [await rewards(), await rewards("NEGATIVE")];
  expect(await rewards("POSITIVE")).toEqual(positive);
  expect(Math.abs(positive[0])).toBeGreaterThan(0.01);
  expect(negative).not.toEqual(positive);
});

test("stages that ask what a word is worth run again with another lexicon, those that reward texts with another module", () => {
  const settingsOf = (reward: object) => {
    const config = parseConfig({ reward }, "test");
    return new Map(methodStages(async () => "").map((stage) => [stage.name, JSON.stringify(stage.settings(config))]));
  };
  const before = settingsOf({});
  const changed = (reward: object) => [...settingsOf(reward)].filter(([name, own]) => own !== before.get(name));
  const names = (reward: object) => changed(reward).map(([name]) => name);
  expect(names({ lexicon: "words.txt" })).toEqual([
    "tune",
    "evaluate",
    "explain",
    "classify",
    "triples",
    "probe",
    "implicit-reward",
    "carry",
    "ablate",
    "frequency",
    "audit",
  ]);
  const rewarded = ["tune", "evaluate", "implicit-reward", "carry", "ablate"];
  expect(names({ name: "reward.mjs" })).toEqual(rewarded);
  expect(names({ name: "classifier", classifier: "mine" })).toEqual(rewarded);
});
