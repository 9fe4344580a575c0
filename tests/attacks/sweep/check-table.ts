import { expect } from "vitest";
import { outsidersOf, type Person, type Rank, ranks } from "./people.ts";
import type { TableAccess } from "./tables.ts";
import type { World } from "./world.ts";

/** Reads, inserts, changes and deletes as everybody who may not, and then as whoever may. */
export async function checkTable(world: World, name: string, access: TableAccess): Promise<void> {
  const row = await checkInsert(world, name, access) ?? await access.find?.(world);
  await checkRead(world, name, access);
  await checkChange(world, name, access, "PATCH", access.updates, row);
  await checkChange(world, name, access, "DELETE", access.deletes, row);
}

const orgOf = ({ orgId }: World, { org = "org_id" }: TableAccess) => `${org}=eq.${orgId}`;

/** Those who do not see what is `by`'s. */
function blindTo({ reads, isOwn }: Pick<TableAccess, "reads" | "isOwn">): Rank[] {
  return isOwn ? ranks.filter((rank) => rank !== reads) : outsidersOf(reads);
}

async function checkRead(world: World, name: string, access: TableAccess): Promise<void> {
  const { reads, columns = "*" } = access;
  const path = `/rest/v1/${name}?select=${columns}`;
  for (const person of blindTo(access)) {
    const { status, text } = await world.ask(person, "GET", path);
    const told = `${person}: ${text}`;
    if (person === "anonymous" || reads === "service") expect([401, 403], told).toContain(status);
    else {
      expect(status, told).toBe(200);
      // An owner has rows of other organisations, too.
      const mine = await world.ask(person, "GET", `${path}&${orgOf(world, access)}`);
      expect(mine.body, told).toEqual([]);
    }
  }
  const whose = reads === "service" ? "" : `&${orgOf(world, access)}`;
  const { status, body, text } = await world.ask(reads, "GET", path + whose);
  expect(status, text).toBe(200);
  if (reads !== "service") expect(body, reads).not.toEqual([]);
}

/** Returns a filter that finds the row that was let in; undefined if nobody may insert. */
async function checkInsert(
  world: World,
  name: string,
  { inserts, org, isView }: TableAccess,
) {
  const path = `/rest/v1/${name}`;
  const body = inserts ? await inserts.row(world) : { [org ?? "org_id"]: world.orgId };
  for (const person of inserts ? outsidersOf(inserts.by) : ranks) {
    const { status, text } = await world.ask(person, "POST", path, { body });
    const told = `${person} inserts: ${status} ${text}`;
    if (isView) expect(status, told).toBeGreaterThanOrEqual(400);
    // What it was to belong to is not there for a stranger.
    else expect(inserts ? [401, 403, 404] : [401, 403], told).toContain(status);
  }
  if (!inserts) return undefined;
  const { status, text, body: rows } = await world.ask(inserts.by, "POST", path, {
    body,
    headers: returning,
  });
  expect(status, `${inserts.by} inserts: ${text}`).toBe(201);
  return `id=eq.${(rows as { id: string }[])[0]!.id}`;
}

const returning = { prefer: "return=representation" };

async function checkChange(
  world: World,
  name: string,
  access: TableAccess,
  method: "PATCH" | "DELETE",
  allowed: { by: Person; change?: object } | undefined,
  row: string | undefined,
): Promise<void> {
  const path = `/rest/v1/${name}?${row ?? orgOf(world, access)}`;
  const send = (person: Person) =>
    world.ask(person, method, path, {
      ...(method === "PATCH" && {
        body: allowed?.change ?? { [access.org ?? "org_id"]: world.orgId },
      }),
      headers: returning,
    });
  const before = await contentOf(world, name, access);
  const blind = blindTo(access);
  for (
    const person of allowed ? ranks.filter((rank) => !mayChange(access, allowed, rank)) : ranks
  ) {
    const { status, body, text } = await send(person);
    const told = `${person} ${method}: ${status} ${text}`;
    if (access.isView) expect(status, told).toBeGreaterThanOrEqual(400);
    else if (allowed && person !== "anonymous") expect(body, told).toEqual([]);
    else expect([401, 403], told).toContain(status);
    expect(await contentOf(world, name, access), told).toEqual(before);
    if (blind.includes(person)) expect(text, told).not.toContain(world.orgId);
  }
  if (!allowed) return;
  const { body, text } = await send(allowed.by);
  expect(body, `${allowed.by} ${method}: ${text}`).toHaveLength(1);
}

function mayChange({ isOwn }: TableAccess, { by }: { by: Person }, rank: Rank): boolean {
  return isOwn ? rank === by : !outsidersOf(by).includes(rank);
}

/** Every row as text; of a view none, since what nobody may write cannot change. */
async function contentOf({ look }: World, name: string, { isView }: TableAccess) {
  if (isView) return [];
  return await look(
    `select to_jsonb(one)::text as content from public.${name} as one order by 1`,
  );
}
