/** The command line with three small stages in place of the method's: each counts, with a checkpoint after every step. */
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stage } from "../../src/pipeline/run/stage.js";

// Of the build, which starts in half the time that the sources take.
const built = new URL("../../dist/cli/program.js", import.meta.url);
const { runCli } = (await import(built.href)) as typeof import("../../src/cli/program.js");

const steps = 20;

function counting(name: string, needs: string[], settings: Stage["settings"], stepMs: number): Stage {
  return {
    name,
    title: `counting for ${name}`,
    needs,
    settings,
    outputs: [`${name}.txt`],
    async run({ scratch, rng, progress, signal, log }) {
      const checkpoint = join(scratch, "checkpoint.txt");
      const lines = existsSync(checkpoint) ? (await readFile(checkpoint, "utf8")).split("\n") : [];
      log(`${name} begins at ${lines.length}`);
      progress.start(steps, "steps");
      while (lines.length < steps) {
        await sleep(stepMs, undefined, { signal });
        lines.push(String(rng(`step ${lines.length}`).uniform()));
        await writeFile(`${checkpoint}.new`, lines.join("\n"));
        await rename(`${checkpoint}.new`, checkpoint);
        progress.update(lines.length);
      }
      progress.end();
      await writeFile(join(scratch, `${name}.txt`), lines.join("\n"));
    },
  };
}

// How long a step of the slow stage takes: 0 in tests that wait for the end.
const stepMs = Number(process.env.FAKE_STEP_MS ?? 0);

process.exitCode = await runCli(process.argv.slice(2), async () => [
  counting("tune", [], ({ ppo }) => ppo, stepMs),
  counting("match", ["tune"], ({ dictionaries }) => dictionaries, 0),
  counting("probe", ["match"], ({ probe }) => probe, 0),
]);
