/** Which files a corpus is made of: finds the splits of a folder and checks that the wanted one exists. */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ConfigError } from "../errors.js";

/** The formats that a corpus can have, by the ending of its files. */
const formats = ["parquet", "jsonl", "jsonl.gz", "csv", "txt", "txt.gz"] as const;
export type CorpusFormat = (typeof formats)[number];

export interface CorpusFile {
  path: string;
  format: CorpusFormat;
}

/** Folders of a data set repository that may hold the files instead of its root, in the order in which they are tried. */
const subfolders = ["", "plain_text", "data"];

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

/** The splits of the first subfolder that has any. */
async function splitsOf(folder: string): Promise<Map<string, CorpusFile[]>> {
  const splits = new Map<string, CorpusFile[]>();
  for (const subfolder of subfolders) {
    const names = await readdir(join(folder, subfolder)).catch(() => []);
    for (const name of names.sort()) {
      const format = formatOf(name);
      if (!format || name.startsWith(".")) continue;
      const split = name.slice(0, -format.length - 1).replace(/-\d+-of-\d+$/, "");
      const file = { path: join(folder, subfolder, name), format };
      splits.set(split, [...(splits.get(split) ?? []), file]);
    }
    if (splits.size > 0) break;
  }
  return splits;
}

function formatOf(name: string): CorpusFormat | undefined {
  return formats.find((format) => name.endsWith(`.${format}`));
}

function wrongSource(expected: string, received: string): ConfigError {
  return new ConfigError("corpus", [{ path: "source", expected, received }]);
}
