/** What a run is made of besides its configuration: versions of programs and hashes of the files that it reads. */
import { readdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { assetPath } from "../../assets.js";
import type { Config } from "../../config/config.js";
import { hubRepository, inputPaths } from "../../config/load-config.js";
import { sha256File, sha256Text } from "../../io/hash.js";
import type { HubPins } from "./hub-inputs.js";

/** SHA-256 of a file, or of a folder's files with their names; hidden ones do not count. */
async function sha256Path(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return sha256File(path);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const lines: string[] = [];
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    const name = file.slice(path.length).split(sep).join("/");
    if (entry.isDirectory() || name.includes("/.")) continue;
    lines.push(`${name} ${await sha256File(file)}`);
  }
  return sha256Text(lines.sort().join("\n"));
}

/**
 * SHA-256 of everything that a run reads from outside its folder: model, corpus and reward of the configuration, and
 * `assets`, the data that ship with the package (lexicon, embedded model and corpus). What comes from the Hub has its commit,
 * or nothing while that is not known.
 * @throws FormatError when one cannot be read
 */
export async function hashInputs(config: Config, pins: HubPins = {}): Promise<Record<string, string>> {
  const paths = { assets: assetPath(""), ...inputPaths(config) };
  const hashes: Record<string, string> = {};
  for (const [name, path] of Object.entries(paths))
    hashes[name] = hubRepository(name, path) ? (pins[name]?.sha ?? "") : await sha256Path(path);
  return hashes;
}

/** Versions of this package, Node, and the ONNX Runtime that is installed: the native one, or else the WebAssembly one. */
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
    return { "onnxruntime-web": dependencies["onnxruntime-web"] };
  }
}
