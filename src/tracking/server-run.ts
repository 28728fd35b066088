/** Which run at a tracker's server belongs to a run folder: a small file, so that a resumed run continues there. */
import { join } from "node:path";
import { z } from "zod";
import { readJson, writeJson } from "../io/atomic.js";
import { makeFolder } from "../io/make-folder.js";
import type { Series } from "./tracker.js";

/** The folder in the run folder. */
const FOLDER = "tracking";

const schema = z.object({ url: z.string(), project: z.string(), id: z.string(), series: z.array(z.string()) });

type Known = z.output<typeof schema>;

/** The run at one server. */
export class ServerRun {
  /** Series that this process has begun. */
  private readonly own = new Set<string>();

  private constructor(
    private readonly folder: string,
    private readonly file: string,
    private known: Known,
  ) {}

  /** The run that the file names at this address and project; without an id where there is none. */
  static async read(
    folder: string,
    tracker: string,
    { url, project }: Pick<Known, "url" | "project">,
  ): Promise<ServerRun> {
    const file = join(folder, FOLDER, `${tracker}.json`);
    // A file that is missing or damaged costs no more than another run at the server.
    const found = schema.safeParse(await readJson(file).catch(() => undefined)).data;
    const fits = found?.url === url && found.project === project;
    return new ServerRun(join(folder, FOLDER), file, fits ? found : { url, project, id: "", series: [] });
  }

  /** The server's name of the run; empty while there is none. */
  get id(): string {
    return this.known.id;
  }

  /** Whether values of this series are at the server that are not those which come now. */
  isOutdatedBy({ name, continues }: Series): boolean {
    return !continues && !this.own.has(name) && this.known.series.includes(name);
  }

  /** Another run at the server, without series so far. */
  async begin(id: string): Promise<void> {
    await this.write({ ...this.known, id, series: [] });
  }

  /** Notes that the server gets values of this series. */
  async add({ name }: Series): Promise<void> {
    this.own.add(name);
    if (!this.known.series.includes(name)) await this.write({ ...this.known, series: [...this.known.series, name] });
  }

  private async write(known: Known): Promise<void> {
    await makeFolder(this.folder);
    await writeJson(this.file, known);
    this.known = known;
  }
}
