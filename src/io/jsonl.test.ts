import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import { appendJsonl, readJsonl, writeJsonl } from "./jsonl.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "jsonl-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe("readJsonl", () => {
  test("rows in order, blank lines and Windows line ends allowed, U+2028 and U+0085 within texts", async () => {
    const path = await file("rows.jsonl", '{"t":"a\u2028b\u0085c"}\r\n\n[2]\n"dé😀"');
    expect(await collect(readJsonl(path))).toEqual([{ t: "a\u2028b\u0085c" }, [2], "dé😀"]);
  });

  test("a row longer than the read buffer, multi-byte characters across its edges", async () => {
    const row = { text: "é😀".repeat(300_000) };
    const path = await file("long.jsonl", `${JSON.stringify(row)}\n1\n`);
    expect(await collect(readJsonl(path))).toEqual([row, 1]);
  });

  test("NaN and Infinity are null where asked for, but not within texts", async () => {
    const path = await file("nan.jsonl", '{"a":NaN,"b":"NaN \\" -Infinity","c":[-Infinity,1]}\n');
    await expect(collect(readJsonl(path))).rejects.toThrow(/line 1/);
    expect(await collect(readJsonl(path, { nanIsNull: true }))).toEqual([
      { a: null, b: 'NaN " -Infinity', c: [null, 1] },
    ]);
  });

  test("gzipped by name", async () => {
    const path = await file("rows.jsonl.gz", gzipSync("1\n2\n"));
    expect(await collect(readJsonl(path))).toEqual([1, 2]);
  });

  test("faults name file and line", async () => {
    const path = await file("bad.jsonl", '{"a":1}\n\n{"a":}\n{"a":3}\n');
    const rows = readJsonl(path);
    expect((await rows.next()).value).toEqual({ a: 1 });
    const error = await rows.next().catch((reason) => reason);
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ file: path, offset: 3 });
    for (const broken of [
      join(folder, "absent.jsonl"),
      join(folder, "absent.jsonl.gz"),
      await file("latin1.jsonl", Uint8Array.of(0x22, 0xe9, 0x22)),
      await file("cut.jsonl.gz", gzipSync("1\n2\n3\n").subarray(0, 15)),
    ]) {
      await expect(collect(readJsonl(broken))).rejects.toThrow(FormatError);
    }
  });

  test("a torn tail is dropped on request only; a broken whole line never is", async () => {
    const torn = await file("torn.jsonl", '{"a":1}\n{"a":2');
    await expect(collect(readJsonl(torn))).rejects.toThrow(/line 2/);
    expect(await collect(readJsonl(torn, { dropTornTail: true }))).toEqual([{ a: 1 }]);
    const broken = await file("broken.jsonl", '{"a":1}\n{"a":2\n');
    await expect(collect(readJsonl(broken, { dropTornTail: true }))).rejects.toThrow(/line 2/);
  });
});

describe("writeJsonl", () => {
  test("streams what an async generator gives", async () => {
    const path = join(folder, "new/out.jsonl");
    await writeJsonl(
      path,
      (async function* () {
        for (let i = 0; i < 50_000; i++) yield { i };
      })(),
    );
    let next = 0;
    for await (const row of readJsonl(path)) expect(row).toEqual({ i: next++ });
    expect(next).toBe(50_000);
  });

  test("gzips by name", async () => {
    const path = join(folder, "out.jsonl.gz");
    await writeJsonl(path, [{ a: 1 }, 2]);
    expect(gunzipSync(await readFile(path)).toString()).toBe('{"a":1}\n2\n');
  });

  test("rows that fail leave the older file and nothing else", async () => {
    const path = join(folder, "kept/out.jsonl");
    await writeJsonl(path, [1]);
    const failing = writeJsonl(
      path,
      (function* () {
        yield 2;
        throw new Error("no more");
      })(),
    );
    await expect(failing).rejects.toThrow("no more");
    expect(await readFile(path, "utf8")).toBe("1\n");
    expect(await readdir(join(folder, "kept"))).toEqual(["out.jsonl"]);
  });
});

describe("appendJsonl", () => {
  test("creates the log, then adds rows", async () => {
    const path = join(folder, "logs/metrics.jsonl");
    await appendJsonl(path, { step: 1 });
    await appendJsonl(path, { step: 2 });
    expect(await readFile(path, "utf8")).toBe('{"step":1}\n{"step":2}\n');
  });

  test("cuts off a torn tail, keeps a whole last row without newline", async () => {
    const torn = await file("torn-log.jsonl", '{"step":1}\n{"st');
    await appendJsonl(torn, { step: 2 });
    expect(await readFile(torn, "utf8")).toBe('{"step":1}\n{"step":2}\n');
    const whole = await file("whole-log.jsonl", '{"step":1}');
    await appendJsonl(whole, { step: 2 });
    expect(await readFile(whole, "utf8")).toBe('{"step":1}\n{"step":2}\n');
  });
});
