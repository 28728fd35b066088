import { mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SameInputs, SharedLooks, Unchanged } from "./unchanged.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-unchanged-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a value is made anew when a file comes, grows, is replaced or touched, and only then", async () => {
  const [one, two] = [join(folder, "one"), join(folder, "two")];
  const kept = new Unchanged<number>(5);
  let made = 0;
  const value = () => kept.of("key", [one, two], async () => ++made);
  expect([await value(), await value()]).toEqual([1, 1]);
  await writeFile(one, "a");
  expect([await value(), await value()]).toEqual([2, 2]);
  await writeFile(two, "ab");
  expect([await value(), await value()]).toEqual([3, 3]);
  // The same size and time, another file.
  await writeFile(join(folder, "other"), "b");
  await utimes(join(folder, "other"), 1, 1);
  await utimes(one, 1, 1);
  expect(await value()).toBe(4);
  await rename(join(folder, "other"), one);
  expect([await value(), await value()]).toEqual([5, 5]);
  await rm(one);
  expect([await value(), await value()]).toEqual([6, 6]);
});

test("no failure is kept, and no more values than allowed", async () => {
  const kept = new Unchanged<string>(2);
  let tries = 0;
  const failing = () =>
    kept.of("failing", [], async () => {
      tries++;
      throw new Error("unreadable");
    });
  await expect(failing()).rejects.toThrow("unreadable");
  await expect(failing()).rejects.toThrow("unreadable");
  expect(tries).toBe(2);
  const made: string[] = [];
  const get = (key: string) =>
    kept.of(key, [], async () => {
      made.push(key);
      return key;
    });
  // "a" is used before "c" is added, so "b" is removed.
  for (const key of ["a", "b", "a", "c", "a", "b"]) expect(await get(key)).toBe(key);
  expect(made.join("")).toBe("abcb");
});

test("those who ask during a look share the next one, which begins after they asked", async () => {
  const looks = new SharedLooks<number>();
  let now = 0;
  let begun = 0;
  const release: (() => void)[] = [];
  const look = async (): Promise<number> => {
    begun++;
    const seen = now;
    await new Promise<void>((done) => release.push(done));
    return seen;
  };
  const first = looks.at("run", look);
  now = 1;
  const later = [looks.at("run", look), looks.at("run", look), looks.at("run", look)];
  const elsewhere = looks.at("another", look);
  expect(begun).toBe(2);
  release.forEach((done) => {
    done();
  });
  expect([await first, await elsewhere]).toEqual([0, 1]);
  release[2]();
  expect(await Promise.all(later)).toEqual([1, 1, 1]);
  expect(begun).toBe(3);
});

test("a look that fails does not keep the next from beginning", async () => {
  const looks = new SharedLooks<number>();
  const failing = looks.at("run", async () => {
    throw new Error("unreadable");
  });
  const next = looks.at("run", async () => 2);
  await expect(failing).rejects.toThrow("unreadable");
  expect(await next).toBe(2);
});

test("a page is made anew when one of the objects that it shows is another", () => {
  const pages = new SameInputs<number>(1);
  let made = 0;
  const [a, b] = [{}, {}];
  const page = (key: string, ...inputs: object[]) => pages.of(key, inputs, () => ++made);
  expect([page("x", a, b), page("x", a, b)]).toEqual([1, 1]);
  expect([page("x", a, {}), page("x", a)]).toEqual([2, 3]);
  expect([page("y", a), page("x", a)]).toEqual([4, 5]);
});
