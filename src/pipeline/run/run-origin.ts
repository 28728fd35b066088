/**
 * The origin of a run besides its configuration: versions of programs and hashes of its input
 * files.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";
import { assetPath } from "../../assets.js";
import type { Config } from "../../config/config.js";
import { hubRepository, inputPaths, isDictionarySetting, isModelSetting } from "../../config/load-config.js";
import { ConfigError, type ConfigIssue } from "../../errors.js";
import { sha256File, sha256Text } from "../../io/hash.js";
import { modelFilesIn } from "../../model/folder-files.js";
import { dictionaryFilesIn } from "../../sae/given/given-dictionary.js";
import { corpusFiles } from "../../text/corpus-files.js";
import { promptFilesIn } from "../../text/prompts.js";
import type { HubPins } from "./hub-inputs.js";

/** SHA-256 of some files of a folder with their names, given with `/`. */
async function sha256Files(folder: string, names: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const name of names) lines.push(`/${name} ${await sha256File(join(folder, name))}`);
  return sha256Text(lines.sort().join("\n"));
}

/**
 * Names of a folder's regular files, subfolders included; links are followed, hidden files are left
 * out.
 */
async function filesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith("."));
  const files = await Promise.all(
    names.map(async (name) => {
      const kind = await stat(join(folder, name));
      if (kind.isDirectory()) return (await filesIn(join(folder, name))).map((inner) => `${name}/${inner}`);
      return kind.isFile() ? [name] : [];
    }),
  );
  return files.flat();
}

/**
 * The files of the splits that a run reads of a local corpus.
 * @throws ConfigError when one does not exist
 */
function filesOfCorpus({ corpus, model }: Config): Set<string> {
  const issues: ConfigIssue[] = [];
  const paths = Object.entries(corpus.splits).flatMap(([use, split]) => {
    // A pair that was tuned elsewhere needs no texts for tuning.
    if (use === "tune" && model.tuned !== undefined) return [];
    const found = corpusFiles(corpus.source, split);
    if (Array.isArray(found)) return found.map(({ path }) => path);
    issues.push({ path: found.of === "source" ? "corpus.source" : `corpus.splits.${use}`, ...found.issue });
    return [];
  });
  if (issues.length > 0) throw new ConfigError("rewardscope", issues);
  return new Set(paths);
}

/** SHA-256 of the files of the used splits of a corpus. */
async function sha256Corpus(config: Config): Promise<string> {
  const { source } = config.corpus;
  const paths = filesOfCorpus(config);
  if (paths.has(source)) return sha256File(source);
  const names = [...paths].map((path) => relative(source, path).split(sep).join("/"));
  return sha256Files(source, names);
}

/** SHA-256 of the input at a path in a setting. */
async function sha256Input(setting: string, path: string, config: Config): Promise<string> {
  if (setting === "corpus.source") return sha256Corpus(config);
  if (isModelSetting(setting))
    return sha256Files(
      path,
      await modelFilesIn(path, setting === "model.tuned" ? ["weights"] : ["weights", "tokenizer"]),
    );
  if (isDictionarySetting(setting)) return sha256Files(path, dictionaryFilesIn(path));
  if (setting === "explainer.prompts") return sha256Files(path, promptFilesIn(path));
  return sha256File(path);
}

/**
 * SHA-256 of all external inputs of a run: model, corpus and reward of the configuration, and
 * `assets`, the data of the package (lexicon, embedded model and corpus). Only files that are read
 * are included, so adding a README to a folder changes nothing. Inputs from the Hub have their
 * commit, or no entry while it is unknown.
 * @throws FormatError when one cannot be read; ConfigError when a split of the corpus does not
 *   exist
 */
export async function hashInputs(config: Config, pins: HubPins = {}): Promise<Record<string, string>> {
  const assets = assetPath("");
  const hashes: Record<string, string> = { assets: await sha256Files(assets, await filesIn(assets)) };
  for (const [name, path] of Object.entries(inputPaths(config)))
    hashes[name] = hubRepository(name, path) ? (pins[name]?.sha ?? "") : await sha256Input(name, path, config);
  return hashes;
}

/**
 * Versions of this package, of Node, and of the installed ONNX Runtime: native, or else
 * WebAssembly.
 */
export async function readVersions(): Promise<Record<string, string>> {
  const own = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")) as {
    name: string;
    version: string;
    dependencies: Record<string, string>;
  };
  return { [own.name]: own.version, node: process.versions.node, ...onnxRuntimeVersion(own.dependencies) };
}

function onnxRuntimeVersion(dependencies: Record<string, string>): Record<string, string> {
  try {
    const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
    return { "onnxruntime-node": version };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    // Its three files come with the package, in the version of the interface they share with the native build.
    return { "onnxruntime-web": dependencies["onnxruntime-common"] };
  }
}
