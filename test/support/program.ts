/** The program in a process of its own, as `build.ts` has left it in `dist`. */
import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";

/** The folder of the project. */
export const root = resolve(import.meta.dirname, "../..");

/** What comes after `node`. */
export const programs = {
  rewardscope: [join(root, "dist/cli/main.js")],
  /** The same command line with three small stages that count. */
  counting: ["--import", import.meta.resolve("tsx"), join(root, "test/support/fake-rewardscope.ts")],
};

/** What a program that has ended left behind. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A program under way. */
export interface Started {
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** Starts a program; variables of the environment are added to this process's own. */
export function start(
  program: keyof typeof programs,
  args: readonly string[],
  { cwd = root, env = {} }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Started {
  const child = spawn(process.execPath, [...programs[program], ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<Ended>((finish) => {
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => {
      stdout += data;
    });
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.on("close", (code) => finish({ code, stdout, stderr }));
  });
  return { child, ended };
}

/** The environment in which the Hub's client finds nothing but what lies in `home`, and reaches no network. */
export const onlyCached = (home: string): Record<string, string> => ({
  HF_HOME: home,
  HF_HUB_CACHE: "",
  HF_ENDPOINT: "http://127.0.0.1:1",
});
