/** Threads of this package's own files, run from `dist` and from the sources alike. */
import { Worker, type WorkerOptions } from "node:worker_threads";

/**
 * Starts the file at `url` (of a `.js`) in a thread; when run from the sources (tests,
 * development), a TypeScript loader is started first.
 */
export function startThread(url: URL, options: WorkerOptions = {}): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(url, options);
  const source = url.href.replace(/\.js$/, ".ts");
  const load = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(source)}); })`;
  return new Worker(load, { ...options, eval: true });
}
