/** The paper's models in small: tiny random checkpoints under the names of the real ones, in a cache as the Hub's client leaves it. */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assetPath } from "../../src/assets.js";
import { savedWithTokenizer } from "./model-folder.js";
import { tinyGptNeo, tinyModel } from "./tiny-models.js";
import { corpusLines, plainWords } from "./tiny-run.js";

const commit = "0123456789abcdef0123456789abcdef01234567";

/** A repository in the cache with one commit; gives the folder of its files. */
async function cached(home: string, kind: "models" | "datasets", id: string): Promise<string> {
  const repository = join(home, "hub", `${kind}--${id.replace("/", "--")}`);
  const files = join(repository, "snapshots", commit);
  await mkdir(files, { recursive: true });
  await mkdir(join(repository, "refs"));
  await writeFile(join(repository, "refs", "main"), commit);
  return files;
}

/** Writes the models, the classifier and the reviews that the paper's presets name into the cache below `home`, as HF_HOME names it. */
export async function writePaperCache(home: string): Promise<void> {
  const tokenizer = JSON.parse(await readFile(join(assetPath("embedded"), "tokenizer.json"), "utf8"));
  const shape = { vocabSize: Object.keys(tokenizer.model.vocab).length, maxPositions: 256, initializerRange: 0.1 };
  const models = {
    "EleutherAI/pythia-70m": () => tinyModel(shape),
    "EleutherAI/pythia-160m": () => tinyModel({ ...shape, nLayers: 3, useParallelResidual: false }),
    "EleutherAI/gpt-neo-125m": () => tinyGptNeo(shape),
  };
  for (const [id, make] of Object.entries(models)) {
    const files = await cached(home, "models", id);
    const model = await make();
    await savedWithTokenizer(model, files);
  }
  const classifier = fileURLToPath(new URL("../golden/models/distilbert-text", import.meta.url));
  await cp(classifier, await cached(home, "models", "lvwerra/distilbert-imdb"), { recursive: true });
  const corpus = await cached(home, "datasets", "stanfordnlp/imdb");
  await writeFile(join(corpus, "train.jsonl"), corpusLines(300, await plainWords(), "train"));
  await writeFile(join(corpus, "test.jsonl"), corpusLines(1500, await plainWords(), "test"));
}
