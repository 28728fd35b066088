import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commitOf, type FakeHub, startHub } from "../../../test/support/hub-server.js";
import { parseConfig } from "../../config/check-config.js";
import { type HubSettings, hubSettings } from "../../io/hub/settings.js";
import { findInputs, isPinned, pinConfig, pinsThatApply, provideInputs } from "./hub-inputs.js";
import { silentObserver } from "./observer.js";

let hub: FakeHub;
let folder: string;
let settings: HubSettings;
beforeEach(async () => {
  const files = {
    "config.json": Buffer.from("{}"),
    "model.safetensors": Buffer.from("weights"),
    "vocab.txt": Buffer.from("[PAD]\n"),
  };
  const model = (name: string) =>
    ({ type: "model", id: `made-up/${name}`, revisions: { main: commitOf(name) }, files }) as const;
  hub = await startHub(model("base"), model("tuned"), model("judge"));
  folder = await mkdtemp(join(tmpdir(), "rewardscope-inputs-"));
  settings = hubSettings({ HF_ENDPOINT: hub.endpoint, HF_HOME: folder });
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

const config = parseConfig(
  {
    model: { base: "made-up/base", tuned: "made-up/tuned@main" },
    reward: { name: "classifier", classifier: "made-up/judge" },
  },
  "test",
);

test("a pair and a classifier are pinned; the tuned model comes without its tokenizer", async () => {
  const pins = await provideInputs(config, {}, silentObserver, { settings });
  expect(pins).toEqual({
    "model.base": { id: "made-up/base", revision: "main", sha: commitOf("base") },
    "model.tuned": { id: "made-up/tuned", revision: "main", sha: commitOf("tuned") },
    "reward.classifier": { id: "made-up/judge", revision: "main", sha: commitOf("judge") },
  });
  const { model, reward } = pinConfig(config, pins);
  expect([model.base, model.tuned, reward.classifier]).toEqual(
    ["base", "tuned", "judge"].map((name) => `made-up/${name}@${commitOf(name)}`),
  );
  const downloaded = hub.seen.filter(({ url }) => url.endsWith("vocab.txt")).map(({ url }) => url.split("/")[2]);
  expect(downloaded).toEqual(["base", "judge"]);
});

test("a pin applies under its own name alone, and stays when the branch moves", async () => {
  const { pins } = await findInputs(config, {}, { settings });
  expect(isPinned(config, pins)).toBe(true);
  const other = { ...config, model: { ...config.model, base: "made-up/base@v2" } };
  expect(Object.keys(pinsThatApply(other, pins))).toEqual(["model.tuned", "reward.classifier"]);
  expect(isPinned(other, pinsThatApply(other, pins))).toBe(false);
  expect(() => pinConfig(other, pinsThatApply(other, pins))).toThrow(/model\.base: .*of which no commit is known/);
  hub.repositories[0] = { ...hub.repositories[0], revisions: { main: commitOf("later"), before: commitOf("base") } };
  expect((await findInputs(config, pins, { settings })).pins).toEqual(pins);
  expect((await findInputs(config, {}, { settings })).pins["model.base"].sha).toBe(commitOf("later"));
});

test("all that is not there is told at once", async () => {
  hub.repositories.length = 0;
  const { issues, pins } = await findInputs(config, {}, { settings });
  expect(issues.map(({ path }) => path)).toEqual(["model.base", "model.tuned", "reward.classifier"]);
  expect(pins).toEqual({});
  expect(issues[0].received).toMatch(/^"made-up\/base": there is no folder of this name, and no model on http/);
});
