/** The package as a user gets it: packed from a copy without `dist`, installed into an empty folder, and used there. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../support/program.js";

const MINUTES = 60_000;
const run = promisify(execFile);
const { exports } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { exports: object };
const entries = Object.keys(exports).map((path) => path.replace(".", "rewardscope"));

let folder: string;
let tarball: string;
let user: string;

/** Without the variables by which `npm test` tells its own npm of this one's settings. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
const npm = (cwd: string, ...args: string[]) => run("npm", args, { cwd, env, maxBuffer: 1e8 });
const tool = (name: string, ...args: string[]) => run(join(root, "node_modules/.bin", name), args, { cwd: user, env });
const rewardscope = (...args: string[]) =>
  run(join(user, "node_modules/.bin/rewardscope"), args, { cwd: user, env: { ...env, HF_HUB_OFFLINE: "1" } });

/** Megabytes (10^6 bytes) of all files below a folder. */
async function megabytes(path: string): Promise<number> {
  const found = await readdir(path, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)));
  return (await Promise.all(files)).reduce((sum, { size }) => sum + size, 0) / 1e6;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-package-"));
  const copy = join(folder, "copy");
  const left = new Set(["node_modules", "dist", ".git", "runs", "test", "bench"].map((name) => join(root, name)));
  await cp(root, copy, { recursive: true, filter: (path) => !left.has(path) });
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));
  await npm(copy, "pack", "--pack-destination", folder);
  tarball = join(folder, (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "no package");
  user = await mkdtemp(join(folder, "user-"));
  await writeFile(join(user, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await npm(user, "install", tarball, "--omit=optional", "--ignore-scripts", "--prefer-offline", "--no-audit");
}, 5 * MINUTES);
afterAll(() => rm(folder, { recursive: true }));

test("is small, and so is an installation without native libraries", async () => {
  expect((await stat(tarball)).size / 1e6).toBeLessThan(20);
  expect(await megabytes(join(user, "node_modules"))).toBeLessThan(100);
});

test("carries what a program needs and the licences of what others made, and nothing of development", async () => {
  const files = await readdir(join(user, "node_modules/rewardscope"), { recursive: true });
  for (const name of ["LICENSE", "THIRD-PARTY.md", "CITATION.cff", "CHANGELOG.md", "assets/vader/LICENSE"])
    expect(files, name).toContain(name);
  for (const name of ["onnxruntime/LICENSE", "onnxruntime/ThirdPartyNotices.txt"])
    expect(files, name).toContain(`licences/${name}`);
  expect(files.filter((name) => /^(src|test|bench)\b|\.map$|\.test\.|tsbuildinfo/.test(name))).toEqual([]);
});

test(
  "publint and arethetypeswrong find nothing",
  async () => {
    await tool("publint", "run", tarball, "--strict");
    await tool("attw", tarball, "--profile", "esm-only", "--no-emoji");
  },
  2 * MINUTES,
);

test(
  "every entry is imported, and its types hold without skipLibCheck",
  async () => {
    const modules = entries.filter((entry) => !entry.endsWith(".json"));
    const lines = modules.map((entry, index) => `import * as part${index} from "${entry}";`);
    const used = modules.map((_, index) => `part${index}`).join(", ");
    await writeFile(
      join(user, "job.ts"),
      `${lines.join("\n")}
import { loadModel, loadTokenizer } from "rewardscope/model";
for (const part of [${used}]) if (Object.keys(part).length === 0) throw new Error("an empty module");
const model = await loadModel("embedded");
const tokenizer = await loadTokenizer("embedded");
const [ids]: number[][] = await model.generate([tokenizer.encode("This movie was")], { maxNewTokens: 3, seed: 1 });
console.log(ids.length);
`,
    );
    const compilerOptions = { target: "ES2023", module: "NodeNext", strict: true, types: ["node"], outDir: "out" };
    const typeRoots = [join(root, "node_modules/@types")];
    await writeFile(
      join(user, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...compilerOptions, rootDir: ".", typeRoots }, files: ["job.ts"] }),
    );
    const compiled = await tool("tsc", "-p", ".").catch(({ stdout }) => ({ stdout }));
    expect(compiled.stdout).toBe("");
    const { stdout } = await run(process.execPath, ["out/job.js"], { cwd: user, env });
    expect(Number(stdout)).toBeGreaterThan(0);
  },
  3 * MINUTES,
);

test(
  "without native libraries everything starts in WebAssembly, and one line says why and what to do",
  async () => {
    const { stdout } = await rewardscope("doctor");
    expect(stdout).toMatch(/^engine +web$/m);
    const notices = stdout.split("\n").filter((line) => line.includes("its WebAssembly build runs"));
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain("ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@");
  },
  2 * MINUTES,
);

test(
  "with them the native library runs, and gives the same text",
  async () => {
    const sample = ["sample", "embedded", "--prompt", "This movie was", "--tokens", "8"];
    const { stdout: web } = await rewardscope(...sample);
    for (const name of ["koffi", "@koromix", "onnxruntime-node"])
      await symlink(join(root, "node_modules", name), join(user, "node_modules", name));
    expect(JSON.parse((await rewardscope("doctor", "--json")).stdout)).toMatchObject({ engine: "c-api" });
    expect((await rewardscope(...sample)).stdout).toBe(web);
  },
  2 * MINUTES,
);
