/** Virtual environments of the Python libraries that results are compared with, outside the source tree. */
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

export type Environment = "modern" | "trl" | "formats" | "notebook" | "trackers";

const home =
  process.env.REWARDSCOPE_PEERS_VENV ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "rewardscope", "peers");

/** Runs a program; what it prints to stdout comes back, stderr too where it fails. */
export function runProgram(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, TOKENIZERS_PARALLELISM: "false", ...env } });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ${args.join(" ")} ended with ${code}:\n${(errors || output).slice(-3000)}`));
    });
  });
}

/** TRL 0.7.7's PyTorch has no wheels for later Pythons, today's NumPy none for earlier ones. */
const PYTHON = "3.11";

async function findPython(): Promise<string> {
  for (const candidate of [process.env.REWARDSCOPE_PEERS_PYTHON, `python${PYTHON}`, "python3"]) {
    if (!candidate) continue;
    const version = await runProgram(candidate, ["--version"]).catch(() => "");
    if (version.startsWith(`Python ${PYTHON}.`)) return candidate;
  }
  throw new Error(`Python ${PYTHON} is needed; name it in REWARDSCOPE_PEERS_PYTHON`);
}

/**
 * The Python of an environment, which is made, or brought up to date with its pinned requirements, where it has to be.
 * `NAME.txt` is installed with what the packages ask for; those of `NAME.alone.txt`, where there is one, are put beside it without.
 */
export async function pythonOf(environment: Environment, log: (line: string) => void): Promise<string> {
  const folder = join(home, environment);
  const requirements = [`${environment}.txt`, `${environment}.alone.txt`].map((name) =>
    join(import.meta.dirname, "requirements", name),
  );
  const texts = await Promise.all(requirements.map((file) => readFile(file, "utf8").catch(() => "")));
  const wanted = texts.join("");
  const python = join(folder, "bin", "python");
  const installed = join(folder, "rewardscope-requirements.txt");
  if ((await readFile(installed, "utf8").catch(() => "")) === wanted) return python;
  log(`installing ${environment} into ${folder}`);
  await mkdir(home, { recursive: true });
  await runProgram(await findPython(), ["-m", "venv", folder]);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  await runProgram(python, [...pip, "-r", requirements[0]]);
  if (texts[1] !== "") await runProgram(python, [...pip, "--no-deps", "-r", requirements[1]]);
  await writeFile(installed, wanted);
  return python;
}
