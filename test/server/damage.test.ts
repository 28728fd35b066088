import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Hono } from "hono";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createApp } from "../../src/server/app.js";
import { writePlayableRun } from "../support/playable-run.js";

let folder: string;
let run: string;
let app: Hono;
let ended: AbortController;
const at = (path: string) => `http://127.0.0.1:4040${path}`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-view-damage-"));
  run = await writePlayableRun(folder, "one");
  ended = new AbortController();
  app = createApp({ folder, host: "127.0.0.1", signal: ended.signal });
});
afterEach(async () => {
  ended.abort();
  await rm(folder, { recursive: true, force: true });
});

const page = async (path: string) => (await app.request(at(path))).text();
const damage = async () => ((await (await app.request(at("/api/runs/one"))).json()) as { damage: object[] }).damage;
const complete = () =>
  app.request(at("/api/runs/one/complete"), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ prefix: "A good film", tokens: 2 }),
  });
const weights = "dictionaries/tuned/blocks.1.hook_mlp_out/small/sae_weights.safetensors";

async function flip(name: string): Promise<void> {
  const bytes = await readFile(join(run, name));
  bytes[bytes.length - 1] ^= 1;
  await writeFile(join(run, name), bytes);
}

test("another size is told at once, in the list, on the run's page and in the playground", async () => {
  expect(await damage()).toEqual([]);
  await truncate(join(run, weights), 100);
  const said = new RegExp(`damaged: ${weights} has 100 bytes, expected [\\d,]+ bytes`);
  for (const path of ["/", "/runs/one"]) expect(await page(path)).toMatch(said);
  expect(await page("/runs/one")).toContain("rewardscope run --resume --out one");
  expect(await page("/runs/one/playground")).toMatch(/The playground is not ready.*This run is damaged: dictionaries/s);
  const answer = await complete();
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(`${weights} has 100 bytes`)]);
});

test("a changed byte is found in the background once the run's page was seen", async () => {
  await flip(weights);
  expect(await damage()).toEqual([]);
  await page("/runs/one");
  while ((await damage()).length === 0) await setTimeout(20);
  expect(await damage()).toMatchObject([
    { stage: "dictionaries", file: weights, problem: expect.stringMatching(/^was changed: its SHA-256/) },
  ]);
  expect(await page("/")).toContain(`damaged: ${weights} was changed`);
});

test("a changed byte is found before models are loaded", async () => {
  await flip(weights);
  const lines = (await (await complete()).text()).trim().split("\n");
  expect(JSON.parse(lines.at(-1)!).error.message).toMatch(
    /small\/sae_weights\.safetensors: not as it was written: dictionaries.* was changed.*\n +help: rewardscope run --resume/,
  );
  await flip(weights);
  expect(await (await complete()).text()).not.toContain("error");
});

test("a changed table is refused, a changed section gives no figures", async () => {
  await writeFile(
    join(run, "features.jsonl"),
    (await readFile(join(run, "features.jsonl"), "utf8")).replace("0.9", "0.8"),
  );
  const features = await app.request(at("/api/runs/one/features"));
  expect([features.status, await features.text()]).toEqual([
    400,
    expect.stringContaining("features.jsonl was changed"),
  ]);
  const file = join(run, "results.json");
  await writeFile(file, (await readFile(file, "utf8")).replace('"tokenVisits": 100', '"tokenVisits": 101'));
  expect(await damage()).toEqual(
    expect.arrayContaining([expect.objectContaining({ file: "results.json", section: "dictionaries" })]),
  );
  expect(await page("/")).toMatch(/damaged: .*section dictionaries of results\.json was changed/s);
});
