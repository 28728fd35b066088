/**
 * `npm run frontier`: trains dictionaries in several ways, for several numbers of token visits and
 * seeds, on one layer of the embedded model, and writes docs/dictionaries.csv, its page and its figures. What is
 * measured already under the same settings is not measured again, so it can be stopped and continued; rows of the
 * record stay until the same ones are measured with as many seeds.
 *
 *     npm run frontier -- --visits 100000,300000 --recipes relu-plain,batchtopk --seeds 1,2,3
 *
 * `--sae-lens PYTHON` trains with sae-lens too, by a Python that has it, such as that of the environment `formats` of
 * `npm run test:peers`. Without a recipe (`--recipes ""`) the page is written from the record and what is measured already.
 */
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { assetPath } from "../../src/assets.js";
import { parseConfig } from "../../src/config/check-config.js";
import { presets } from "../../src/config/presets.js";
import { readJson, writeJson } from "../../src/io/atomic.js";
import { loadModel } from "../../src/model/load.js";
import { loadTokenizer } from "../../src/model/tokenizer/tokenizer.js";
import { dictionaryTexts } from "../../src/pipeline/inputs/dictionary-texts.js";
import { givenLexicon } from "../../src/pipeline/inputs/models.js";
import { Rng } from "../../src/rng.js";
import { loadGivenDictionary, saveAutoencoder, trainAutoencoders } from "../../src/sae/index.js";
import { shuffleTokens } from "../../src/sae/shuffle-tokens.js";
import { type DetectionTexts, detectionSettings, measureDetection } from "./detection.js";
import { frontierFigure, secondsFigure } from "./figures.js";
import { measure, readMeasured } from "./measure.js";
import { frontierPage } from "./page.js";
import { type Recipe, recipes } from "./recipes.js";
import { readRecord, withMeasured, writeRecord } from "./record.js";
import { type SaeLensRecipe, saeLensRecipes, trainWithSaeLens } from "./sae-lens.js";
import { type StoredActivations, storedActivations, textStream } from "./stored-activations.js";
import { summarise } from "./summary.js";

const LAYER = 3;
/** Features: small and large ones of `default`, and the shared one. */
const sizes = { small: 256, large: 512, wide: 1024 } as const;
const BUFFER = 20_000;
const BATCH_TOKENS = 256;
const BATCH_TEXTS = 8;

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "runs", "frontier");
const { values } = parseArgs({
  options: {
    visits: { type: "string", default: "100000,300000,1000000" },
    recipes: { type: "string", default: recipes.map(({ name }) => name).join() },
    seeds: { type: "string", default: "1,2,3" },
    "sae-lens": { type: "string" },
  },
});
const numbers = (text: string) => text.split(",").map(Number);
const python = values["sae-lens"];
const chosen = [
  ...recipes.filter(({ name }) => values.recipes.split(",").includes(name)),
  ...(python === undefined ? [] : saeLensRecipes),
];

const controller = new AbortController();
process.once("SIGINT", () => controller.abort(new Error("stopped")));
const { signal } = controller;

/** A cell of the table: one way of training, one number of visits, one seed. */
interface Cell {
  recipe: Recipe | SaeLensRecipe;
  visits: number;
  seed: number;
}

const folderOf = ({ recipe, visits, seed }: Cell) => join(folder, `${recipe.name}-${visits}-seed-${seed}`);

/** Trains the dictionaries of a cell into its folder; processor seconds. */
function train({ recipe, visits, seed }: Cell, activations: StoredActivations): Promise<number> {
  if (!("saeLens" in recipe)) return trainHere({ recipe, visits, seed }, activations);
  return trainWithSaeLens(python!, recipe, activations, {
    ...{ visits, seed, sizes, buffer: BUFFER, batchTokens: BATCH_TOKENS, batchTexts: BATCH_TEXTS },
    ...{ folder: folderOf({ recipe, visits, seed }), signal },
  });
}

async function trainHere(
  { recipe, visits, seed }: Cell & { recipe: Recipe },
  activations: StoredActivations,
): Promise<number> {
  const rng = (name: string) => Rng.fromSeed(seed, "frontier", name);
  const texts = textStream(activations, BATCH_TEXTS, visits, rng("order"));
  const mixed = { buffer: BUFFER, batchTokens: BATCH_TOKENS, rng: rng("order of tokens") };
  const stream = recipe.mixed ? shuffleTokens([texts], mixed) : texts;
  const specs = Object.entries(sizes).map(([name, dSae]) => ({ layer: LAYER, name, dIn: activations.x.dims[1], dSae }));
  const cell = folderOf({ recipe, visits, seed });
  // A training that was stopped is begun anew: its time would be counted in part.
  await rm(join(cell, "training"), { recursive: true, force: true });
  const before = process.cpuUsage();
  const { trained } = await trainAutoencoders(stream, specs, {
    ...recipe.options,
    ...{ kind: recipe.kind, tokenVisits: visits, seed, folder: join(cell, "training"), signal },
  });
  const { user, system } = process.cpuUsage(before);
  for (const { spec, autoencoder } of trained) await saveAutoencoder(autoencoder, join(cell, spec.name));
  return (user + system) / 1e6;
}

