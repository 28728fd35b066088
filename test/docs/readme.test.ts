import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

/** The fenced code blocks of a page in one language. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code);
}

/** Commands that finish at once are run as they stand; long ones are planned with --dry-run. */
function commandLines(): string[] {
  const lines = blocks("README.md", "sh").flatMap((block) => block.split("\n"));
  return lines.map((line) => line.replace(/\s+#.*$/, "").trim()).filter((line) => line.startsWith("npx rewardscope "));
}

function runCli(line: string): string {
  const words = [...line.replace("npx rewardscope ", "").matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain,
  );
  const dry = words[0] === "run" ? ["--dry-run", "--out", join(mkdtempSync(join(root, "runs-")), "run")] : [];
  try {
    return execFileSync("node", ["dist/cli/main.js", ...words, ...dry], { cwd: root, encoding: "utf8", stdio: "pipe" });
  } finally {
    if (dry.length > 0) rmSync(dirname(dry[2]), { recursive: true });
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

  it.each(commandLines())("has a command that runs: %s", { timeout: 120_000 }, (line) => {
    expect(runCli(line).trim()).not.toBe("");
  });
});

it.each(pages)("%s links only to files that are there", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target);
  for (const target of links) expect(existsSync(join(root, dirname(page), target)), target).toBe(true);
});
