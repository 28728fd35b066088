import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ownIdentity } from "../../src/io/process-alive.js";
import { isHeld, lockFolder, lockName } from "../../src/pipeline/run/run-lock.js";

let folder: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-lock-"));
  lock = join(folder, lockName);
});

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
/** A process that lives until the test ends. */
function bystander(): number {
  const child = spawn("sleep", ["60"]);
  children.push(child);
  return child.pid!;
}

const owner = (changes: object) => JSON.stringify({ token: "t", host: hostname(), ...ownIdentity(), ...changes });
const ago = async (seconds: number) => {
  const time = new Date(Date.now() - 1000 * seconds);
  await utimes(lock, time, time);
};

describe("a lock", () => {
  test("is held, refused to others with the owner's number, and given back", async () => {
    const held = await lockFolder(folder);
    expect(await isHeld(folder)).toBe(true);
    await expect(lockFolder(folder)).rejects.toThrow(`is in use by process ${process.pid}`);
    await held.check();
    await held.release();
    expect(await isHeld(folder)).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ["a process that is gone", () => owner({ pid: 4194305 })],
    ["a number that another process has now", () => owner({ pid: bystander(), startTime: "1" })],
    ["an earlier version's process that is gone", () => `4194305 ${hostname()}\n`],
  ])("of %s is taken over at once", async (_, text) => {
    await writeFile(lock, text());
    expect(await isHeld(folder)).toBe(false);
    const begin = Date.now();
    const held = await lockFolder(folder);
    expect(Date.now() - begin).toBeLessThan(1000);
    expect(JSON.parse(await readFile(lock, "utf8")).pid).toBe(process.pid);
    await held.release();
    expect(existsSync(lock)).toBe(false);
  });

  test("of an earlier version is respected while its process lives, and not when its number was given anew", async () => {
    const pid = bystander();
    await writeFile(lock, `${pid} ${hostname()}\n`);
    await expect(lockFolder(folder)).rejects.toThrow(`process ${pid}`);
    await ago(60);
    await (await lockFolder(folder)).release();
  });

  test("of another container without a sign of life for long is taken over at once", async () => {
    await writeFile(lock, owner({ pid: 7, host: "4f2a", pidNamespace: "pid:[1]" }));
    await ago(31);
    expect(await isHeld(folder)).toBe(false);
    await (await lockFolder(folder)).release();
  });

  test.each([
    ["container", () => owner({ pid: 7, host: "4f2a", pidNamespace: "pid:[1]" })],
    ["machine", () => "7 far\n"],
  ])("of another %s that died just now is taken over after some seconds", { timeout: 20_000 }, async (_, text) => {
    await writeFile(lock, text());
    expect(await isHeld(folder)).toBe(true);
    await (await lockFolder(folder)).release();
  });

  test("of another container that lives is respected", { timeout: 20_000 }, async () => {
    await writeFile(lock, owner({ pid: 7, host: "4f2a", pidNamespace: "pid:[1]" }));
    const beat = setInterval(() => void ago(0), 1000);
    await expect(lockFolder(folder)).rejects.toThrow("in use by process 7 on 4f2a");
    clearInterval(beat);
  });

  test("shows that its process lives, also while that is busy", { timeout: 20_000 }, async () => {
    const held = await lockFolder(folder);
    await setTimeout(500); // Its thread starts.
    await ago(60);
    const until = Date.now() + 3000;
    while (Date.now() < until);
    await writeFile(join(folder, "x"), "");
    await expect(lockFolder(folder)).rejects.toThrow(/whose last heartbeat is [0-4] s old/);
    await held.release();
  });

  test("that was taken over is noticed by its former owner, who leaves the new one alone", async () => {
    const held = await lockFolder(folder);
    await writeFile(lock, owner({ token: "other" }));
    await expect(held.check()).rejects.toThrow("taken over by another process");
    await held.release();
    expect(existsSync(lock)).toBe(true);
  });
});

test("of processes that find the same stale lock one takes it", { timeout: 60_000 }, async () => {
  const module = new URL("../../src/pipeline/run/run-lock.ts", import.meta.url).href;
  const contender = `
    import { lockFolder } from ${JSON.stringify(module)};
    import { appendFileSync } from "node:fs";
    process.stdin.on("data", async (data) => {
      const folder = String(data).trim();
      try { await lockFolder(folder); process.stdout.write("held\\n"); } catch { process.stdout.write("refused\\n"); }
    });
    process.stdout.write("ready\\n");`;
  const file = join(folder, "contender.mts");
  await writeFile(file, contender);
  const contenders = [1, 2, 3].map(() => {
    const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), file], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    children.push(child);
    return child;
  });
  await Promise.all(contenders.map(({ stdout }) => once(stdout!, "data")));
  for (let round = 0; round < 40; round++) {
    const stale = await mkdtemp(join(tmpdir(), "rewardscope-stale-"));
    await writeFile(join(stale, lockName), owner({ pid: 4194305 }));
    const said = contenders.map(({ stdout }) => once(stdout!, "data"));
    for (const { stdin } of contenders) stdin!.write(`${stale}\n`);
    const answers = (await Promise.all(said)).map(([data]) => String(data).trim());
    expect(answers.sort(), `round ${round}`).toEqual(["held", "refused", "refused"]);
  }
});

// Not even root can write there.
test.skipIf(process.platform !== "linux")("a folder that cannot be written says who can continue", async () => {
  await expect(lockFolder("/sys")).rejects.toThrow(/^\/sys cannot be written \(E\w+\)\n {2}help: Its owner can/);
});
