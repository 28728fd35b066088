/**
 * A finished run whose files are damaged at random, and a run killed at its renames: after `--resume`
 * the folder is as that of an undisturbed run, to the byte, or an error names the file. Reduced by
 * default; REWARDSCOPE_FAULTS=full damages 200 times and kills at every rename.
 */
import fs from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Rng } from "../../src/rng.js";
import { contents, differences, rewardscope, writeInputs } from "../support/whole-run.js";

const full = process.env.REWARDSCOPE_FAULTS === "full";
const DAMAGES = full ? 200 : 30;
/** Of so many renames, the run is killed at one. */
const KILL_EVERY = full ? 1 : 5;
const MINUTES = 60_000;

let folder: string;
/** Where the run is made, each time at the same path, since dictionaries name their model by its own. */
let out: string;
let args: string[];
/** A copy of the finished run, and what it holds. */
let whole: string;
let files: Record<string, Buffer>;
/** Copies of the run before some of its renames, by what was to be renamed. */
const killed: { path: string; at: string }[] = [];
let renames = 0;

beforeAll(async () => {
  // Stages take no time, so that run.json and the report are the same each time too.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  folder = await mkdtemp(join(tmpdir(), "rewardscope-faults-"));
  [out, whole] = [join(folder, "out"), join(folder, "whole")];
  args = ["run", "default", "--out", out, ...(await writeInputs(folder))];
  const { rename } = fs.promises;
  fs.promises.rename = async (from, to) => {
    const at = relative(out, String(to));
    if (!at.startsWith("..") && renames++ % KILL_EVERY === 0) {
      const path = join(folder, `killed-${killed.length}`);
      killed.push({ path, at });
      // What lies on disk before a rename is what a process killed there leaves.
      await cp(out, path, { recursive: true });
    }
    await rename(from, to);
  };
  syncBuiltinESMExports();
  try {
    expect(await rewardscope(...args)).toMatchObject({ code: 0 });
  } finally {
    fs.promises.rename = rename;
    syncBuiltinESMExports();
  }
  files = await contents(out);
  await cp(out, whole, { recursive: true });
}, 10 * MINUTES);
afterAll(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

async function restore(from: string): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await cp(from, out, { recursive: true });
}

const resume = () => rewardscope("run", "--resume", "--out", out);

/** Ways to damage a file; each gives the names of the files that it changed. */
const damages: Readonly<Record<string, (rng: Rng, name: string) => Promise<string[]>>> = {
  async flip(rng, name) {
    const bytes = await readFile(join(out, name));
    const bit = rng.integer(bytes.length * 8);
    bytes[bit >> 3] ^= 1 << (bit & 7);
    await writeFile(join(out, name), bytes);
    return [name];
  },
  async truncate(rng, name) {
    await truncate(join(out, name), rng.integer(files[name].length));
    return [name];
  },
  async remove(_, name) {
    await rm(join(out, name));
    return [name];
  },
  async swap(rng, name) {
    const names = Object.keys(files).filter((other) => other !== name);
    const other = names[rng.integer(names.length)];
    const [a, b] = [await readFile(join(out, name)), await readFile(join(out, other))];
    await writeFile(join(out, name), b);
    await writeFile(join(out, other), a);
    return [name, other];
  },
  async append(rng, name) {
    const bytes = Uint8Array.from({ length: 1 + rng.integer(20) }, () => rng.integer(256));
    await writeFile(join(out, name), bytes, { flag: "a" });
    return [name];
  },
  async digit(rng, name) {
    const text = await readFile(join(out, name), "latin1");
    const digits = [...text.matchAll(/\d/g)].map(({ index }) => index);
    if (digits.length === 0) return [];
    const at = digits[rng.integer(digits.length)];
    const other = (Number(text[at]) + 1 + rng.integer(9)) % 10;
    await writeFile(join(out, name), `${text.slice(0, at)}${other}${text.slice(at + 1)}`, "latin1");
    return [name];
  },
};

/** Every second time a file of the run folder itself, where most readers look. */
function pick(rng: Rng): { kind: string; name: string } {
  const names = Object.keys(files);
  const above = names.filter((name) => !name.includes("/"));
  const from = rng.uniform() < 0.5 ? names : above;
  const kinds = Object.keys(damages);
  return { kind: kinds[rng.integer(kinds.length)], name: from[rng.integer(from.length)] };
}

/** Whether run.json says what it said: 1e-7 and 1E-7 are one number. */
async function saysTheSame(name: string): Promise<boolean> {
  if (name !== "run.json") return false;
  const [a, b] = await Promise.all([whole, out].map((at) => readFile(join(at, name), "utf8").catch(() => "")));
  try {
    return isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
  } catch {
    return false;
  }
}

