import { fileURLToPath, pathToFileURL } from "node:url";
import { runProgram } from "../../scripts/support/run-program.ts";

/** What an edge function is made of. */
export interface FunctionGraph {
  /** Files of this repository, static and dynamic imports alike, as paths from its root. */
  files: string[];
  /** Names of the packages that those import. */
  packages: string[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Follows the imports of a function as Deno does with the function's own `deno.json`. */
export async function readFunctionGraph(name: string): Promise<FunctionGraph> {
  const folder = `supabase/functions/${name}`;
  const { stdout } = await runProgram(Deno.execPath(), [
    "info",
    "--json",
    "--node-modules-dir=manual",
    `--config=${folder}/deno.json`,
    `${folder}/index.ts`,
  ]);
  const { modules } = JSON.parse(stdout) as { modules: { kind: string; specifier: string }[] };
  const specifiers = modules.map(({ specifier }) => specifier);
  const own = pathToFileURL(root).href;
  const files = specifiers
    .filter((specifier) => specifier.startsWith(own) && !specifier.includes("/node_modules/"))
    .map((specifier) => specifier.slice(own.length));
  const packages = specifiers.filter((specifier) => specifier.includes("/node_modules/"))
    .map((specifier) => packageOf(specifier.split("/node_modules/").at(-1)!));
  return { files: files.sort(), packages: [...new Set(packages)].sort() };
}

/** The folders of these packages and of all that they depend on. */
export function listPackageFolders(packages: string[]): string[] {
  const found = new Set<string>();
  const add = (name: string, from: string) => {
    const folder = resolve(name, from);
    if (!folder || found.has(folder)) return;
    found.add(folder);
    const { dependencies = {} } = JSON.parse(Deno.readTextFileSync(`${folder}/package.json`));
    for (const next of Object.keys(dependencies)) add(next, folder);
  };
  for (const name of packages) add(name, root);
  return [...found].sort();
}

/** As Node does: in the nearest `node_modules` upwards. An optional package may be nowhere. */
function resolve(name: string, from: string): string | null {
  for (let folder = from.replace(/\/$/, ""); folder !== ""; folder = parentOf(folder)) {
    const candidate = `${folder}/node_modules/${name}`;
    try {
      Deno.statSync(`${candidate}/package.json`);
      return candidate;
    } catch { /* further up */ }
  }
  return null;
}

function parentOf(folder: string): string {
  return folder.slice(0, folder.lastIndexOf("/"));
}

function packageOf(path: string): string {
  return path.split("/").slice(0, path.startsWith("@") ? 2 : 1).join("/");
}
