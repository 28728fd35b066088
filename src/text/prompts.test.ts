import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import { fillPrompt, loadPrompts } from "./prompts.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prompts-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

test("a prompt of one's own takes the place of the shipped one of its name, and of no other", () => {
  write("explain.md", "Say what these have in common:\n{{examples}}\n");
  const [own, shipped] = [loadPrompts(folder), loadPrompts()];
  expect(fillPrompt(own, "explain", { examples: "1. good" })).toBe("Say what these have in common:\n1. good");
  expect(own.detect).toBe(shipped.detect);
  expect(own.explain).not.toBe(shipped.explain);
});

test.each([
  ["explain.md", "Say what they have in common.", "explain.md: expected the place {{examples}}, received none"],
  ["explain.md", "{{examples}} {{reward}}", "explain.md: expected the places {{examples}}, received {{reward}}"],
  ["explian.md", "{{examples}}", /expected prompts \(explain\.md, .*\), received explian\.md/],
  ["explain.txt", "{{examples}}", /expected prompts \(explain\.md, .*\), received explain\.txt/],
])("%s with %j is refused", (name, text, message) => {
  write(name, text);
  expect(() => loadPrompts(folder)).toThrow(FormatError);
  expect(() => loadPrompts(folder)).toThrow(message);
});

test("a folder without prompts, or that is not there, is refused", () => {
  expect(() => loadPrompts(folder)).toThrow(/expected prompts .*, received none/);
  expect(() => loadPrompts(join(folder, "none"))).toThrow(/none: no such file/);
});
