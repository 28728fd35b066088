import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { tinyModel } from "../../test/support/tiny-models.js";
import { openCheckpoint } from "../io/checkpoint.js";
import { constantSchedule, linearSchedule } from "../optim/schedule.js";
import { Rng } from "../rng.js";
import { Engine } from "../runtime/engine.js";
import type { CausalLm } from "./causal-lm.js";
import { heldOutLoss, type PretrainOptions, type PretrainStep, pretrain } from "./pretrain.js";
import { TokenFile } from "./tokenizer/token-file.js";

const engine = new Engine();
const scratch = mkdtempSync(join(tmpdir(), "rewardscope-pretrain-"));
const opened: TokenFile[] = [];
afterAll(async () => {
  await Promise.all([engine.close(), ...opened.map((file) => file.close())]);
  rmSync(scratch, { recursive: true });
});

async function tokenFile(name: string, ids: readonly number[]): Promise<TokenFile> {
  const path = join(scratch, name);
  writeFileSync(path, new Uint8Array(Uint16Array.from(ids).buffer));
  const file = await TokenFile.open(path);
  opened.push(file);
  return file;
}

const repeated = await tokenFile(
  "repeated",
  Array.from({ length: 600 }, (_, i) => [5, 9, 2, 17, 9, 3][i % 6]),
);
const rng = Rng.fromSeed(1, "noise");
const noise = await tokenFile(
  "noise",
  Array.from({ length: 300 }, () => rng.integer(23)),
);

function options(folder: string, overrides: Partial<PretrainOptions> = {}): PretrainOptions {
  return {
    steps: 8,
    batchSize: 3,
    length: 12,
    learningRate: 0.01,
    schedule: constantSchedule,
    weightDecay: 0.1,
    maxGradNorm: 1,
    seed: 4,
    checkpointFolder: join(scratch, folder),
    checkpointEvery: 3,
    evaluateEvery: 4,
    ...overrides,
  };
}

const newModel = (): Promise<CausalLm> => tinyModel({ initializerRange: 0.1 }, { engine, trainable: true });

test("the loss of a text that repeats itself falls from that of chance to next to nothing", async () => {
  const model = await newModel();
  const steps: PretrainStep[] = [];
  const history = await pretrain(
    model,
    repeated,
    noise,
    options("falls", {
      steps: 60,
      learningRate: 0.02,
      schedule: linearSchedule(5, 60),
      onStep: (step) => steps.push(step),
    }),
  );
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  expectClose([steps[0].loss], [Math.log(23)], 0.1);
  expect(steps.at(-1)!.loss).toBeLessThan(0.1);
  // Noise cannot be learned.
  expect(steps.at(-1)!.heldOutLoss).toBeGreaterThan(Math.log(23));
  expect(history.map(({ step }) => step)).toContain(60);
  expect(history.filter(({ heldOutLoss }) => heldOutLoss !== undefined).map(({ step }) => step)).toEqual(
    Array.from({ length: 15 }, (_, i) => 4 * (i + 1)),
  );
  const [row] = await model.generate([[5, 9]], { maxNewTokens: 6, temperature: 0 });
  expect(row).toEqual([5, 9, 2, 17, 9, 3, 5, 9]);
});

test("the loss of a file is the mean over its windows, in nats per token", async () => {
  const model = await newModel();
  const ids = Array.from(await noise.window(0, 41));
  const { data } = await model.logProbs({ inputIds: [0, 1, 2, 3].map((i) => ids.slice(i * 10, i * 10 + 11)) });
  const mean = -data.reduce((sum, value) => sum + value, 0) / data.length;
  expectClose([await heldOutLoss(model, noise, 10, 4)], [mean], 1e-6);
  // 299 predictions are 29 whole windows, in batches of 8.
  const all = Array.from(await noise.window(0, 291));
  const whole = await model.logProbs({
    inputIds: Array.from({ length: 29 }, (_, i) => all.slice(i * 10, i * 10 + 11)),
  });
  expectClose(
    [await heldOutLoss(model, noise, 10, 999)],
    [-whole.data.reduce((sum, value) => sum + value, 0) / 290],
    1e-6,
  );
});

