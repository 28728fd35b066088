import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { moduleReward } from "../../src/reward/module.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "docs/autoencoders.md",
  "docs/learning.md",
  "docs/live-view.md",
  "docs/llm-explainer.md",
  "docs/models-and-data.md",
  "docs/models.md",
  "docs/own-reward.md",
  "docs/paper.md",
  "docs/validation.md",
  "docs/findings.md",
  "test/golden/README.md",
];

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
const READERS_MODELS = /\bmine(-after-rlhf)?\b/g;

/** The module that docs/own-reward.md writes. */
const READERS_REWARD = "brevity.mjs";

/** Commands that finish at once are run as they stand; long ones are planned with --dry-run. */
function commandLines(page: string): string[] {
  const lines = blocks(page, "sh").flatMap((block) => block.split("\n"));
  return lines.map((line) => line.replace(/\s+#.*$/, "").trim()).filter((line) => line.startsWith("npx rewardscope "));
}

/** What a server says when it is ready; it is ended then. */
async function firstWords(words: readonly string[]): Promise<string> {
  const server = spawn("node", ["dist/cli/main.js", ...words], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [said] = await once(server.stdout, "data");
    return String(said);
  } finally {
    server.kill("SIGINT");
    await once(server, "exit");
  }
}

function runCli(line: string): string {
  const scratch = mkdtempSync(join(tmpdir(), "rewardscope-"));
  const corpus = join(scratch, "imdb");
  mkdirSync(corpus);
  for (const split of ["train", "test"]) writeFileSync(join(corpus, `${split}.jsonl`), '{"text":"A fine film."}\n');
  writeFileSync(join(scratch, READERS_REWARD), blocks("docs/own-reward.md", "js")[0]);
  const words = [
    ...line
      .replace("npx rewardscope ", "")
      .replace(`=${READERS_REWARD}`, `=${join(scratch, READERS_REWARD)}`)
      .replace(READERS_CORPUS, corpus)
      .replace(READERS_MODELS, "assets/embedded")
      .matchAll(/"([^"]*)"|(\S+)/g),
  ].map(([, quoted, plain]) => quoted ?? plain);
  const dry = words[0] === "run" ? ["--dry-run", "--out", join(scratch, "run")] : [];
  try {
    return execFileSync("node", ["dist/cli/main.js", ...words, ...dry], { cwd: root, encoding: "utf8", stdio: "pipe" });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

describe("the README", () => {
  it("has TypeScript examples that run", { timeout: 120_000 }, () => {
    const examples = blocks("README.md", "ts");
    expect(examples.length).toBeGreaterThan(0);
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

  // Time is measured for a plan that says how long it takes: minutes for all the models of the paper.
  it.each(commandLines("README.md"))("has a command that runs: %s", { timeout: 900_000 }, async (line) => {
    const isServer = line.startsWith("npx rewardscope view");
    const said = isServer
      ? await firstWords(["view", mkdtempSync(join(tmpdir(), "rewardscope-")), "--port", "0"])
      : runCli(line);
    expect(said.trim()).not.toBe("");
  });
});

it.each(commandLines("docs/models.md"))(
  "the page on models has a command that runs: %s",
  { timeout: 120_000 },
  (line) => {
    expect(runCli(line)).toMatch(/^parameters +6,836,224$/m);
  },
);

describe("the page on rewards", () => {
  it("has a module that is a reward", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rewardscope-"));
    writeFileSync(join(folder, READERS_REWARD), blocks("docs/own-reward.md", "js")[0]);
    const reward = await moduleReward(join(folder, READERS_REWARD));
    expect(await reward(["One two three. Four.", "...", "A film without a full stop"])).toEqual([-2, 0, -6]);
  });

  it.each(commandLines("docs/own-reward.md"))("has a command that runs: %s", { timeout: 120_000 }, (line) => {
    expect(runCli(line)).toMatch(/tune +runs/);
  });
});

describe("the page on autoencoders", () => {
  it.each(commandLines("docs/autoencoders.md"))("has a command that runs: %s", { timeout: 120_000 }, (line) => {
    expect(runCli(line)).toMatch(/studies +runs/);
  });

  it("names every setting of the studies", () => {
    const text = readFileSync(join(root, "docs/autoencoders.md"), "utf8");
    for (const setting of ["l1Coefs", "tied", "lowest"]) expect(text).toContain(`studies.${setting}`);
  });
});

it.each(pages)("%s links only to files that are there", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target);
  for (const target of links) expect(existsSync(join(root, dirname(page), target)), target).toBe(true);
});
