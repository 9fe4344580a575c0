import { adminOf, type User } from "../../support/user.ts";

/** How many rows training files have left in an organisation: files, versions and artefacts. */
export async function traces({ stack, orgId }: Pick<User, "stack" | "orgId">) {
  const admin = adminOf(stack);
  const tables = ["training_files", "training_file_versions", "training_artifacts"] as const;
  return await Promise.all(tables.map(async (table) => {
    const { count } = await admin.from(table).select("*", { count: "exact", head: true })
      .eq("org_id", orgId);
    return count;
  }));
}
