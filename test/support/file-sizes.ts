/** How many files and lines each folder of TypeScript holds, tests counted apart. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

const root = resolve(import.meta.dirname, "../..");

export interface SourceFile {
  /** From the project's folder on, with `/`. */
  path: string;
  lines: number;
  isTest: boolean;
}

/** All TypeScript of the project. */
export function sourceFiles(): SourceFile[] {
  return ["src", "bench", "test"].flatMap((part) =>
    readdirSync(join(root, part), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => {
        const file = join(root, part, name);
        const path = relative(root, file).split(sep).join("/");
        return { path, lines: readFileSync(file, "utf8").split("\n").length - 1, isTest: name.endsWith(".test.ts") };
      }),
  );
}

export interface FolderSize {
  folder: string;
  /** Directly in the folder. */
  sources: number;
  tests: number;
  sourceLines: number;
  testLines: number;
  hasSubfolders: boolean;
}

/** Every folder that holds TypeScript, by name. */
export function folderSizes(files: readonly SourceFile[]): FolderSize[] {
  const folders = [...new Set(files.map(({ path }) => dirname(path)))].toSorted();
  const sum = (some: readonly SourceFile[]) => some.reduce((total, { lines }) => total + lines, 0);
  return folders.map((folder) => {
    const own = files.filter(({ path }) => dirname(path) === folder);
    const [sources, tests] = [own.filter(({ isTest }) => !isTest), own.filter(({ isTest }) => isTest)];
    return {
      ...{ folder, sources: sources.length, tests: tests.length },
      ...{ sourceLines: sum(sources), testLines: sum(tests) },
      hasSubfolders: folders.some((other) => other.startsWith(`${folder}/`)),
    };
  });
}