const begin = Date.now();
const log = (line: string) => console.error(`${((Date.now() - begin) / 1000).toFixed(0).padStart(6)} s  ${line}`);

async function main(): Promise<void> {
  const config = parseConfig(presets.default.input, "preset default");
  const tokenizer = await loadTokenizer(assetPath("embedded"));
  const model = await loadModel(assetPath("embedded"));
  const texts = await dictionaryTexts(config, tokenizer, signal);
  const file = (part: string) => join(folder, `${part}.safetensors`);
  const training = await storedActivations(file("training"), model, LAYER, texts.training, signal);
  const heldOut = await storedActivations(file("held-out"), model, LAYER, texts.heldOut, signal);
  const cells = numbers(values.visits).flatMap((visits) =>
    numbers(values.seeds).flatMap((seed) => chosen.map((recipe): Cell => ({ recipe, visits, seed }))),
  );
  const words = { heldOut, texts: texts.heldOut, lexicon: givenLexicon(config), signal };
  const tokenText = (id: number) => tokenizer.tokenText(id);
  for (const cell of cells) {
    await measureCell(cell, training, { model, heldOut, texts: texts.heldOut, signal });
    await detectCell(cell, { ...words, tokenText });
  }
  await writePage();
}

/** What a file of a cell has, if it was made under these settings. */
async function isKept(file: string, settings: string): Promise<boolean> {
  return existsSync(file) && ((await readJson(file)) as { settings: string }).settings === settings;
}

async function measureCell(
  cell: Cell,
  training: StoredActivations,
  known: Parameters<typeof measure>[2],
): Promise<void> {
  const { recipe, visits, seed } = cell;
  const done = join(folderOf(cell), "measured.json");
  const settings = JSON.stringify({ recipe, visits, sizes, BUFFER, BATCH_TOKENS, BATCH_TEXTS });
  if (await isKept(done, settings)) return;
  // Of other dictionaries.
  await rm(join(folderOf(cell), "detection.json"), { force: true });
  const cpuSeconds = await train(cell, training);
  const measured = await measure(folderOf(cell), Object.keys(sizes), known);
  await writeJson(done, { settings, recipe: recipe.name, visits, seed, cpuSeconds, measured });
  const shown = measured.map(
    ({ dSae, l0, explainedVariance }) => `${dSae}: L0 ${l0.toFixed(1)}, ${explainedVariance.toFixed(3)}`,
  );
  log(`${recipe.name}, ${visits} visits, seed ${seed}, ${cpuSeconds.toFixed(0)} s of CPU: ${shown.join("; ")}`);
}

/** Detection has a file of its own, so that it can be measured of cells that were trained before. */
async function detectCell(cell: Cell, known: DetectionTexts): Promise<void> {
  const done = join(folderOf(cell), "detection.json");
  const settings = JSON.stringify(detectionSettings);
  if (await isKept(done, settings)) return;
  const detection: Record<string, unknown> = {};
  for (const name of Object.keys(sizes))
    detection[name] = await measureDetection(await loadGivenDictionary(join(folderOf(cell), name), LAYER), known);
  await writeJson(done, { settings, detection });
  log(`${cell.recipe.name}, ${cell.visits} visits, seed ${cell.seed}, detection: ${JSON.stringify(detection.wide)}`);
}

/** The record with what is measured, and from it the page and its figures. */
async function writePage(): Promise<void> {
  const docs = join(root, "docs");
  const record = join(docs, "dictionaries.csv");
  const all = [...recipes, ...saeLensRecipes];
  const measured = (await readMeasured(folder, all, LAYER)).flatMap(summarise);
  const names = all.map(({ name }) => name);
  const rows = withMeasured(await readRecord(record), measured, names);
  await writeRecord(record, rows);
  const shown = all.filter(({ name }) => rows.some(({ recipe }) => recipe === name));
  await writeFile(join(docs, "dictionaries.svg"), `${frontierFigure(rows)}\n`);
  await writeFile(join(docs, "dictionaries-seconds.svg"), `${secondsFigure(rows)}\n`);
  await writeFile(join(docs, "dictionaries.md"), frontierPage(rows, { layer: LAYER, recipes: shown }));
}

try {
  await main();
} catch (error) {
  if (!signal.aborted) throw error;
  console.error("Stopped. To continue, give the same command.");
  process.exitCode = 130;
}
// The engine's worker would keep the process alive.
process.exit();
