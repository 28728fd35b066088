/** The licences of what an installation brings are those that THIRD-PARTY.md lists. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const json = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));

/** Licences that ask for no more than to keep their notice. */
const permissive = [
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "Unlicense",
  "0BSD",
  "(MIT OR CC0-1.0)",
];

it("are permissive, of every dependency", () => {
  const { packages } = json("package-lock.json") as { packages: Record<string, { dev?: boolean; license?: string }> };
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== "" && !dev);
  expect(installed.length).toBeGreaterThan(50);
  const others = installed.filter(([, { license }]) => !permissive.includes(license ?? "none"));
  expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
  const page = readFileSync(join(root, "THIRD-PARTY.md"), "utf8");
  const named = (license: string) => license.split(/[() ]|OR/).every((name) => page.includes(name));
  expect(installed.map(([, { license }]) => license ?? "none").filter((license) => !named(license))).toEqual([]);
});

it("stand for everything in the package that others made", () => {
  const page = readFileSync(join(root, "THIRD-PARTY.md"), "utf8");
  const { dependencies } = json("node_modules/onnxruntime-web/package.json");
  expect(page).toContain(`onnxruntime-web ${json("package.json").devDependencies["onnxruntime-web"]}`);
  expect(json("package.json").dependencies["onnxruntime-common"]).toBe(dependencies["onnxruntime-common"]);
  expect(readFileSync(join(root, "licences/onnxruntime/LICENSE"), "utf8")).toMatch(/^Permission is hereby granted/m);
  expect(readFileSync(join(root, "licences/onnxruntime/ThirdPartyNotices.txt"), "utf8")).toContain("protobuf");
});

it("stand beside the data that others made, and the citation has the package's version", () => {
  const page = readFileSync(join(root, "THIRD-PARTY.md"), "utf8");
  for (const folder of ["assets/vader", "assets/spacy-en"]) {
    expect(page).toContain(`${folder}/LICENSE`);
    expect(readFileSync(join(root, folder, "LICENSE"), "utf8")).toMatch(/^Permission is hereby granted/m);
  }
  const [, cited] = /^version: (.*)$/m.exec(readFileSync(join(root, "CITATION.cff"), "utf8")) ?? [];
  expect(cited).toBe(json("package.json").version);
});
