import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { ErrorLines, eachLine, wordsOfEnd } from "./module-output.js";

async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const [stream, lines] = [new PassThrough(), [] as string[]];
  const done = eachLine(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await done;
  return lines;
}

test("lines are whole however they come", async () => {
  expect(await linesOf("a\nb", "c\r\n\n", "d")).toEqual(["a", "bc", "", "d"]);
  const film = Buffer.from("🎬\n");
  expect(await linesOf(film.subarray(0, 2), film.subarray(2))).toEqual(["🎬"]);
  const endless = await linesOf(..."xyz".split("").map((letter) => letter.repeat(8000)));
  expect(endless.map((line) => line.length)).toEqual([10_000, 10_000, 4000]);
});

/** The output of Node 20 when memory runs out. */
const dump = `said before

<--- Last few GCs --->

[9220:0x2ef82ca0]      113 ms: Mark-Compact 49.1 (65.3) -> 48.5 (81.3) MB
<--- JS stacktrace --->

FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----`;

test("Node's last words are kept back, and say what happened", () => {
  const printed: string[] = [];
  const errors = new ErrorLines((line) => printed.push(line));
  for (const line of ["first", "", "second", ...dump.split("\n")]) errors.add(line);
  expect(printed).toEqual(["first", "", "second", "said before"]);
  const ended = (exitCode: number | null, signalCode: NodeJS.Signals | null, lastWords = "") =>
    wordsOfEnd({ exitCode, signalCode }, lastWords).message;
  expect(ended(null, "SIGABRT", errors.lastWords)).toBe("ran out of memory");
  expect(ended(134, null, errors.lastWords)).toBe("ran out of memory");
  expect(ended(null, "SIGABRT")).toMatch(/process\.abort/);
  expect(ended(null, "SIGKILL")).toBe("was killed");
  expect(ended(null, "SIGSEGV")).toBe("was ended by SIGSEGV");
  expect(ended(0, null)).toBe("ended its process with exit code 0");
});
