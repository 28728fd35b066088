/** A Hub for tests: its API on one port, its storage of large files ("CDN") on another, and faults on demand. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HubUploads } from "./hub-uploads.js";

export interface FakeRepository {
  readonly type: "model" | "dataset";
  readonly id: string;
  /** Branches and tags, each with its commit. */
  readonly revisions: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, Buffer>>;
  /** Files above so many bytes are in large file storage. Default 1000. */
  readonly largeFrom?: number;
  /** Only this token may read it. */
  readonly token?: string;
  /** Even with a token, the authors must say yes first. */
  readonly gated?: boolean;
}

/** What goes wrong with requests whose address contains `at`. */
export interface Fault {
  readonly at: string;
  /** How many requests; the later ones go well. */
  times: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter?: number;
  /** ... or falls silent after them. */
  readonly silentAfter?: number;
  readonly corrupt?: boolean;
  readonly ignoreRange?: boolean;
}

export interface SeenRequest {
  readonly host: "hub" | "cdn";
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  /** Of the body. */
  sentBytes: number;
}

export interface FakeHub {
  readonly endpoint: string;
  readonly repositories: FakeRepository[];
  readonly seen: SeenRequest[];
  readonly faults: Fault[];
  readonly uploads: HubUploads;
  /** Entries of one page of a listing. */
  pageSize: number;
  close(): Promise<void>;
}

export const commitOf = (text: string): string => createHash("sha1").update(text).digest("hex");

const isLarge = ({ largeFrom = 1000 }: FakeRepository, data: Buffer) => data.length >= largeFrom;

