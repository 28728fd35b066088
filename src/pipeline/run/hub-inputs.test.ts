import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commitOf, type FakeHub, startHub } from "../../../test/support/hub-server.js";
import { parseConfig } from "../../config/check-config.js";
import { type HubSettings, hubSettings } from "../../io/hub/settings.js";
import { findInputs, pinConfig, resolveInputs } from "./hub-inputs.js";
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
  const { pins, download } = await findInputs(config, {}, { settings });
  await download(silentObserver);
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
  const other = { ...config, model: { ...config.model, base: "made-up/base@v2" } };
  const offline = await findInputs(other, pins, { settings, offline: true });
  expect(Object.keys(offline.pins)).toEqual(["model.tuned", "reward.classifier"]);
  expect(() => pinConfig(other, offline.pins)).toThrow(/model\.base: .*of which no commit is known/);
  await expect(resolveInputs(other, pins, { settings })).rejects.toThrow(/1 problem\n {2}model\.base: /);
  hub.repositories[0] = { ...hub.repositories[0], revisions: { main: commitOf("later"), before: commitOf("base") } };
  expect((await findInputs(config, pins, { settings })).pins).toEqual(pins);
  expect((await findInputs(config, {}, { settings })).pins["model.base"].sha).toBe(commitOf("later"));
});

test("where all commits are known, nothing is asked before the download", async () => {
  const { pins } = await findInputs(config, {}, { settings });
  hub.seen.length = 0;
  const inputs = await resolveInputs(config, pins, { settings });
  expect([inputs.pins, hub.seen]).toEqual([pins, []]);
  await inputs.download(silentObserver);
  expect(hub.seen.some(({ url }) => url.includes(commitOf("base")))).toBe(true);
});

test("a dictionary in a folder of a repository is pinned with its folder, and no other file is downloaded", async () => {
  const names = ["layer3/cfg.json", "layer3/sae_weights.safetensors", "layer4/cfg.json", "README.md"];
  const files = Object.fromEntries(names.map((name) => [name, Buffer.from(name)]));
  hub.repositories.push({ type: "model", id: "made-up/saes", revisions: { main: commitOf("saes") }, files });
  const from = { small: { 3: "made-up/saes/layer3" }, large: { 3: "made-up/saes@main/layer4" } };
  const given = { ...config, dictionaries: { ...config.dictionaries, from } };
  const { pins, issues } = await findInputs(given, {}, { settings });
  expect(issues).toMatchObject([
    { path: "dictionaries.from.large.3", received: expect.stringMatching(/has no layer4\/sae_weights\.safetensors/) },
  ]);
  const small = { ...from, large: from.small };
  const found = await findInputs({ ...given, dictionaries: { ...given.dictionaries, from: small } }, pins, {
    settings,
  });
  hub.seen.length = 0;
  await found.download(silentObserver);
  const loaded = hub.seen.flatMap(({ url }) => /saes\/resolve\/[^/]+\/(.*)/.exec(url)?.slice(1) ?? []);
  expect([...new Set(loaded)]).toEqual(["layer3/cfg.json", "layer3/sae_weights.safetensors"]);
  expect(pinConfig(found.config, found.pins).dictionaries.from!.small[3]).toBe(
    `made-up/saes@${commitOf("saes")}/layer3`,
  );
});

test("all that is not there is told at once, and nothing of it is downloaded", async () => {
  hub.repositories.length = 0;
  const { issues, pins, download } = await findInputs(config, {}, { settings });
  await expect(download(silentObserver)).rejects.toThrow(/3 problems/);
  expect(issues.map(({ path }) => path)).toEqual(["model.base", "model.tuned", "reward.classifier"]);
  expect(pins).toEqual({});
  expect(issues[0].received).toMatch(/^"made-up\/base": there is no folder of this name, and no model on http/);
});
