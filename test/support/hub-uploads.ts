/** What the Hub for tests does with uploads: repositories are created, large files stored, commits made. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { commitOf, type FakeRepository } from "./hub-server.js";

/** A commit that was made. */
export interface FakeCommit {
  readonly id: string;
  readonly title: string;
  readonly paths: readonly string[];
}

/** Only this token may write. */
export const WRITING_TOKEN = "hf_mayWrite";

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export class HubUploads {
  readonly commits: FakeCommit[] = [];
  /** Large files by their SHA-256, of commits or not. */
  readonly stored = new Map<string, Buffer>();

  constructor(private readonly repositories: FakeRepository[]) {}

  /** A large file, sent to the storage. */
  async put(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const [hash, data] = [incoming.url!.split("/").pop()!, await bodyOf(incoming)];
    const isWhole = createHash("sha256").update(data).digest("hex") === hash;
    if (isWhole) this.stored.set(hash, data);
    response.writeHead(isWhole ? 200 : 400).end();
  }

  /** A request to the Hub itself. */
  async post(incoming: IncomingMessage, response: ServerResponse, storage: string): Promise<void> {
    const body = (await bodyOf(incoming)).toString();
    const answer = (status: number, value: object) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    const { authorization } = incoming.headers;
    if (authorization !== `Bearer ${WRITING_TOKEN}`) return answer(authorization ? 403 : 401, { error: "no" });
    if (incoming.url === "/api/repos/create") return this.create(JSON.parse(body), answer);
    const parts =
      /^\/api\/(models|datasets)\/([^/]+\/[^/]+)\/(preupload|commit)\/main$/.exec(incoming.url!) ??
      /^\/(datasets(?=\/)|)\/?([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/(batch)$/.exec(incoming.url!);
    if (!parts) return answer(404, {});
    const [, kind, id, action] = parts;
    const type = kind === "datasets" ? "dataset" : "model";
    const at = this.repositories.findIndex((known) => known.type === type && known.id === id);
    if (at < 0) return answer(404, { error: "Repository not found" });
    if (action === "preupload") return answer(200, { files: this.modes(JSON.parse(body), this.repositories[at]) });
    if (action === "batch") return answer(200, { transfer: "basic", objects: this.targets(JSON.parse(body), storage) });
    return this.commit(body, at, answer);
  }

  private create(
    { name, organization, type, visibility }: Record<string, string>,
    answer: (status: number, value: object) => void,
  ): void {
    const id = `${organization}/${name}`;
    if (this.repositories.some((known) => known.type === type && known.id === id))
      return void answer(409, { error: "exists" });
    this.repositories.push({
      ...{ type: type as FakeRepository["type"], id, revisions: { main: commitOf(id) }, files: {} },
      ...(visibility === "private" && { token: WRITING_TOKEN }),
    });
    answer(200, { url: `https://hub.test/${id}`, id });
  }

  private modes({ files }: { files: { path: string; size: number }[] }, { largeFrom = 1000 }: FakeRepository) {
    return files.map(({ path, size }) => ({ path, uploadMode: size >= largeFrom ? "lfs" : "regular" }));
  }

  private targets({ objects }: { objects: { oid: string; size: number }[] }, storage: string) {
    return objects.map(({ oid, size }) => ({
      ...{ oid, size },
      ...(!this.stored.has(oid) && { actions: { upload: { href: `${storage}/upload/${oid}`, header: {} } } }),
    }));
  }

  private commit(body: string, at: number, answer: (status: number, value: object) => void): void {
    const lines = body.split("\n").map((line) => JSON.parse(line) as { key: string; value: Record<string, string> });
    const files: Record<string, Buffer> = { ...this.repositories[at].files };
    for (const { key, value } of lines) {
      if (key === "file") files[value.path] = Buffer.from(value.content, "base64");
      if (key === "lfsFile") {
        const data = this.stored.get(value.oid);
        if (!data) return void answer(400, { error: `${value.path} was not stored` });
        files[value.path] = data;
      }
    }
    const { id } = this.repositories[at];
    const commit = commitOf(body);
    this.repositories[at] = { ...this.repositories[at], files, revisions: { main: commit } };
    const paths = lines.flatMap(({ key, value }) => (key === "header" ? [] : [value.path]));
    this.commits.push({ id, title: lines[0].value.summary, paths });
    answer(200, {
      success: true,
      commitOid: commit,
      commitUrl: `https://hub.test/${id}/commit/${commit}`,
      hookOutput: "",
    });
  }
}
