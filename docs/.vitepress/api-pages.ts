/**
 * Writes the pages of the programming interface, docs/api, from the docstrings: one page for every entry point of the package.
 * Prints nothing and ends with 0 when every export has a docstring and every link in one leads somewhere; else the warnings, and 1.
 */
import { readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { Application, DeclarationReflection, ReflectionCategory, ReflectionKind } from "typedoc";
import { MarkdownPageEvent, type PluginOptions } from "typedoc-plugin-markdown";

const root = join(import.meta.dirname, "../..");
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { exports: Record<string, string> };

/** The sources of the package's entry points: `./dist/model/index.js` is made of `src/model/index.ts`. */
const sources = Object.values(exports)
  .filter((path) => path.endsWith(".js"))
  .map((path) => path.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts"));

const table: PluginOptions["parametersFormat"] = "table";
const pages: Partial<PluginOptions> = {
  entryFileName: "index",
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useHTMLAnchors: true,
  pageTitleTemplates: {
    index: "Programming interface",
    module: ({ name }) => (name === "rewardscope" ? name : `rewardscope/${name}`),
  },
  parametersFormat: table,
  interfacePropertiesFormat: table,
  classPropertiesFormat: table,
  typeAliasPropertiesFormat: table,
  typeDeclarationFormat: table,
  propertyMembersFormat: table,
  typeDeclarationVisibility: "compact",
};

/** The folder of `src/interpret/carry/...` below that of its page, which groups the page's entries. */
function groupOf(entry: DeclarationReflection, page: DeclarationReflection): string | undefined {
  const file = entry.sources?.[0]?.fullFileName;
  if (file === undefined) return undefined;
  const folders = relative(join(root, "src"), file).split(sep).slice(0, -1);
  const below = folders[0] === page.name ? folders.slice(1) : folders;
  return below.length > 0 ? below.join("/") : undefined;
}

const app = await Application.bootstrapWithPlugins({
  plugin: ["typedoc-plugin-markdown"],
  entryPoints: sources.map((path) => join(root, path)),
  tsconfig: join(root, "tsconfig.build.json"),
  // `npm run types` looks for errors of types.
  skipErrorChecking: true,
  out: join(root, "docs/api"),
  router: "module",
  readme: "none",
  name: "rewardscope",
  sourceLinkTemplate: "{path}",
  disableGit: true,
  excludePrivate: true,
  excludeExternals: true,
  excludeReferences: true,
  categorizeByGroup: false,
  validation: { notExported: false, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: ["Function", "Class", "Interface", "TypeAlias", "Variable"],
  sort: ["kind", "alphabetical"],
  kindSortOrder: ["Function", "Class", "Variable", "Interface", "TypeAlias"],
  logLevel: "Warn",
  ...pages,
});

/** What is said of a type that zod derives from a schema: its fields are its own, and the package zod is no news to a reader. */
function withoutZod(entry: DeclarationReflection): void {
  const isZod = (name: string) => /^(z\.)?(output|input|Readonly)\b/.test(name);
  entry.extendedTypes = entry.extendedTypes?.filter((type) => !isZod(`${type}`));
  if (entry.inheritedFrom && isZod(entry.inheritedFrom.name)) entry.inheritedFrom = undefined;
}

/** A page's entries under the folders of their sources, in the order of the entries. */
function groupPage(page: DeclarationReflection): void {
  const groups = new Map<string, ReflectionCategory>();
  for (const entry of page.children ?? []) {
    const title = groupOf(entry, page) ?? page.name;
    if (!groups.has(title)) groups.set(title, new ReflectionCategory(title));
    groups.get(title)!.children.push(entry);
  }
  page.categories = [...groups.values()].sort((a, b) => a.title.localeCompare(b.title));
}

// The address of each heading is given, since VitePress would number equal names, such as `carry` and `Carry`, otherwise
// than the links do.
app.renderer.on(MarkdownPageEvent.END, (page) => {
  page.contents = page.contents
    ?.replace(/<a id="([^"]+)"><\/a>\n+(#+ .*)/g, "$2 {#$1}")
    .replace(/^## ([\w/-]+)$/gm, (heading, group: string) => `${heading} {#folder-${group.replaceAll("/", "-")}}`);
});

const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
for (const page of project.children ?? []) {
  if (page.name === "index") page.name = "rewardscope";
  groupPage(page);
}
for (const entry of project.getReflectionsByKind(ReflectionKind.All)) {
  if (entry.name === "__namedParameters") entry.name = "options";
  if (entry instanceof DeclarationReflection) withoutZod(entry);
}
// The sources made the groups; their lines change too often to stand on a page.
app.options.setValue("disableSources", true);
await app.generateOutputs(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
