import { buckets } from "../sweep/buckets.ts";
import { functions } from "../sweep/functions.ts";
import { type Person } from "../sweep/people.ts";
import { routes } from "../sweep/routes.ts";
import { tables } from "../sweep/tables.ts";
import type { World } from "../sweep/world.ts";

/** A request that is right, to be spoilt. */
export interface RightRequest {
  /** Whom it is right for. */
  by: Person;
  method: string;
  path: string;
  body?: unknown;
  headers: Record<string, string>;
}

/**
 * A right request of every route, function, table and bucket that the sweep knows, and the sweep
 * fails on one that it does not know.
 */
export async function makeRightRequests(world: World): Promise<RightRequest[]> {
  return [
    ...await ofRoutes(world),
    ...await ofFunctions(world),
    ...await ofTables(world),
    ...ofBuckets(world),
  ];
}

const json = { "content-type": "application/json" };

async function ofRoutes(world: World): Promise<RightRequest[]> {
  return await Promise.all(
    Object.entries(routes).map(async ([route, { by, call }]) => {
      const { path, body } = await call(world);
      const method = route.split(" ")[0]!;
      return { by, method, path: `/functions/v1${path}`, body, headers: body ? json : {} };
    }),
  );
}

async function ofFunctions(world: World): Promise<RightRequest[]> {
  const requests = Object.entries(functions).map(async ([name, access]) => {
    const path = `/rest/v1/rpc/${name}`;
    if (access === "backend") {
      return { by: "editor" as const, method: "POST", path, body: {}, headers: json };
    }
    return { by: access.by, method: "POST", path, body: await access.args(world), headers: json };
  });
  return await Promise.all(requests);
}

async function ofTables(world: World): Promise<RightRequest[]> {
  const requests = Object.entries(tables).map(async ([name, access]) => {
    const { reads, inserts, updates, columns = "*", org = "org_id" } = access;
    const path = `/rest/v1/${name}`;
    const rows = `${path}?${org}=eq.${world.orgId}`;
    return [
      { by: reads, method: "GET", path: `${rows}&select=${columns}&limit=2`, headers: {} },
      ...(inserts
        ? [{
          by: inserts.by,
          method: "POST",
          path,
          body: await inserts.row(world),
          headers: { ...json, prefer: "return=representation" },
        }]
        : []),
      ...(updates
        ? [{ by: updates.by, method: "PATCH", path: rows, body: updates.change, headers: json }]
        : []),
    ];
  });
  return (await Promise.all(requests)).flat();
}

function ofBuckets(world: World): RightRequest[] {
  return Object.entries(buckets).flatMap(([bucket, access]) => {
    const path = access.path(world);
    const object = `/storage/v1/object/${bucket}/${path}`;
    const put = { body: access.content(), headers: { "content-type": access.type } };
    const prefix = path.slice(0, path.lastIndexOf("/"));
    const call = (by: Person, path: string, body: unknown) => ({
      by,
      method: "POST",
      path: `/storage/v1/object/${path}`,
      body,
      headers: json,
    });
    return [
      { by: access.writes, method: "POST", path: object, ...put },
      { by: access.writes, method: "PUT", path: object, ...put },
      { by: access.reads, method: "GET", path: object, headers: {} },
      call(access.reads, `list/${bucket}`, { prefix, limit: 10, offset: 0 }),
      call(access.reads, `sign/${bucket}/${path}`, { expiresIn: 60 }),
      call(access.writes, "copy", {
        bucketId: bucket,
        sourceKey: path,
        destinationKey: access.path(world),
      }),
    ];
  });
}
