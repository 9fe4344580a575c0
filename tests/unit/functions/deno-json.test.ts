import { describe, expect, test } from "vitest";

const read = (path: string) => JSON.parse(Deno.readTextFileSync(path));
const { dependencies } = read("package.json") as { dependencies: Record<string, string> };
const names = [...Deno.readDirSync("supabase/functions")]
  .filter((entry) => entry.isDirectory).map((entry) => entry.name);

describe.each(names)("deno.json of %s", (name) => {
  const { imports } = read(`supabase/functions/${name}/deno.json`) as {
    imports: Record<string, string>;
  };

  test.each(Object.entries(imports))("%s has the version of package.json", (specifier, target) => {
    const packageName = specifier.replace(/\/$/, "");

    const version = target.replace(/\/$/, "").split("@").at(-1);

    expect(version).toBe(dependencies[packageName]);
  });

  test("is listed in config.toml without the platform's token check", () => {
    const config = Deno.readTextFileSync("supabase/config.toml");

    expect(config).toContain(`[functions.${name}]\nverify_jwt = false`);
  });
});
