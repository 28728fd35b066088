/** Code and commands of the documents are run as they stand there. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moduleReward } from "../../src/reward/module.js";
import { writePaperCache } from "../support/hub-cache.js";
import { writePlayableRun } from "../support/playable-run.js";
import { onlyCached, root, start } from "../support/program.js";
import { corpusLines, plainWords } from "../support/tiny-run.js";

// Tiny models under the names of the paper's, so that measuring how long these take is a matter of seconds.
let hub: string;
beforeAll(async () => {
  hub = mkdtempSync(join(tmpdir(), "rewardscope-hub-"));
  await writePaperCache(hub);
});
afterAll(() => rmSync(hub, { recursive: true }));

/** The fenced code blocks of a page in one language. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code);
}

/** A reader's reviews, as the README's commands name them; a folder of this test stands in for them. */
const READERS_CORPUS = "../imdb";

/** A reader's models, before and after tuning; the embedded one stands in for both. */
const READERS_MODELS = /\bmine(-after-rlhf)?\b|models\/(before|after)/g;

/** The module that docs/own-reward.md writes. */
const READERS_REWARD = "brevity.mjs";

/** A reader's prompts, and the file that init writes. */
const READERS_PROMPTS = "prompts.txt";
const READERS_SETTINGS = "settings.yaml";

/** A reader's preferences. */
const READERS_PAIRS = "pairs.jsonl";

/** Commands that finish at once are run as they stand; long ones are planned with --dry-run. */
function commandLines(page: string): string[] {
  const lines = blocks(page, "sh").flatMap((block) => block.split("\n"));
  return lines.map((line) => line.replace(/\s+#.*$/, "").trim()).filter((line) => line.startsWith("npx rewardscope "));
}

/** What a server says when it is ready; it is ended then. */
async function firstWords(words: readonly string[]): Promise<string> {
  const { child, ended } = start("rewardscope", words);
  const said = await Promise.race([once(child.stdout!, "data"), ended.then(({ stderr }) => Promise.reject(stderr))]);
  child.kill("SIGINT");
  await ended;
  return String(said);
}

async function runCli(line: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), "rewardscope-"));
  const corpus = join(scratch, "imdb");
  mkdirSync(corpus);
  const words = await plainWords();
  for (const split of ["train", "test"]) writeFileSync(join(corpus, `${split}.jsonl`), corpusLines(600, words, split));
  writeFileSync(join(scratch, READERS_REWARD), blocks("docs/own-reward.md", "js")[0]);
  const prompts = Array.from({ length: 300 }, (_, i) => `${words.slice(i % 50, (i % 50) + 40).join(" ")} ${i}.`);
  writeFileSync(join(scratch, READERS_PROMPTS), `${prompts.join("\n")}\n`);
  const pairs = prompts.map((prompt, i) => ({
    prompt,
    chosen: ` ${words[i % 50]}`,
    rejected: ` ${words[(i + 7) % 50]}`,
  }));
  writeFileSync(join(scratch, READERS_PAIRS), pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(""));
  const args = [
    ...line
      .replace("npx rewardscope ", "")
      .replace(`=${READERS_REWARD}`, `=${join(scratch, READERS_REWARD)}`)
      .replace(READERS_CORPUS, corpus)
      .replace(READERS_PAIRS, join(scratch, READERS_PAIRS))
      .replace(READERS_PROMPTS, join(scratch, READERS_PROMPTS))
      .replace(READERS_SETTINGS, join(scratch, READERS_SETTINGS))
      .replace(READERS_MODELS, "assets/embedded")
      .matchAll(/"([^"]*)"|(\S+)/g),
  ].map(([, quoted, plain]) => quoted ?? plain);
  const planned = args[0] === "run" || args[0] === "audit";
  // Without a file of activations a plan fits on the disk of a small machine.
  const onDisk = args[0] === "run" ? ["--set", "dictionaries.activationGib=0"] : [];
  const dry = planned ? ["--dry-run", "--out", join(scratch, "run"), ...onDisk] : [];
  const few = ["carry.prompts=4", "carry.newTokens=4", "carry.pathPoints=2", "statistics.resamples=20"];
  const small = args[0] === "carry" ? ["--out", join(scratch, "run"), ...few.flatMap((one) => ["--set", one])] : [];
  // A reader's run lies in the folder where the command is given.
  const isExport = args[0] === "export";
  if (isExport) {
    await writePlayableRun(join(scratch, "runs"), "default");
    cpSync(join(scratch, "runs/.models/tuned"), join(scratch, "runs/default/tuned"), { recursive: true });
  }
  const where = { env: onlyCached(hub), ...(isExport && { cwd: scratch }) };
  const { code, stdout, stderr } = await start("rewardscope", [...args, ...dry, ...small], where).ended;
  rmSync(scratch, { recursive: true });
  expect(code, stderr).toBe(0);
  return stdout;
}

