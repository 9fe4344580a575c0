import { createClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Database } from "../../shared/database.types.ts";
import { claimBuild } from "../../shared/training-files/build/build-plan.ts";
import { buildVersion } from "../../shared/training-files/build/build-version.ts";
import { measure } from "./measure.ts";

/** The builder of the product, on versions that the bench has begun. */
const Input = z.object({ version_id: z.guid(), build_token: z.guid(), keep: z.boolean() });

const [url, key] = Deno.args;
const client = createClient<Database>(url!, key!, { auth: { persistSession: false } });
await measure(async (input) => {
  const { version_id, build_token, keep } = Input.parse(input);
  const plan = await claimBuild(client, version_id, build_token);
  if (!plan) throw new Error("the build was not begun");
  await buildVersion(plan, { client, keep });
});
