import { addMember, createPersonas, createUser } from "../../support/personas.ts";
import type { Persona, TestDatabase } from "../../support/test-database.ts";
import { sqlStateOf } from "./rejection.ts";

/** Everybody whom a policy has to tell apart, seen from the organisation `orgId`. */
export interface Cast {
  orgId: string;
  strangerOrgId: string;
  owner: Persona;
  admin: Persona;
  editor: Persona;
  viewer: Persona;
  /** Viewer here and editor in the stranger's organisation. */
  memberOfTwo: Persona;
  /** Owner of the other organisation. */
  stranger: Persona;
  anonymous: Persona;
}

export const roles = [
  "owner",
  "admin",
  "editor",
  "viewer",
  "memberOfTwo",
  "stranger",
  "anonymous",
] as const;
export type Role = typeof roles[number];

/** Makes two organisations and their people. */
export async function createCast(db: TestDatabase): Promise<Cast> {
  const personas = await createPersonas(db);
  const memberOfTwo = await createUser(db);
  await addMember(db, personas.orgId, memberOfTwo, "viewer");
  await addMember(db, personas.strangerOrgId, memberOfTwo, "editor");
  return { ...personas, memberOfTwo: { userId: memberOfTwo }, anonymous: "anon" };
}

/** Every role, after what the policy does to it, as rows for `test.each`. */
export function eachRole(...allowed: Role[]): ["lets" | "does not let", Role][] {
  return roles.map((role) => [allowed.includes(role) ? "lets" : "does not let", role]);
}

/**
 * How many rows a statement returns to a persona: 0 as well when it is not allowed at all
 * (42501), which is the other way to be kept out.
 */
export async function rowsFor(
  db: TestDatabase,
  persona: Persona,
  statement: string,
  parameters: unknown[] = [],
): Promise<number> {
  const work = db.as(persona, (client) => client.query(statement, parameters));
  try {
    return (await work).length;
  } catch (error) {
    if (await sqlStateOf(work) === "42501") return 0;
    throw error;
  }
}
