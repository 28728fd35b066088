/**
 * Writes what other libraries shall load: tuned models with our logits and greedy text, trained autoencoders with our codes and
 * reconstructions. `npx tsx test/peers/exports.ts FOLDER`
 */
import { cp, rename } from "node:fs/promises";
import { join } from "node:path";
import { exportRun } from "../../src/export/exports.js";
import { writeSafetensors } from "../../src/io/safetensors.js";
import type { CausalLm } from "../../src/model/causal-lm.js";
import { copyModel, loadModel, saveModel } from "../../src/model/load.js";
import { PpoTrainer } from "../../src/rlhf/index.js";
import { Rng } from "../../src/rng.js";
import { sharedEngine } from "../../src/runtime/engine.js";
import type { FloatTensor } from "../../src/runtime/tensor.js";
import { Autoencoder } from "../../src/sae/autoencoder.js";
import type { AutoencoderShape } from "../../src/sae/autoencoder-graph.js";
import { TrainingPrograms } from "../../src/sae/gradients/training-programs.js";
import { LayerTrainer } from "../../src/sae/layer-trainer.js";
import { loadAutoencoder, saveAutoencoder } from "../../src/sae/saelens-folder.js";
import { writePlayableRun } from "../support/playable-run.js";

const out = process.argv[2];
const root = join(import.meta.dirname, "../..");
const models = {
  embedded: "assets/embedded",
  "gpt-neox": "test/golden/models/neox-pythia-like",
  "gpt-neo": "test/golden/models/neo-local-global",
  llama: "test/golden/models/llama",
  qwen2: "test/golden/models/qwen2",
  qwen3: "test/golden/models/qwen3",
  mistral: "test/golden/models/mistral-whole",
  olmo2: "test/golden/models/olmo2",
  gemma3: "test/golden/models/gemma3",
  gpt2: "test/golden/models/gpt2-old-spelling",
};

const randomRows = (rng: Rng, { config }: CausalLm, count: number, length: number): number[][] =>
  Array.from({ length: count }, () => Array.from({ length }, () => 1 + rng.integer(config.vocabSize - 1)));

/** Our logits of rows of equal length, put into the folder of the model. */
async function writeLogits(model: CausalLm, ids: number[][], folder: string) {
  const { logits } = await model.forward({ inputIds: ids });
  await writeSafetensors(join(folder, "ours.safetensors"), {
    input_ids: { dims: [ids.length, ids[0].length], data: BigInt64Array.from(ids.flat(), BigInt) },
    logits,
  });
  return logits;
}

/** Two steps of PPO on random tokens, at a rate that moves every weight. */
async function exportTuned(name: string, source: string): Promise<void> {
  const reference = await loadModel(join(root, source));
  const policy = await copyModel(reference);
  const rng = Rng.fromSeed(1, "exports", name);
  const rows = (count: number, length: number): number[][] => randomRows(rng, policy, count, length);
  const trainer = new PpoTrainer(policy, { reference, batchSize: 8, miniBatchSize: 4, learningRate: 1e-3 });
  for (let step = 0; step < 2; step++)
    await trainer.step(
      rows(8, 5),
      rows(8, 7),
      Array.from({ length: 8 }, () => rng.normal()),
    );
  await saveModel(policy, join(out, "models", name));
  const ids = rows(3, 16);
  const logits = await writeLogits(policy, ids, join(out, "models", name));
  const before = await reference.forward({ inputIds: ids });
  const moved = logits.data.reduce((most, value, i) => Math.max(most, Math.abs(value - before.logits.data[i])), 0);
  if (moved < 1e-2) throw new Error(`${name}: tuning moved no logit by more than ${moved}`);
  await Promise.all([policy.dispose(), reference.dispose()]);
}

/** Our codes and reconstructions of activations, put into the folder of the autoencoder. */
async function writeCodes(autoencoder: Autoencoder, x: FloatTensor, folder: string): Promise<void> {
  const codes = await autoencoder.encode(x);
  const reconstruction = await autoencoder.decode(codes);
  await writeSafetensors(join(folder, "ours.safetensors"), { x, codes, reconstruction });
}

/** Standard normal activations, moved by 0.3. */
const activations = (rng: Rng, dIn: number): FloatTensor => ({
  dims: [64, dIn],
  data: Float32Array.from({ length: 64 * dIn }, () => 0.3 + rng.normal()),
});

/** Thirty steps on random activations, so that biases and norms are not those of the start. */
async function exportAutoencoder(name: string, shape: Pick<AutoencoderShape, "tied" | "kind">): Promise<void> {
  const engine = sharedEngine();
  const full: AutoencoderShape = { name, dIn: 32, dSae: 96, ...shape };
  const trainer = await LayerTrainer.create(new TrainingPrograms(engine), 2, [full], {
    reconstruction: "mean",
  });
  await trainer.initialise((_, matrix) => Rng.fromSeed(2, name, matrix));
  const rng = Rng.fromSeed(3, "activations", name);
  for (let step = 0; step < 30; step++) await trainer.step(activations(rng, 32), 1e-2);
  const origin = { layer: 2, tied: shape.tied, modelName: "embedded", modelType: "gpt_neox" };
  const autoencoder = new Autoencoder(await trainer.dictionary(full), origin);
  await trainer.dispose();
  const folder = join(out, "autoencoders", name);
  await saveAutoencoder(autoencoder, folder);
  await writeCodes(autoencoder, activations(rng, 32), folder);
}

/** What the command line exports of a run: its tuned model as a folder for the Hub, and one of its dictionaries. */
async function exportOfRun(): Promise<void> {
  const own = join(out, "run");
  const run = await writePlayableRun(own, "playable");
  await cp(join(own, ".models", "tuned"), join(run, "tuned"), { recursive: true });
  const hub = join(out, "models", "hub");
  await exportRun(run, "hub", hub);
  const model = await loadModel(hub);
  const rng = Rng.fromSeed(4, "exports of a run");
  await writeLogits(model, randomRows(rng, model, 3, 16), hub);
  const { dModel } = model.config;
  await model.dispose();
  await exportRun(run, "saelens", join(own, "saelens"));
  const folder = join(out, "autoencoders", "saelens");
  await rename(join(own, "saelens", "tuned", "blocks.1.hook_mlp_out", "small"), folder);
  await writeCodes(await loadAutoencoder(folder), activations(rng, dModel), folder);
}

for (const [name, source] of Object.entries(models)) await exportTuned(name, source);
const relu = { name: "relu", l1Coef: 1e-2 } as const;
const topK = { name: "topk", k: 8 } as const;
await exportAutoencoder("tied", { tied: true, kind: relu });
await exportAutoencoder("untied", { tied: false, kind: relu });
await exportAutoencoder("topk-tied", { tied: true, kind: topK });
await exportAutoencoder("topk-untied", { tied: false, kind: topK });
await exportAutoencoder("batchtopk-tied", { tied: true, kind: { name: "batchtopk", k: 8 } });
await exportAutoencoder("jumprelu-untied", { tied: false, kind: { name: "jumprelu", l0Coef: 1e-2 } });
await exportOfRun();
