/** Finds the files of a corpus, on disk or in a data set's repository. */
import { readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, type ConfigIssue } from "../errors.js";
import type { FileChoice } from "../io/hub/hub.js";
import { shownList } from "../io/shown-value.js";
import {
  type CorpusFile,
  findSplit,
  formatOf,
  formats,
  isSplitFolder,
  SUBFOLDERS,
  splitNames,
} from "./corpus-splits.js";

/** Splits that an error lists. */
const MOST_SPLITS = 20;

/** Maximal depth of folders within a split's folder. */
const MOST_LEVELS = 4;

/**
 * The files of one split of a folder, or the file itself regardless of the split.
 * @returns the files, shards in order of their names; or the problem with the source or the split
 */
export function corpusFiles(
  source: string,
  split: string,
): CorpusFile[] | { of: "source" | "split"; issue: Omit<ConfigIssue, "path"> } {
  let kind: Stats;
  try {
    kind = statSync(source);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const received = code === "ENOENT" ? `${source}, which does not exist` : `${source} (${message})`;
    return { of: "source", issue: { expected: "a folder or a file", received } };
  }
  if (!kind.isDirectory()) {
    const format = formatOf(source);
    if (format && kind.isFile()) return [{ path: source, format }];
    const expected = `a file that ends in ${formats.map((ending) => `.${ending}`).join(", ")}`;
    return { of: "source", issue: { expected, received: kind.isFile() ? source : `${source}, which is not a file` } };
  }
  const paths = pathsIn(source);
  const found = findSplit(paths, split);
  if ("files" in found) return found.files.map(({ path, format }) => ({ path: join(source, path), format }));
  const names = splitNames(paths);
  if (names.length === 0) {
    const expected = `a folder with files such as ${split}.parquet, ${split}.jsonl or ${split}.txt`;
    return { of: "source", issue: { expected, received: source } };
  }
  const received = found.problem === "is not there" ? split : `${split}, which ${found.problem}`;
  return {
    of: "split",
    issue: { expected: `one of ${shownList(names, MOST_SPLITS)} (the splits in ${source})`, received },
  };
}

/** @throws ConfigError when the source or the split does not exist, or the split is ambiguous */
export function findCorpusFiles(source: string, split: string): CorpusFile[] {
  const found = corpusFiles(source, split);
  if (Array.isArray(found)) return found;
  throw new ConfigError("corpus", [{ path: found.of, ...found.issue }]);
}

/**
 * Paths of a folder's files that could belong to splits, with `/`. Links are followed; unreadable
 * entries are left out.
 */
function pathsIn(folder: string): string[] {
  return SUBFOLDERS.flatMap((base) =>
    entriesOf(folder, base).flatMap(({ path, name, isFolder }) =>
      !isFolder ? [path] : isSplitFolder(name) ? filesBelow(folder, path, MOST_LEVELS) : [],
    ),
  );
}

function filesBelow(folder: string, path: string, levels: number): string[] {
  if (levels === 0) return [];
  return entriesOf(folder, path).flatMap((entry) =>
    entry.isFolder ? filesBelow(folder, entry.path, levels - 1) : [entry.path],
  );
}

/** Regular files and folders in a subfolder, without pipes, sockets and devices. */
function entriesOf(folder: string, subfolder: string): { path: string; name: string; isFolder: boolean }[] {
  const names = unlessFailing(() => readdirSync(join(folder, subfolder))) ?? [];
  return names.flatMap((name) => {
    const path = subfolder === "." ? name : `${subfolder}/${name}`;
    const kind = unlessFailing(() => statSync(join(folder, path)));
    return kind?.isFile() || kind?.isDirectory() ? [{ path, name, isFolder: kind.isDirectory() }] : [];
  });
}

/** Entries that do not exist, and broken or circular links, are left out. */
function unlessFailing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** The files of some splits among the paths of a data set's repository. */
export function chooseCorpusFiles(wanted: readonly string[]): (paths: readonly string[]) => FileChoice {
  return (paths) => {
    const found = wanted.map((split) => ({ split, ...findSplit(paths, split) }));
    const names = splitNames(paths);
    const missing = found.flatMap((result) => {
      if ("files" in result) return [];
      const why = result.problem === "is not there" ? "" : `, which ${result.problem}`;
      return [`file of the split ${result.split}${why}`];
    });
    const splits = names.length === 0 ? "It has no such files" : `Its splits are ${names.join(", ")}`;
    return {
      files: [...new Set(found.flatMap((result) => ("files" in result ? result.files.map(({ path }) => path) : [])))],
      missing,
      isCertain: found.every((result) => "problem" in result || result.exact),
      help: `${splits}. Looked for files such as train.jsonl or train-00000-of-00001.parquet, itself or in plain_text or data.`,
    };
  };
}
