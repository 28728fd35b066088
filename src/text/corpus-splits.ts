/** Assigns files of a data set to splits by the naming conventions of data sets. */
import { posix } from "node:path";

/** The formats of a corpus, by file extension in any case. */
export const formats = ["parquet", "jsonl", "ndjson", "json", "csv", "tsv", "txt"] as const;
export type CorpusFormat = (typeof formats)[number];

export interface CorpusFile {
  path: string;
  format: CorpusFormat;
}

/**
 * The format of a file by its name, or undefined; `.gz` after any extension except `.parquet` means
 * gzipped.
 */
export function formatOf(name: string): CorpusFormat | undefined {
  const ending = /\.([a-z]+?)(\.gz)?$/i.exec(name);
  const format = formats.find((known) => known === ending?.[1].toLowerCase());
  return format === "parquet" && ending?.[2] ? undefined : format;
}

/** Folders that may contain the files, in the order in which they are tried. */
export const SUBFOLDERS = [".", "plain_text", "data"];

/**
 * Words for the same split, as in the file patterns of Hugging Face's `datasets` (data_files.py).
 */
const SYNONYMS = [
  ["train", "training"],
  ["validation", "valid", "val", "dev"],
  ["test", "testing", "eval", "evaluation"],
];

/** The end of a shard's name: its number, the number of shards, optionally a hash. */
const SHARD = /-(\d+)-of-(\d+)(?:-[0-9a-f]{6,})?$/;

/** Files with a common name: a file, its shards, or all files of a folder. */
interface Group {
  /** The name without extension and shard number, or the folder's name. */
  name: string;
  /** The folder that contains the group. */
  base: string;
  isFolder: boolean;
  files: (CorpusFile & { shard?: { number: number; count: number } })[];
}

/** The files of a split, or the problem. */
export type FoundSplit = { files: CorpusFile[]; exact: boolean } | { problem: string };

/**
 * The synonyms that occur in a name as a whole word; undefined unless there is exactly one kind.
 */
function meaning(name: string): readonly string[] | undefined {
  const words = name.toLowerCase().split(/[^a-z]+/);
  const meant = SYNONYMS.filter((synonyms) => synonyms.some((word) => words.includes(word)));
  return meant.length === 1 ? meant[0] : undefined;
}

/** Whether the name of a folder is that of a split. */
export function isSplitFolder(name: string): boolean {
  return meaning(name) !== undefined;
}

const isHidden = (path: string): boolean => path.split("/").some((part) => /^[._]./.test(part) && part !== "..");

function groupsOf(paths: readonly string[]): Group[] {
  const groups = new Map<string, Group>();
  for (const path of [...paths].sort()) {
    const format = formatOf(path);
    if (!format || isHidden(path)) continue;
    const parts = path.split("/");
    const base = parts.length > 1 && SUBFOLDERS.includes(parts[0]) ? (parts.shift() as string) : ".";
    const isFolder = parts.length > 1;
    if (isFolder && !isSplitFolder(parts[0])) continue;
    const stem = parts[0].replace(/(\.[a-z]+)(\.gz)?$/i, "");
    const shard = SHARD.exec(isFolder ? posix.basename(path).replace(/(\.[a-z]+)(\.gz)?$/i, "") : stem);
    const name = isFolder ? parts[0] : stem.replace(SHARD, "");
    const key = JSON.stringify([base, isFolder, name]);
    const group = groups.get(key) ?? { name, base, isFolder, files: [] };
    group.files.push({ path, format, ...(shard && { shard: { number: Number(shard[1]), count: Number(shard[2]) } }) });
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Names of the splits among the paths of a data set, as written there. */
export function splitNames(paths: readonly string[]): string[] {
  return [...new Set(groupsOf(paths).map(({ name }) => name))];
}

/**
 * The files of a split among the paths of a data set, with `/`, shards in order of their names.
 * Files with the exact name of the split come first, in the data set's folder or else in
 * `plain_text` or `data`: `train.jsonl`, `train-00000-of-00002.parquet`, `train/0.csv`. Without
 * those, names that contain a synonym of the split are used: `imdb_train.csv`, `train_0.jsonl` and
 * `train_1.jsonl`, `dev.json` for `validation`. `exact` is true for the first case.
 */
export function findSplit(paths: readonly string[], wanted: string): FoundSplit {
  const groups = groupsOf(paths);
  const same = (name: string) => name.toLowerCase() === wanted.toLowerCase();
  const exact =
    inFirstBase(groups.filter(({ name }) => name === wanted)) ?? inFirstBase(groups.filter(({ name }) => same(name)));
  if (exact) return filesOf(wanted, exact, true);
  const synonyms = SYNONYMS.find((words) => words.includes(wanted.toLowerCase()));
  const meant = synonyms && inFirstBase(groups.filter(({ name }) => meaning(name) === synonyms));
  if (!meant) return { problem: "is not there" };
  const numbered = new Set(meant.map(({ name }) => name.replace(/[-._ ]\d+$/, "")));
  if (numbered.size === 1 && meant.every(({ isFolder }) => !isFolder)) {
    const files = meant.flatMap((group) => group.files);
    return filesOf(wanted, [{ ...meant[0], files }], false);
  }
  return filesOf(wanted, meant, false);
}

/** The groups in the first folder that has any. */
function inFirstBase(groups: readonly Group[]): Group[] | undefined {
  const base = SUBFOLDERS.find((folder) => groups.some((group) => group.base === folder));
  return base === undefined ? undefined : groups.filter((group) => group.base === base);
}

/** The files of the only group that matches a split; otherwise the problem. */
function filesOf(wanted: string, groups: readonly Group[], exact: boolean): FoundSplit {
  if (groups.length > 1) return { problem: `could be ${groups.map(shown).join(" or ")}` };
  const { files } = groups[0];
  const other = files.find(({ format }) => format !== files[0].format);
  if (other) return { problem: `is there in two formats, ${files[0].path} and ${other.path}` };
  const problem = shardProblem(files);
  if (problem) return { problem };
  return { files: files.map(({ path, format }) => ({ path, format })), exact: exact && groups[0].name === wanted };
}

const shown = ({ base, name, isFolder }: Group): string => `${posix.join(base, name)}${isFolder ? "/" : ""}`;

/**
 * The problem of shards that are incomplete or repeated, by the number of shards in their names.
 */
function shardProblem(files: Group["files"]): string | undefined {
  const counts = new Set(files.map(({ shard }) => shard?.count));
  if (counts.size > 1) return `mixes ${files[0].path} and ${files.at(-1)?.path}, which are not shards of one whole`;
  const [count] = counts;
  if (count === undefined) return undefined;
  const numbers = new Set(files.map(({ shard }) => shard?.number));
  if (numbers.size < files.length) return `has a shard twice: ${files.map(({ path }) => path).join(", ")}`;
  return numbers.size === count ? undefined : `has ${numbers.size} of its ${count} shards`;
}