test("interrupted and continued, a run ends in the same bits as in one go", async () => {
  const whole = await newModel();
  const history = await pretrain(whole, repeated, noise, options("whole"));
  for (const stopAfter of [3, 5]) {
    const folder = `stopped after ${stopAfter}`;
    const controller = new AbortController();
    const stopped = pretrain(
      await newModel(),
      repeated,
      noise,
      options(folder, {
        signal: controller.signal,
        onStep: ({ step }) => {
          if (step === stopAfter) controller.abort(new Error("stopped"));
        },
      }),
    );
    await expect(stopped).rejects.toThrow("stopped");
    // A model with other parameters, since all of them come from the checkpoint.
    const resumed = await tinyModel({}, { engine, trainable: true, seed: 99 });
    expect(await pretrain(resumed, repeated, noise, options(folder))).toEqual(history);
    for (const name of whole.parameterNames) {
      expect(await resumed.parameter(name)).toEqual(await whole.parameter(name));
      for (const region of ["firstMoment", "secondMoment"] as const)
        expect(await resumed.store.read(name, region)).toEqual(await whole.store.read(name, region));
    }
  }
});

test("a run that was killed goes on from its last checkpoint, one file that is whole", async () => {
  const whole = await newModel();
  await pretrain(whole, repeated, noise, options("to the end"));
  const killed = pretrain(
    await newModel(),
    repeated,
    noise,
    options("killed", {
      onStep: ({ step }) => {
        if (step === 5) throw new Error("killed");
      },
    }),
  );
  await expect(killed).rejects.toThrow("killed");
  const path = join(scratch, "killed", "checkpoint.safetensors");
  const checkpoint = await openCheckpoint(path);
  expect(checkpoint.values).toMatchObject({ step: 3 });
  await checkpoint.close();
  await cp(join(scratch, "killed"), join(scratch, "damaged"), { recursive: true });
  const resumed = await newModel();
  const steps: number[] = [];
  await pretrain(resumed, repeated, noise, options("killed", { onStep: ({ step }) => steps.push(step) }));
  expect(steps).toEqual([4, 5, 6, 7, 8]);
  for (const name of whole.parameterNames) expect(await resumed.parameter(name)).toEqual(await whole.parameter(name));
});

test("a damaged checkpoint counts as none, and one line says so", async () => {
  const path = join(scratch, "damaged", "checkpoint.safetensors");
  const bytes = await readFile(path);
  bytes[bytes.length - 3] ^= 1;
  await writeFile(path, bytes);
  const [lines, steps] = [[] as string[], [] as number[]];
  const log = (line: string) => void lines.push(line);
  await pretrain(
    await newModel(),
    repeated,
    noise,
    options("damaged", { log, onStep: ({ step }) => steps.push(step) }),
  );
  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(lines).toEqual([expect.stringMatching(/^the checkpoint cannot be used and training begins with .*SHA-256/)]);
});

test("a run that is over does nothing more", async () => {
  const first = await pretrain(await newModel(), repeated, noise, options("over"));
  const steps: number[] = [];
  expect(
    await pretrain(await newModel(), repeated, noise, options("over", { onStep: ({ step }) => steps.push(step) })),
  ).toEqual(first);
  expect(steps).toEqual([]);
});

test("the seed decides the windows", async () => {
  const losses = async (folder: string, seed: number): Promise<number[]> => {
    const all: number[] = [];
    await pretrain(
      await newModel(),
      noise,
      noise,
      options(folder, { seed, steps: 3, onStep: ({ loss }) => all.push(loss) }),
    );
    return all;
  };
  const first = await losses("seed 1", 1);
  expect(await losses("seed 1 again", 1)).toEqual(first);
  expect(await losses("seed 2", 2)).not.toEqual(first);
});

test("a file that is too short for a window is refused by name", async () => {
  const short = await tokenFile("short", [1, 2, 3]);
  const message = `${join(scratch, "short")}: expected at least 14 tokens for windows of 12, received 3`;
  await expect(pretrain(await newModel(), short, noise, options("short train"))).rejects.toThrow(message);
  await expect(pretrain(await newModel(), repeated, short, options("short held"))).rejects.toThrow(message);
});

test("a learning rate that destroys the model ends the run with a message, not with a ruined checkpoint", async () => {
  const run = pretrain(
    await newModel(),
    noise,
    noise,
    options("diverged", { learningRate: 1e30, maxGradNorm: 0, checkpointEvery: 99 }),
  );
  await expect(run).rejects.toThrow(/step \d+: the (loss is|gradients' norm is) (NaN|Infinity)/);
});
