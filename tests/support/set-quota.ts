import { adminOf, type User } from "./user.ts";

/** Gives a user's organisation a quota of its own, as an operator does; null for no limit. */
export async function setQuota(
  { stack, orgId }: User,
  name: string,
  max: number | null,
): Promise<void> {
  const { error } = await adminOf(stack)
    .from("organization_quotas").upsert({ org_id: orgId, name, max_count: max });
  if (error) throw new Error("no quota", { cause: error });
}