test(`of ${DAMAGES} random damages none is silent, and each is told with the file's name`, {
  timeout: 60 * MINUTES,
}, async () => {
  const rng = Rng.fromSeed(7, "damages");
  const found = { mended: 0, refused: 0, unchanged: 0 };
  for (let i = 0; i < DAMAGES; i++) {
    const { kind, name } = pick(rng);
    const what = `${i}: ${kind} ${name}`;
    await restore(whole);
    const changed = await damages[kind](rng, name);
    if (changed.length === 0 || (await saysTheSame(name))) {
      found.unchanged++;
      continue;
    }
    // The report's own page is written anew by the command; whatever it is made from is not passed over.
    if (!changed.some((one) => one.startsWith("report/"))) {
      const report = await rewardscope("report", out);
      // What run.json says of other files counts only while run.json itself can be read.
      const named = changed.some((one) => report.output.includes(one));
      expect([report.code, named], `${what}\n${report.output}`).toEqual([2, true]);
    }
    const { code, output } = await resume();
    for (const one of changed) {
      const isNamed = output.includes(one) || (changed.includes("run.json") && output.includes("run.json"));
      expect(isNamed, `${what}: exit ${code}, ${one} is named\n${output}`).toBe(true);
    }
    if (code === 0) {
      found.mended++;
      expect(differences(await contents(out), files), `${what}\n${output}`).toEqual([]);
    } else {
      found.refused++;
      expect([1, 2], `${what}\n${output}`).toContain(code);
      expect(changed, `${what}\n${output}`).toContain("run.json");
    }
  }
  console.log(`${DAMAGES} damages: ${JSON.stringify(found)}`);
});

/** As if some time had passed, and the process that made the copy were gone. */
async function settle(): Promise<void> {
  await rm(join(out, "run.lock"), { force: true });
  for (const name of await readdir(out)) if (name.startsWith(".run.lock-")) await utimes(join(out, name), 0, 0);
}

const resumeOrBegin = () => (fs.existsSync(join(out, "run.json")) ? resume() : rewardscope(...args));

/** What a stage that is not done has written so far: its scratch, and logs of tuning. */
async function unfinished(): Promise<string[]> {
  const { stages } = JSON.parse(await readFile(join(out, "run.json"), "utf8").catch(() => '{"stages":{}}'));
  const isTuning = stages.tune && stages.tune.status !== "done";
  return Object.keys(await contents(out)).filter(
    (name) => /^\.scratch-[^/]+\/.*[^.]{4}$/.test(name) || (isTuning && name.startsWith("tuning/")),
  );
}

test("killed at a rename and resumed, a run comes to the same bytes and leaves nothing else", {
  timeout: 120 * MINUTES,
}, async () => {
  expect(renames).toBeGreaterThan(100);
  expect(killed[0].at).toBe("run.lock");
  for (const [i, { path, at }] of killed.entries()) {
    await restore(path);
    await settle();
    const { code, output } = await resumeOrBegin();
    const what = `killed at rename ${i * KILL_EVERY}, ${at}`;
    expect(code, `${what}\n${output}`).toBe(0);
    expect(differences(await contents(out), files), `${what}\n${output}`).toEqual([]);
  }
  console.log(`${killed.length} kills at ${renames} renames`);
});

test("what a killed stage left is damaged: the run comes to the same bytes, or an error names the file", {
  timeout: 120 * MINUTES,
}, async () => {
  const rng = Rng.fromSeed(8, "damages of unfinished work");
  const found = { same: 0, refused: 0 };
  for (const [i, { path, at }] of killed.entries()) {
    await restore(path);
    await settle();
    const names = await unfinished();
    if (names.length === 0) continue;
    const name = names[rng.integer(names.length)];
    const bytes = await readFile(join(out, name));
    if (bytes.length === 0) continue;
    bytes[rng.integer(bytes.length)] ^= 1 << rng.integer(8);
    await writeFile(join(out, name), rng.uniform() < 0.5 ? bytes : bytes.subarray(0, rng.integer(bytes.length)));
    const { code, output } = await resumeOrBegin();
    const what = `killed at rename ${i * KILL_EVERY}, ${at}, ${name} damaged: exit ${code}\n${output}`;
    if (code === 0) {
      found.same++;
      expect(differences(await contents(out), files), what).toEqual([]);
    } else {
      found.refused++;
      expect([code, output], what).toEqual([2, expect.stringContaining(name)]);
    }
  }
  console.log(`unfinished work damaged after kills: ${JSON.stringify(found)}`);
});
