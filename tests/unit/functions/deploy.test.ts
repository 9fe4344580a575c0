import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  type FunctionGraph,
  listPackageFolders,
  readFunctionGraph,
} from "../../support/function-graph.ts";
import { deployFunctions, type Deployment } from "../../support/management-api.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const names = [...Deno.readDirSync("supabase/functions")]
  .filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
const { dependencies } = JSON.parse(Deno.readTextFileSync("package.json")) as {
  dependencies: Record<string, string>;
};

/** What hosted takes of one function, packages and all. */
const largestBundle = 20 * 1024 * 1024;

/** What the server that bundles takes of a function's own files. */
const largestUpload = 5 * 1024 * 1024;

/** Bytes of its files and of its packages, whole as the bundler takes them, through one gzip. */
async function bundleSize({ files, packages }: FunctionGraph): Promise<number> {
  const paths = [...files, ...listPackageFolders(packages).flatMap(listFiles)];
  const contents = ReadableStream.from(paths).pipeThrough(
    new TransformStream<string, BufferSource>({
      transform: async (path, out) => out.enqueue(await Deno.readFile(path)),
    }),
  );
  let size = 0;
  for await (const part of contents.pipeThrough(new CompressionStream("gzip"))) {
    size += part.length;
  }
  return size;
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** The files of a package, without the packages inside it. */
function listFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (!isDirectory) return [path];
    return name === "node_modules" ? [] : listFiles(path);
  });
}

describe("supabase functions deploy", () => {
  let deployments: Deployment[];
  const graphs = new Map<string, FunctionGraph>();

  beforeAll(async () => {
    deployments = await deployFunctions();
    for (const name of names) graphs.set(name, await readFunctionGraph(name));
  });

  test("uploads every function", () => {
    expect(deployments.map(({ slug }) => slug)).toEqual(names);
  });

  describe.each(names)("of %s", (name) => {
    const deployed = () => deployments.find(({ slug }) => slug === name)!;

    test("uploads the files that it imports, its deno.json, and no other", () => {
      // Types of packages that have none: nothing runs them.
      const files = graphs.get(name)!.files.filter((path) => !path.endsWith(".d.ts"));
      const expected = [`supabase/functions/${name}/deno.json`, ...files];

      expect(Object.keys(deployed().files).sort()).toEqual(expected.sort());
      expect(expected.length).toBeGreaterThan(5);
    });

    test("uploads them as they are", async () => {
      for (const [path, text] of Object.entries(deployed().files)) {
        expect(text, path).toBe(await Deno.readTextFile(path));
      }
    });

    test("uploads nothing that only this machine needs", () => {
      const foreign = Object.keys(deployed().files)
        .filter((path) => !/^(shared\/|supabase\/functions\/)/.test(path));

      expect(foreign).toEqual([]);
    });

    test("leaves the check of tokens to the function", () => {
      expect(deployed().metadata).toMatchObject({
        entrypoint_path: `supabase/functions/${name}/index.ts`,
        import_map_path: `supabase/functions/${name}/deno.json`,
        verify_jwt: false,
      });
    });

    test("takes along the packages of its deno.json, none of which are for development", () => {
      const { imports } = JSON.parse(deployed().files[`supabase/functions/${name}/deno.json`]!);
      const { packages } = graphs.get(name)!;

      expect(Object.keys(imports).map((key) => key.replace(/\/$/, "")).sort()).toEqual(packages);
      expect(packages.filter((packageName) => !Object.hasOwn(dependencies, packageName))).toEqual(
        [],
      );
    });

    test("takes along no machine for models, pictures or browsers", () => {
      const heavy = listPackageFolders(graphs.get(name)!.packages).filter((folder) =>
        /tesseract|tensorflow|energetic|onnx|resvg|puppeteer|playwright|\/sharp$|pglite/.test(
          folder.split("/node_modules/").slice(1).join("/"),
        )
      );

      expect(heavy).toEqual([]);
    });

    test("stays within the size of a bundle", async () => {
      const size = await bundleSize(graphs.get(name)!);
      const texts = Object.values(deployed().files);
      const uploaded = texts.reduce((sum, text) => sum + new Blob([text]).size, 0);

      console.log(
        `${name}: ${inMegabytes(uploaded)} uploaded, ${
          inMegabytes(size)
        } compressed with its packages`,
      );
      expect(size).toBeLessThan(largestBundle);
      expect(uploaded).toBeLessThan(largestUpload);
    });
  });
});
