/**
 * Where the processor time of the default run's dictionaries goes: trains those of the embedded model as
 * the preset says, on some of its layers and with few visits, and measures them.
 * `tsx bench/dictionaries.ts [--layers 2] [--visits 20000] [--shared]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findConfig, resolveConfig } from "../src/config/load-config.js";
import { dictionaryStream } from "../src/pipeline/inputs/dictionary-stream.js";
import { dictionaryTexts } from "../src/pipeline/inputs/dictionary-texts.js";
import { lossOptions } from "../src/pipeline/inputs/loss-options.js";
import { loadRole, loadRunTokenizer } from "../src/pipeline/inputs/models.js";
import { Rng } from "../src/rng.js";
import { Engine } from "../src/runtime/engine.js";
import { ActivationFile } from "../src/sae/activation-file.js";
import { measureQuality, trainAutoencoders } from "../src/sae/index.js";

const { values } = parseArgs({
  options: {
    layers: { type: "string", default: "2" },
    visits: { type: "string", default: "20000" },
    shared: { type: "boolean", default: false },
  },
});

/** Processor seconds of all threads by what was waited for; what lies between two calls of an engine is the main thread's. */
const spent = new Map<string, { seconds: number; calls: number }>();
const now = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
let phase = "setup";
let since = now();
function book(what: string): void {
  const { seconds, calls } = spent.get(what) ?? { seconds: 0, calls: 0 };
  const at = now();
  spent.set(what, { seconds: seconds + at - since, calls: calls + 1 });
  since = at;
}
const names = new Map<string, string>();
const call = Engine.prototype.call;
const engines = new Map<Engine, number>();
let open = 0;
Engine.prototype.call = async function (name, args, signal) {
  if (!engines.has(this)) engines.set(this, engines.size);
  const programOf = (handle: number) => `${engines.get(this)} ${handle}`;
  if (open++ === 0) book(`${phase}: main thread`);
  const result = await call.call(this, name, args as never, signal);
  if (name === "loadProgram") names.set(programOf(result as number), (args as { name: string }).name);
  book(`${phase}: ${name === "run" ? names.get(programOf((args as { program: number }).program)) : name}`);
  open--;
  return result as never;
};

const config = resolveConfig(await findConfig("default"));
const layers = Array.from({ length: Number(values.layers) }, (_, i) => 5 - i);
const tokenVisits = Number(values.visits);
const texts = await dictionaryTexts(config, await loadRunTokenizer(config, ""));
const models = [await loadRole(config, "", "base")];
if (values.shared) models.push(await loadRole(config, "", "base"));
const { smallFactor, largeFactor, sharedFactor, maxTokens, epochs } = config.dictionaries;
const dIn = models[0].config.dModel;
const factors = values.shared ? { shared: sharedFactor } : { small: smallFactor, large: largeFactor };
const specs = layers.flatMap((layer) =>
  Object.entries(factors).map(([name, factor]) => ({ layer, name, dIn, dSae: dIn * factor })),
);
const folder = mkdtempSync(join(tmpdir(), "rewardscope-activations-"));
const lengths = texts.training.map((text) => text.length);
const files = await Promise.all(
  models.map((_, i) => ActivationFile.create(join(folder, String(i)), lengths, layers, dIn)),
);
const rng = (name: string) => Rng.fromSeed(config.seed, name);
const stream = dictionaryStream(config, models, texts.training, { layers, epochs, rng, files });
const before = now();
book("setup: main thread");
phase = "training";
const { trained, steps } = await trainAutoencoders(stream, specs, {
  ...{ ...lossOptions(config, dIn), tokenVisits, seed: config.seed },
  onStep: ({ tokens }) => {
    if (tokens >= tokenVisits) phase = "refit";
  },
});
phase = "quality";
const autoencoders = trained.map(({ autoencoder }) => autoencoder);
const quality = await measureQuality(models[0], autoencoders, texts.heldOut.slice(0, 32), { maxTokens });
book("quality: main thread");
console.log(`${steps} steps, ${(now() - before).toFixed(1)} s of processor time; explained variance`);
console.log(quality.map(({ explainedVariance }) => explainedVariance.toFixed(6)).join(" "));
console.log(`relative error of the activations in half precision: ${files[0].relativeError.toExponential(2)}`);
for (const [what, { seconds, calls }] of [...spent].toSorted((a, b) => b[1].seconds - a[1].seconds))
  if (seconds > 0.02) console.log(`${seconds.toFixed(2).padStart(8)} s  ${String(calls).padStart(5)}  ${what}`);
rmSync(folder, { recursive: true });
process.exit(0);
