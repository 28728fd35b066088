/** A file is read in a sitting, and a folder overlooked at a glance. `npm run sizes` prints all sizes. */
import { expect, test } from "vitest";
import { folderSizes, sourceFiles } from "../support/file-sizes.js";

const MOST_LINES = 400;
const MOST_FILES = 20;

const files = sourceFiles();

test(`no source file has more than ${MOST_LINES} lines`, () => {
  expect(files.length).toBeGreaterThan(100);
  const large = files.filter(({ lines, isTest }) => !isTest && lines > MOST_LINES);
  expect(large.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
});

test(`no folder without sub-folders has more than ${MOST_FILES} source files`, () => {
  const full = folderSizes(files).filter(({ sources, hasSubfolders }) => sources > MOST_FILES && !hasSubfolders);
  expect(full.map(({ folder, sources }) => `${folder}: ${sources}`)).toEqual([]);
});