/** SHA-256 of a large file, git's hash of any other. */
export function hashOf(repository: FakeRepository, path: string): string {
  const data = repository.files[path];
  if (isLarge(repository, data)) return createHash("sha256").update(data).digest("hex");
  return createHash("sha1").update(`blob ${data.length}\0`).update(data).digest("hex");
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Sends a file, or the range that is asked for, as far as the fault lets it. */
function send(data: Buffer, fault: Fault | undefined, request: SeenRequest, response: ServerResponse): void {
  const range = fault?.ignoreRange ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  const from = range ? Number(range[1]) : 0;
  const body = Buffer.from(data.subarray(from));
  if (fault?.corrupt) body[body.length - 1] ^= 1;
  response.setHeader("content-length", body.length);
  if (range) response.setHeader("content-range", `bytes ${from}-${data.length - 1}/${data.length}`);
  response.writeHead(range ? 206 : 200);
  if (request.method === "HEAD") return void response.end();
  const part = body.subarray(0, fault?.cutAfter ?? fault?.silentAfter);
  request.sentBytes = part.length;
  if (fault?.silentAfter !== undefined) return void response.write(part);
  if (fault?.cutAfter !== undefined) return void response.write(part, () => response.destroy());
  response.end(body);
}

export async function startHub(...repositories: FakeRepository[]): Promise<FakeHub> {
  const seen: SeenRequest[] = [];
  const faults: Fault[] = [];
  const uploads = new HubUploads(repositories);

  /** Notes the request; answers it here when the fault is a status. */
  function begin(host: SeenRequest["host"], incoming: IncomingMessage, response: ServerResponse) {
    const { method = "GET", url = "/", headers } = incoming;
    const request: SeenRequest = { host, method, url, headers, sentBytes: 0 };
    seen.push(request);
    const fault = faults.find(({ at, times }) => times > 0 && `${host}${url}`.includes(at));
    if (fault) fault.times--;
    if (fault?.status !== undefined) response.writeHead(fault.status, fault.headers).end("no");
    return { request, fault, answered: fault?.status !== undefined };
  }

  const cdn = createServer((incoming, response) => {
    const { request, fault, answered } = begin("cdn", incoming, response);
    if (answered) return;
    // A signed address is for whoever has it; a token is one more than the store takes.
    if (request.headers.authorization) return void response.writeHead(400).end("a token too many");
    if (request.method === "PUT") return void uploads.put(incoming, response);
    const hash = request.url.slice(1);
    for (const repository of hub.repositories)
      for (const [path, data] of Object.entries(repository.files))
        if (hashOf(repository, path) === hash) return send(data, fault, request, response);
    response.writeHead(404).end();
  });

  const server = createServer((incoming, response) => {
    const { request, fault, answered } = begin("hub", incoming, response);
    if (answered) return;
    if (request.method === "POST") return void uploads.post(incoming, response, storage);
    const refuse = (status: number, code: string) => response.writeHead(status, { "x-error-code": code }).end();
    const json = (value: unknown, headers = {}) =>
      response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
    const { pathname, searchParams } = new URL(request.url, hub.endpoint);
    const parts =
      /^\/api\/(models|datasets)\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)()$/.exec(pathname) ??
      /^\/(datasets(?=\/[^/]+\/[^/]+\/resolve)|)\/?([^/]+\/[^/]+)\/(resolve)\/([^/]+)\/(.+)$/.exec(pathname);
    if (!parts) return void refuse(404, "");
    const [kind, id, action, revision, path] = parts.slice(1).map(decodeURIComponent);
    const type = kind === "datasets" ? "dataset" : "model";
    const repository = hub.repositories.find((known) => known.type === type && known.id === id);
    const authorized =
      repository?.token === undefined || request.headers.authorization === `Bearer ${repository.token}`;
    // Whether it exists is nobody's business without a token.
    if (!repository || !authorized)
      return void (request.headers.authorization ? refuse(404, "RepoNotFound") : refuse(401, "RepoNotFound"));
    if (repository.gated) return void refuse(403, "GatedRepo");
    const commits = Object.values(repository.revisions);
    const commit = commits.includes(revision)
      ? revision
      : repository.revisions[revision === "HEAD" ? "main" : revision];
    if (!commit) return void refuse(404, "RevisionNotFound");
    if (action === "revision")
      return void json({
        _id: "1",
        id,
        sha: commit,
        private: false,
        gated: false,
        downloads: 0,
        likes: 0,
        lastModified: 0,
      });
    if (action === "tree") {
      const start = Number(searchParams.get("cursor") ?? 0);
      const folders = new Set(Object.keys(repository.files).flatMap((name) => name.split("/").slice(0, -1)));
      const entries = [
        ...[...folders].map((folder) => ({ type: "directory", path: folder, oid: commitOf(folder), size: 0 })),
        ...Object.entries(repository.files).map(([name, data]) => ({
          type: "file",
          path: name,
          size: data.length,
          // Of a large file git knows a pointer.
          ...(isLarge(repository, data)
            ? { oid: commitOf("pointer"), lfs: { oid: hashOf(repository, name), size: data.length, pointerSize: 130 } }
            : { oid: hashOf(repository, name) }),
        })),
      ];
      const end = start + hub.pageSize;
      const next = `<${hub.endpoint}${pathname}?recursive=true&cursor=${end}>; rel="next"`;
      return void json(entries.slice(start, end), end < entries.length ? { link: next } : {});
    }
    const data = repository.files[path];
    if (!data) return void refuse(404, "EntryNotFound");
    const hash = hashOf(repository, path);
    response.setHeader("x-repo-commit", commit);
    if (!isLarge(repository, data)) {
      response.setHeader("etag", `"${hash}"`);
      return send(data, fault, request, response);
    }
    const headers = { "x-linked-etag": `"${hash}"`, "x-linked-size": data.length, location: `${storage}/${hash}` };
    response.writeHead(302, headers).end();
  });

  const [endpoint, storage] = [await listen(server), await listen(cdn)];
  const hub: FakeHub = {
    endpoint,
    repositories,
    seen,
    faults,
    uploads,
    pageSize: 1000,
    async close() {
      for (const one of [server, cdn]) {
        one.closeAllConnections();
        await new Promise((done) => one.close(done));
      }
    },
  };
  return hub;
}
