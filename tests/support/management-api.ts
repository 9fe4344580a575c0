import { supabaseCli } from "../../scripts/support/supabase-cli.ts";

/** What the CLI uploaded for one function. */
export interface Deployment {
  slug: string;
  /** Contents by path from the root of this repository. */
  files: Record<string, string>;
  metadata: Record<string, unknown>;
}

/**
 * Deploys every function with the Supabase CLI, to a server of this process that answers as the
 * Management API does.
 */
export async function deployFunctions(): Promise<Deployment[]> {
  const deployments: Deployment[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
    async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (!pathname.endsWith("/functions/deploy")) return Response.json([]);
      const slug = searchParams.get("slug") ?? "";
      deployments.push(await readUpload(slug, await request.formData()));
      const time = Date.now();
      return Response.json({
        id: crypto.randomUUID(),
        slug,
        name: slug,
        status: "ACTIVE",
        version: 1,
        created_at: time,
        updated_at: time,
      }, { status: 201 });
    },
  );
  const home = await Deno.makeTempDir({ prefix: "maestro-deploy-" });
  try {
    const url = `http://127.0.0.1:${server.addr.port}`;
    await Deno.writeTextFile(
      `${home}/profile.yaml`,
      ["api_url", "dashboard_url", "docs_url"].map((key) => `${key}: ${url}\n`).join("") +
        "name: mock\nproject_host: 127.0.0.1\n",
    );
    await supabaseCli([
      "functions",
      "deploy",
      "--use-api",
      `--profile=${home}/profile.yaml`,
      `--remote=${"a".repeat(20)}`,
    ], { SUPABASE_ACCESS_TOKEN: `sbp_${"0".repeat(40)}`, HOME: home });
  } finally {
    await server.shutdown();
    await Deno.remove(home, { recursive: true });
  }
  return deployments.sort((a, b) => a.slug.localeCompare(b.slug));
}

async function readUpload(slug: string, form: FormData): Promise<Deployment> {
  const files: Record<string, string> = {};
  for (const file of form.getAll("file")) {
    if (file instanceof File) files[file.name] = await file.text();
  }
  const metadata = form.get("metadata");
  return {
    slug,
    files,
    metadata: JSON.parse(metadata instanceof File ? await metadata.text() : metadata ?? "{}"),
  };
}
