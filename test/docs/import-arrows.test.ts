import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const src = resolve(import.meta.dirname, "../../src");

/** Folders and single files of src, lowest first. Each may import what stands in an earlier line, never its own line's others. */
const order = [
  ["errors", "rng", "assets", "worker-thread"],
  ["settings"],
  ["graph"],
  ["onnx"],
  ["runtime"],
  ["io"],
  ["stats"],
  ["paper", "results"],
  ["tracking"],
  ["optim"],
  ["text"],
  ["dictionary"],
  ["model"],
  ["reward"],
  ["rlhf"],
  ["sae"],
  ["compare"],
  ["interpret"],
  ["config"],
  ["pipeline"],
  ["pretrain"],
  ["report"],
  ["export", "benchmark"],
  ["server", "web"],
  ["cli"],
  ["engine", "index"],
];

/** What parts that compute nothing may import: the forms of result files, and the report of them. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  results: ["errors", "io", "results"],
  report: ["errors", "paper", "results", "io", "stats", "report"],
};

interface Import {
  /** Paths below src, with `/`. */
  from: string;
  /** A path below src, or a package's name. */
  to: string;
  isPackage: boolean;
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const from = relative(src, file).split(sep).join("/");
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean) => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const isPackage = !specifier.text.startsWith(".");
    const target = relative(src, resolve(file, "..", specifier.text))
      .split(sep)
      .join("/");
    imports.push({ from, to: isPackage ? specifier.text : target.replace(/\.js$/, ".ts"), isPackage, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly ?? false);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest));
  return imports;
}

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.ts$/.test(name) && !/\.(test|d)\.ts$/.test(name))
  .map((name) => join(src, name));
const all = files.flatMap(importsOf);
const inside = all.filter(({ isPackage }) => !isPackage);

const part = (path: string) => path.split("/")[0].replace(/\.ts$/, "");
const rank = (path: string) => order.findIndex((parts) => parts.includes(part(path)));
const arrow = ({ from, to }: Import) => `${from} -> ${to}`;

test("every part has its place in the order", () => {
  const unknown = files.map((file) => part(relative(src, file).split(sep).join("/"))).filter((name) => rank(name) < 0);
  expect([...new Set(unknown)]).toEqual([]);
});

test("imports point to earlier parts only", () => {
  expect(all.length).toBeGreaterThan(20);
  const wrong = inside.filter(({ from, to }) => part(from) !== part(to) && rank(to) >= rank(from));
  expect(wrong.map(arrow)).toEqual([]);
});

test("no import leads in a circle", () => {
  const targets = new Map<string, string[]>();
  for (const { from, to } of inside) targets.set(from, [...(targets.get(from) ?? []), to]);
  const finished = new Set<string>();
  const walk = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return undefined;
    for (const target of targets.get(file) ?? []) {
      const cycle = walk(target, [...path, file]);
      if (cycle) return cycle;
    }
    finished.add(file);
    return undefined;
  };
  expect([...targets.keys()].map((file) => walk(file, [])?.join(" -> ")).filter(Boolean)).toEqual([]);
});

test("only runtime imports ONNX Runtime, and what calls native code", () => {
  const isNative = (to: string) => to.startsWith("onnxruntime-") || to === "koffi";
  const wrong = all.filter(({ from, to }) => isNative(to) && part(from) !== "runtime");
  expect(wrong.map(arrow)).toEqual([]);
});

test.each(Object.entries(mayImport))("%s imports nothing that computes results", (name, allowed) => {
  const wrong = inside.filter(({ from, to }) => part(from) === name && !allowed.includes(part(to)));
  expect(wrong.map(arrow)).toEqual([]);
});
