import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lackingSpace, mostBytes } from "./disk-space.js";

const stage = (name: string, kept: number, most: number) => ({ name, disk: { kept, most } });
const MiB = 2 ** 20;

test("the most is what earlier stages leave and what the largest needs at work", () => {
  const run = { stages: [stage("a", 10, 70), stage("b", 30, 50), stage("c", 0, 5)], replacedBytes: 0 };
  expect(mostBytes([run])).toBe(32 * MiB + 70);
  expect(mostBytes([{ ...run, stages: run.stages.slice(1) }])).toBe(32 * MiB + 50);
  // The first run keeps 40 bytes besides its small files.
  expect(mostBytes([run, run])).toBe(2 * 32 * MiB + 40 + 70);
  expect(mostBytes([{ ...run, replacedBytes: 25 }])).toBe(32 * MiB + 70 - 25);
});

test("a disk that is too small is told with its nearest folder; what is replaced makes room", async () => {
  const folder = await mkdtemp(join(tmpdir(), "disk-"));
  const out = join(folder, "not", "there");
  const tooMuch = { stages: [stage("tune", 1, 1e18)], replaced: [] };
  expect(await lackingSpace(out, [{ stages: [stage("tune", 1, 2)], replaced: [] }])).toEqual([]);
  const [issue] = await lackingSpace(out, [tooMuch]);
  expect(issue.path).toBe("--out");
  expect(issue.expected).toMatch(/^a folder with room for 1000000000\.\d GB, of which the stage tune takes 10+\.0 GB$/);
  expect(issue.received).toMatch(new RegExp(`^${folder} with \\d+\\.\\d GB free$`));
  await mkdir(join(folder, "run"));
  await writeFile(join(folder, "run", "big"), new Uint8Array(1000));
  expect(
    await lackingSpace(folder, [{ ...tooMuch, replaced: [join(folder, "run"), join(folder, "none")] }]),
  ).toHaveLength(1);
  await rm(folder, { recursive: true });
});
