/** Which files a corpus is made of: finds the splits of a folder and checks that the wanted one exists. */
import { readdir, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { ConfigError } from "../errors.js";
import type { FileChoice } from "../io/hub/hub.js";

/** The formats that a corpus can have, by the ending of its files. */
const formats = ["parquet", "jsonl", "jsonl.gz", "csv", "csv.gz", "txt", "txt.gz"] as const;
export type CorpusFormat = (typeof formats)[number];

export interface CorpusFile {
  path: string;
  format: CorpusFormat;
}

/** Folders of a data set repository that may hold the files instead of its root, in the order in which they are tried. */
const subfolders = [".", "plain_text", "data"];

/** What a shard's name has behind its split's. */
const SHARD = /-\d+-of-\d+$/;

/**
 * The files of one split, shards in order of their names.
 * @throws ConfigError when the source or the split does not exist, or a split is there in two formats
 */
export async function findCorpusFiles(source: string, split: string): Promise<CorpusFile[]> {
  const kind = await stat(source).catch((cause: NodeJS.ErrnoException) => {
    const received = cause.code === "ENOENT" ? `${source}, which does not exist` : `${source} (${cause.message})`;
    throw wrongSource("a folder or a file", received);
  });
  if (!kind.isDirectory()) {
    const format = formatOf(source);
    if (!format) throw wrongSource(`a file that ends in ${formats.map((f) => `.${f}`).join(", ")}`, source);
    return [{ path: source, format }];
  }

  const splits = await splitsOf(source);
  const files = splits.get(split);
  if (!files) {
    if (splits.size === 0) {
      throw wrongSource(`a folder with files such as ${split}.parquet, ${split}.jsonl or ${split}.txt`, source);
    }
    const expected = `one of ${[...splits.keys()].join(", ")} (the splits in ${source})`;
    throw new ConfigError("corpus", [{ path: "split", expected, received: split }]);
  }
  const other = files.find(({ format }) => format !== files[0].format);
  if (other) {
    const received = `${basename(files[0].path)} and ${basename(other.path)} in ${source}`;
    throw new ConfigError("corpus", [{ path: "split", expected: `${split} in one format`, received }]);
  }
  return files;
}

/** The splits of a folder. */
async function splitsOf(folder: string): Promise<Map<string, CorpusFile[]>> {
  const names = await Promise.all(
    subfolders.map(async (subfolder) =>
      (await readdir(join(folder, subfolder)).catch(() => [])).map((name) => posix.join(subfolder, name)),
    ),
  );
  const splits = groupSplits(names.flat());
  for (const files of splits.values()) for (const file of files) file.path = join(folder, file.path);
  return splits;
}

/** The splits among paths of a folder: those of the first subfolder that has any. */
function groupSplits(paths: readonly string[]): Map<string, CorpusFile[]> {
  const splits = new Map<string, CorpusFile[]>();
  for (const subfolder of subfolders) {
    for (const path of paths.filter((path) => posix.dirname(path) === subfolder).sort()) {
      const name = posix.basename(path);
      const format = formatOf(name);
      if (!format || name.startsWith(".")) continue;
      const split = name.slice(0, -format.length - 1).replace(SHARD, "");
      splits.set(split, [...(splits.get(split) ?? []), { path, format }]);
    }
    if (splits.size > 0) break;
  }
  return splits;
}

/**
 * Of the paths of a data set's repository, the files of some splits. A split whose name says that it has more shards than are
 * there is missing.
 */
export function chooseCorpusFiles(wanted: readonly string[]): (paths: readonly string[]) => FileChoice {
  return (paths) => {
    const splits = groupSplits(paths);
    const shards = (split: string) => splits.get(split) ?? [];
    const isWhole = (split: string) => {
      const count = /-of-(\d+)\./.exec(shards(split)[0]?.path ?? "")?.[1];
      return shards(split).length > 0 && (count === undefined || shards(split).length === Number(count));
    };
    const missing = wanted.filter((split) => !isWhole(split)).map((split) => `file of the split ${split}`);
    const found = splits.size === 0 ? "It has no such files" : `Its splits are ${[...splits.keys()].join(", ")}`;
    return {
      files: wanted.flatMap(shards).map(({ path }) => path),
      missing,
      help: `${found}. Looked for files such as train.jsonl or train-00000-of-00001.parquet, itself or in plain_text or data.`,
    };
  };
}

/** The format of a file by its name, or undefined. */
export function formatOf(name: string): CorpusFormat | undefined {
  return formats.find((format) => name.endsWith(`.${format}`));
}

function wrongSource(expected: string, received: string): ConfigError {
  return new ConfigError("corpus", [{ path: "source", expected, received }]);
}
