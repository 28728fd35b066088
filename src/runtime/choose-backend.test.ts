import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConfigError } from "../errors.js";
import { LIBRARY_VERSION, packagedLibrary } from "./backends/c-api/library.js";
import { chooseBackend } from "./choose-backend.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-library-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("the C API comes first, and its version is the one that is installed", async () => {
  expect(await chooseBackend(undefined, {})).toMatchObject({ backend: { name: "c-api" }, fallbackReason: undefined });
  const { optionalDependencies, dependencies, devDependencies } = JSON.parse(await readFile("package.json", "utf8"));
  expect(optionalDependencies["onnxruntime-node"]).toBe(LIBRARY_VERSION);
  expect(dependencies["onnxruntime-common"]).toBe(LIBRARY_VERSION);
  expect(devDependencies["onnxruntime-web"]).toBe(LIBRARY_VERSION);
});

test("the environment names a backend; who asks for one in the program gets that", async () => {
  const env = { REWARDSCOPE_BACKEND: "node" };
  expect((await chooseBackend(undefined, env)).backend.name).toBe("node");
  expect((await chooseBackend("web", env)).backend.name).toBe("web");
});

test("the environment names a library: another copy of the file does", async () => {
  const copy = join(folder, "libonnxruntime.so");
  await copyFile(packagedLibrary(), copy);
  const { backend } = await chooseBackend(undefined, { REWARDSCOPE_ONNXRUNTIME: copy });
  expect(backend.name).toBe("c-api");
  expect(await readFile("/proc/self/maps", "utf8")).toContain(copy);
});

test("a library that is missing, is none, or is of another version is a wrong setting", async () => {
  const notOne = join(folder, "text.so");
  await writeFile(notOne, "a text");
  const older = join(folder, "older.so");
  const bytes = await readFile(packagedLibrary());
  // The version is a separate string in the library's data.
  const marked = Buffer.from(`\0${LIBRARY_VERSION}\0`);
  expect(bytes.indexOf(marked)).toBeGreaterThan(0);
  for (let at = bytes.indexOf(marked); at >= 0; at = bytes.indexOf(marked, at + 1)) bytes.write("1.29.0", at + 1);
  await writeFile(older, bytes);
  for (const [path, reason] of [
    [join(folder, "absent.so"), "cannot open shared object file"],
    [notOne, "file too short"],
    [older, `its version is 1.29.0, not ${LIBRARY_VERSION}`],
  ]) {
    const chosen = chooseBackend(undefined, { REWARDSCOPE_ONNXRUNTIME: path });
    await expect(chosen).rejects.toBeInstanceOf(ConfigError);
    await expect(chosen).rejects.toThrow(
      `REWARDSCOPE_ONNXRUNTIME: expected the path of a library of ONNX Runtime ${LIBRARY_VERSION} (libonnxruntime.so), received ${path}: `,
    );
    await expect(chosen).rejects.toThrow(reason);
  }
});

test("a backend that does not exist, or has no use for the library, is a wrong setting", async () => {
  await expect(chooseBackend(undefined, { REWARDSCOPE_BACKEND: "cuda" })).rejects.toThrow(
    "REWARDSCOPE_BACKEND: expected c-api, node, web, received cuda",
  );
  const both = { REWARDSCOPE_BACKEND: "web", REWARDSCOPE_ONNXRUNTIME: "/somewhere" };
  await expect(chooseBackend(undefined, both)).rejects.toThrow(
    "REWARDSCOPE_BACKEND: expected c-api, since REWARDSCOPE_ONNXRUNTIME names a library, received web",
  );
});
