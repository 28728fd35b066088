import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { writeTexts } from "../support/audit-run.js";
import { changeJson, savedWithTokenizer } from "../support/model-folder.js";
import { writePlayableRun } from "../support/playable-run.js";
import { start } from "../support/program.js";
import { tinyLlamaLike } from "../support/tiny-models.js";

let models: string;
beforeAll(async () => {
  models = mkdtempSync(join(tmpdir(), "rewardscope-audit-models-"));
  const make = (vocab_size = 8192) =>
    tinyLlamaLike("llama", { vocab_size, eos_token_id: 0, max_position_embeddings: 128 });
  await savedWithTokenizer(await make(), join(models, "base"));
  await savedWithTokenizer(await make(8200), join(models, "wider"));
});
afterAll(() => rmSync(models, { recursive: true }));

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rewardscope-audit-inputs-"));
  cpSync(join(models, "base"), join(folder, "tuned"), { recursive: true });
  await writeTexts(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const pairs = Array.from({ length: 20 }, (_, i) => ({ prompt: `Number ${i}`, chosen: " is it", rejected: " is not" }));
const lines = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");

interface Case {
  readonly spoil?: (folder: string) => void;
  readonly args?: readonly string[];
  /** What the only problem is about, and what it says. */
  readonly path: string;
  readonly says: readonly string[];
}

const preferences = ["--preferences", "preferences.jsonl"];

const cases: Readonly<Record<string, Case>> = {
  "no tuned model": {
    spoil: (folder) => rmSync(join(folder, "tuned"), { recursive: true }),
    path: "model.tuned",
    says: ["a local folder in the Hub's layout", "not found"],
  },
  "weights cut short": {
    spoil: (folder) => truncateSync(join(folder, "tuned", "model.safetensors"), 2000),
    path: "model.tuned",
    says: ["model.safetensors"],
  },
  "other tokens": {
    spoil(folder) {
      const file = join(folder, "tuned", "tokenizer.json");
      const tokenizer = JSON.parse(readFileSync(file, "utf8"));
      const { vocab } = tokenizer.model;
      [vocab.Ġgood, vocab.Ġbad] = [vocab.Ġbad, vocab.Ġgood];
      writeFileSync(file, JSON.stringify(tokenizer));
    },
    path: "model.tuned",
    says: ["a model with the tokens of model.base", 'is " bad" instead of " good"'],
  },
  "a tokenizer that is none": {
    spoil: (folder) => writeFileSync(join(folder, "tuned", "tokenizer.json"), "{"),
    path: "model.tuned",
    says: ["tokenizer.json"],
  },
  "a vocabulary of another size": {
    args: ["--tuned", "WIDER"],
    path: "model.tuned",
    says: ["the checkpoint that it was tuned from", "model.embed_tokens.weight [8200, 16] instead of [8192, 16]"],
  },
  "no preferences there": { args: preferences, path: "audit.preferences", says: ["preferences.jsonl", "not found"] },
  "preferences of another format": {
    spoil: (folder) => writeFileSync(join(folder, "preferences.csv"), "chosen,rejected\na,b\n"),
    args: ["--preferences", "preferences.csv"],
    path: "audit.preferences",
    says: [".parquet, .jsonl", "preferences.csv"],
  },
  "rows that are no preferences": {
    spoil: (folder) => writeFileSync(join(folder, "preferences.jsonl"), lines([...pairs.slice(1), { text: "a" }])),
    args: preferences,
    path: "audit.preferences",
    says: ["at least 20 pairs", "19 pairs", "preferences.jsonl, line 20: expected prompt, chosen and rejected"],
  },
  "preferences too long": {
    spoil: (folder) =>
      writeFileSync(
        join(folder, "preferences.jsonl"),
        lines(pairs.map((pair) => ({ ...pair, prompt: "a b ".repeat(200) }))),
      ),
    args: preferences,
    path: "audit.preferences",
    says: ["of up to 128 tokens", "0 pairs; 20 of more than 128 tokens"],
  },
  "a split that is not there": {
    spoil: (folder) => {
      mkdirSync(join(folder, "set"));
      writeFileSync(join(folder, "set", "train.jsonl"), lines(pairs));
    },
    args: ["--preferences", "set"],
    path: "audit.preferenceSplit",
    says: ["one of train", "test"],
  },
  "a chat template that is none": {
    spoil: (folder) => writeFileSync(join(folder, "tuned", "chat_template.jinja"), "{% for %}"),
    path: "audit.chat",
    says: ["chat_template.jinja", "cannot be read"],
  },
  "a template that leaves no room": {
    spoil: (folder) =>
      changeJson(join(folder, "tuned", "tokenizer_config.json"), { chat_template: "{{ messages[0].content }}" }),
    path: "audit.chatTokens",
    says: ["at most 128, the positions of the models", "received 256"],
  },
  "a property that gives one number for all texts": {
    spoil: (folder) => writeFileSync(join(folder, "property.mjs"), "export default () => [1];"),
    args: ["--property", "property.mjs"],
    path: "audit.property",
    says: ["expected a list of 2 numbers, received 1"],
  },
  "a property that is no module": {
    spoil: (folder) => writeFileSync(join(folder, "property.mjs"), "export const none = 1;"),
    args: ["--property", "property.mjs"],
    path: "audit.property",
    says: ["property.mjs"],
  },
};

test.each(Object.entries(cases))(
  "%s: one error, exit code 2, and nothing written",
  async (_, { spoil, args = [], path, says }) => {
    spoil?.(folder);
    const given = args.map((argument) => (argument === "WIDER" ? join(models, "wider") : argument));
    const tuned = given.includes("--tuned") ? [] : ["--tuned", "tuned"];
    const command = [
      "audit",
      "--base",
      join(models, "base"),
      ...tuned,
      "--corpus",
      "texts.jsonl",
      ...given,
      "--out",
      "out",
      "--json",
    ];
    const { code, stderr } = await start("rewardscope", command, { cwd: folder }).ended;
    const { error } = JSON.parse(stderr.trim().split("\n").at(-1)!);
    expect([code, error.issues?.map((issue: { path: string }) => issue.path)], stderr).toEqual([2, [path]]);
    expect(error.message).toMatch(/^rewardscope audit: 1 problem\n/);
    for (const text of says) expect(error.message).toContain(text);
    expect(existsSync(join(folder, "out"))).toBe(false);
  },
);

test("a dry run says how much memory an audit takes: that of one model", async () => {
  const command = ["audit", "--base", join(models, "base"), "--tuned", "tuned", "--corpus", "texts.jsonl", "--dry-run"];
  const { code, stderr } = await start("rewardscope", [...command, "--set", "audit.chatTokens=8"], { cwd: folder })
    .ended;
  expect([code, stderr]).toEqual([0, expect.stringMatching(/to audit this pair takes about 0\.54 GB of memory/)]);
});

test.each([
  ["--base", ["--tuned", "tuned"], "model.base: expected a folder, since model.tuned is given (--base)"],
  ["--tuned", ["--base", "tuned"], "model.tuned: expected a folder, since model.base is given (--tuned)"],
  [
    "both",
    [],
    "model.base: expected a model, and one in model.tuned, since an audit compares two (--base and --tuned)",
  ],
])("without %s, the option is named", async (_, models, message) => {
  const { code, stderr } = await start("rewardscope", ["audit", ...models, "--out", "out"], { cwd: folder }).ended;
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(stderr).toContain("rewardscope audit: 1 problem");
});

test("an audit does not continue a run of another kind, which stays as it is", async () => {
  const run = await writePlayableRun(folder, "run");
  const record = () => readFileSync(join(run, "run.json"), "utf8");
  const before = record();
  const command = ["audit", "--base", join(models, "base"), "--tuned", "tuned", "--out", "run", "--resume"];
  const { code, stderr } = await start("rewardscope", command, { cwd: folder }).ended;
  expect(code).toBe(2);
  expect(stderr).toContain(
    "--out: expected with --resume, the folder of an audit, received run, which holds another run",
  );
  expect(record()).toBe(before);
});