describe("the README", () => {
  it("has TypeScript examples that run, and so has the page on TypeScript", { timeout: 120_000 }, () => {
    const examples = ["README.md", "docs/typescript.md"].flatMap((page) => blocks(page, "ts"));
    expect(examples.length).toBeGreaterThan(1);
    examples.forEach((code, i) => {
      const file = join(root, `readme-example-${i}.mts`);
      writeFileSync(file, code);
      try {
        const output = execFileSync("node", ["--import", "tsx", file], { cwd: root, encoding: "utf8" });
        expect(output.trim()).not.toBe("");
      } finally {
        rmSync(file);
      }
    });
  });

  it.each(commandLines("README.md"))("has a command that runs: %s", { timeout: 120_000 }, async (line) => {
    const isServer = line.startsWith("npx rewardscope view");
    const said = isServer
      ? await firstWords(["view", mkdtempSync(join(tmpdir(), "rewardscope-")), "--port", "0"])
      : await runCli(line);
    expect(said.trim()).not.toBe("");
  });
});

/** All pages of the documentation that are written, not made. */
const pages = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md") && !/^(api|\.vitepress)\b/.test(name))
  .map((name) => `docs/${name.split(sep).join("/")}`);

/** Pages whose commands have tests of their own below. */
const tested = ["docs/exports.md", "docs/models.md", "docs/own-reward.md", "docs/autoencoders.md"];

/** Commands that no test runs, and why. */
const notRun: Readonly<Record<string, readonly string[]>> = {
  "need a finished run of hours": [
    'npx rewardscope studies runs/default --set "studies.l1Coefs=[0.001,0.002,0.005,0.01,0.02]" --set studies.tied=true --set studies.lowest=true',
    "npx rewardscope run --resume --out runs/paper/pythia-160m",
  ],
  "need files of the Hub": [
    'npx rewardscope sample EleutherAI/pythia-70m --prompt "This movie was"',
    "npx rewardscope run default --set model=EleutherAI/pythia-70m@step3000 --set corpus=stanfordnlp/imdb",
    "npx rewardscope run default --base EleutherAI/pythia-70m --tuned models/mine --set corpus=reviews.csv",
    "npx rewardscope audit --base EleutherAI/pythia-70m@step1000 --tuned EleutherAI/pythia-70m --revision step3000",
  ],
  "have words for what the reader has": [commandLines("docs/paper.md").find((line) => line.includes("MODEL")) ?? ""],
  "do not end": [
    "npx rewardscope view",
    "npx rewardscope view runs/mine --port 5000",
    "npx rewardscope view --read-only",
  ],
};
const apart = new Set([...commandLines("README.md"), ...Object.values(notRun).flat()]);
const otherLines = pages.filter((page) => !tested.includes(page)).flatMap(commandLines);

it("has only commands that are there among those that are not run", () => {
  const all = new Set(pages.flatMap(commandLines));
  expect(
    Object.values(notRun)
      .flat()
      .filter((line) => !all.has(line)),
  ).toEqual([]);
});

it.each([...new Set(otherLines)].filter((line) => !apart.has(line)))(
  "the documentation has a command that runs: %s",
  { timeout: 120_000 },
  async (line) => {
    expect((await runCli(line)).trim()).not.toBe("");
  },
);

// Those of `push` are run against a Hub of this machine by push.test.ts.
it.each(commandLines("docs/exports.md").filter((line) => !line.startsWith("npx rewardscope push ")))(
  "the page on exports has a command that runs: %s",
  { timeout: 120_000 },
  async (line) => {
    expect(await runCli(line)).toMatch(/^(exports\/default-tables: features\.csv|my-model: README\.md, config\.json)/);
  },
);

it.each(commandLines("docs/models.md"))(
  "the page on models has a command that runs: %s",
  { timeout: 120_000 },
  async (line) => {
    expect(await runCli(line)).toMatch(/^parameters +6,836,224$/m);
  },
);

describe("the page on rewards", () => {
  it("has a module that is a reward", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rewardscope-"));
    writeFileSync(join(folder, READERS_REWARD), blocks("docs/own-reward.md", "js")[0]);
    const reward = await moduleReward(join(folder, READERS_REWARD));
    expect(await reward(["One two three. Four.", "...", "A film without a full stop"])).toEqual([-2, 0, -6]);
  });

  it.each(commandLines("docs/own-reward.md"))("has a command that runs: %s", { timeout: 120_000 }, async (line) => {
    expect(await runCli(line)).toMatch(/tune +runs/);
  });
});

describe("the page on autoencoders", () => {
  it.each(commandLines("docs/autoencoders.md"))("has a command that runs: %s", { timeout: 120_000 }, async (line) => {
    expect(await runCli(line)).toMatch(/studies +runs/);
  });
});
