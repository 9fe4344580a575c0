import { expect } from "vitest";
import type { BucketAccess } from "./buckets.ts";
import { outsidersOf, type Person, type Rank, ranks } from "./people.ts";
import type { Answer, Request, World } from "./world.ts";

/** Writes, reads, lists, signs and deletes as everybody who may not, and then as whoever may. */
export async function checkBucket(
  world: World,
  bucket: string,
  access: BucketAccess,
): Promise<void> {
  const path = access.path(world);
  const object = (person: Person, method: string, request: Request = {}, prefix = "") =>
    world.ask(person, method, `/storage/v1/object/${prefix}${bucket}/${path}`, request);
  const put = (person: Person, method: string, content = access.content()) =>
    object(person, method, { body: content, headers: { "content-type": access.type } });
  const refuse = async (
    persons: Rank[],
    what: string,
    send: (person: Rank) => Promise<Answer>,
  ) => {
    for (const person of persons) {
      const { status, text } = await send(person);
      expect([400, 401, 403, 404], `${person} ${what}: ${status} ${text}`).toContain(status);
    }
  };
  const but = (by: Person) => access.isOwn ? ranks.filter((one) => one !== by) : outsidersOf(by);
  const list = (person: Person) =>
    world.ask(person, "POST", `/storage/v1/object/list/${bucket}`, {
      body: { prefix: path.slice(0, path.lastIndexOf("/")), limit: 100 },
    });
  const name = path.slice(path.lastIndexOf("/") + 1);

  await refuse(but(access.writes), "uploads", (person) => put(person, "POST"));
  expect((await put(access.writes, "POST")).status).toBe(200);

  await refuse(but(access.reads), "downloads", (person) => object(person, "GET"));
  await refuse(
    but(access.reads),
    "signs",
    (person) => object(person, "POST", { body: { expiresIn: 60 } }, "sign/"),
  );
  await refuse([...ranks], "reads as public", (person) => object(person, "GET", {}, "public/"));
  for (const person of but(access.reads)) expect((await list(person)).text).not.toContain(name);
  const { status, text } = await object(access.reads, "GET");
  expect([status, text.length > 0]).toEqual([200, true]);
  expect((await list(access.reads)).text).toContain(name);

  await refuse(but(access.writes), "overwrites", (person) => put(person, "PUT"));
  expect((await put(access.writes, "PUT")).status).toBe(200);

  const remove = (person: Person) =>
    world.ask(person, "DELETE", `/storage/v1/object/${bucket}`, { body: { prefixes: [path] } });
  for (const person of but(access.deletes)) {
    await remove(person);
    expect((await object(access.reads, "GET")).status, `${person} deletes`).toBe(200);
  }
  expect((await remove(access.deletes)).text).toContain(name);
  expect((await object(access.reads, "GET")).status).not.toBe(200);
}
