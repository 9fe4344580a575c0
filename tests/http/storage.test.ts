import { beforeAll, describe, expect, inject, test } from "vitest";
import { createClient } from "@supabase/supabase-js";
import { credentialsOf } from "../support/credentials-of.ts";
import { createMembers } from "../support/members.ts";
import { createUser, type User } from "../support/user.ts";

type Role = "owner" | "admin" | "editor" | "viewer" | "stranger" | "anonymous";
type Bucket = ReturnType<User["client"]["storage"]["from"]>;

const roles: Role[] = ["owner", "admin", "editor", "viewer", "stranger", "anonymous"];
const buckets = {} as Record<Role, Bucket>;
let owner: User;
let folder: string;

beforeAll(async () => {
  const members = await createMembers();
  ({ owner } = members);
  const { url, publishableKey } = inject("stack");
  const anonymous = { client: createClient(url, publishableKey) };
  const users = { ...members, anonymous };
  for (const role of roles) buckets[role] = users[role].client.storage.from("documents");
  folder = `${owner.orgId}/${crypto.randomUUID()}`;
});

/** Every role with whether it is one of `allowed`, as rows for `test.each`. */
function eachRole(...allowed: Role[]) {
  return roles.map((role) => ({ role, verdict: allowed.includes(role) ? "lets" : "keeps" }));
}

/** Puts an object there as its owner; returns its path. */
async function put(content = "ours"): Promise<string> {
  const path = `${folder}/${crypto.randomUUID()}.md`;
  const { error } = await buckets.owner.upload(path, bytes(content), { contentType: "text/plain" });
  if (error) throw error;
  return path;
}

async function read(path: string): Promise<string | undefined> {
  const { data } = await buckets.owner.download(path);
  return await data?.text();
}

async function hash(content: ArrayBuffer): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", content)).toHex();
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe("an object of bucket documents", () => {
  test.each(eachRole("owner", "admin", "editor"))("$verdict $role upload it", async (each) => {
    const path = `${folder}/${crypto.randomUUID()}.md`;

    const { error } = await buckets[each.role].upload(path, bytes("new"));

    expect(error === null).toBe(each.verdict === "lets");
    expect(await read(path)).toBe(each.verdict === "lets" ? "new" : undefined);
  });

  test.each(eachRole("owner", "admin", "editor"))("$verdict $role replace it", async (each) => {
    const path = await put();

    const upsert = await buckets[each.role].upload(path, bytes("upserted"), { upsert: true });
    const afterUpsert = await read(path);
    const update = await buckets[each.role].update(path, bytes("updated"));

    const isAllowed = each.verdict === "lets";
    expect([upsert.error === null, update.error === null]).toEqual([isAllowed, isAllowed]);
    expect(afterUpsert).toBe(isAllowed ? "upserted" : "ours");
    expect(await read(path)).toBe(isAllowed ? "updated" : "ours");
  });

  test("is not replaced by an upload that does not ask for it", async () => {
    const path = await put();

    const { error } = await buckets.owner.upload(path, bytes("again"));

    expect(error).toMatchObject({ statusCode: "409" });
    expect(await read(path)).toBe("ours");
  });

  test.each(eachRole("owner", "admin", "editor", "viewer"))(
    "$verdict $role download it",
    async (each) => {
      const path = await put();

      const { data } = await buckets[each.role].download(path);

      expect(await data?.text()).toBe(each.verdict === "lets" ? "ours" : undefined);
    },
  );

  test.each(eachRole("owner", "admin", "editor", "viewer"))(
    "$verdict $role list it",
    async (each) => {
      const path = await put();

      const inFolder = await buckets[each.role].list(folder, { limit: 1000 });
      const atRoot = await buckets[each.role].list("", { limit: 1000 });

      const name = path.split("/").at(-1)!;
      const seen = JSON.stringify([inFolder.data, atRoot.data]);
      expect(seen.includes(name)).toBe(each.verdict === "lets");
      if (each.verdict === "keeps") expect(seen).not.toContain(owner.orgId);
    },
  );

  test.each(eachRole("owner", "admin"))("$verdict $role delete it", async (each) => {
    const path = await put();

    await buckets[each.role].remove([path]);

    expect(await read(path)).toBe(each.verdict === "lets" ? undefined : "ours");
  });

  test.each(eachRole("owner", "admin", "editor", "viewer"))(
    "$verdict $role sign its address",
    async (each) => {
      const path = await put();

      const { data } = await buckets[each.role].createSignedUrl(path, 60);

      expect(data !== null).toBe(each.verdict === "lets");
      if (data) expect(await (await fetch(data.signedUrl)).text()).toBe("ours");
    },
  );

  test.each(["stranger", "anonymous"] as const)(
    "is not copied or moved away by %s",
    async (role) => {
      const path = await put();
      const target = `${folder}/${crypto.randomUUID()}.md`;

      const copy = await buckets[role].copy(path, target);
      const move = await buckets[role].move(path, target);

      expect(copy.error).not.toBeNull();
      expect(move.error).not.toBeNull();
      expect(await read(path)).toBe("ours");
      expect(await read(target)).toBeUndefined();
    },
  );

  test("is not copied or moved into another organisation", async () => {
    const stranger = await createUser();
    const path = await put();
    const target = `${stranger.orgId}/${crypto.randomUUID()}/planted.md`;

    const copy = await buckets.owner.copy(path, target);
    const move = await buckets.owner.move(path, target);

    expect([copy.error, move.error]).not.toContain(null);
    const { data } = await stranger.client.storage.from("documents").download(target);
    expect(data).toBeNull();
    expect(await read(path)).toBe("ours");
  });
});

describe("an upload", () => {
  test.each([
    ["a Blob", () => new Blob(["Blob\r\n--x\0ü"], { type: "text/markdown" })],
    ["a File", () => new File(["Blob\r\n--x\0ü"], 'a "quoted" ü.md', { type: "text/markdown" })],
    ["bytes", () => new TextEncoder().encode("Blob\r\n--x\0ü")],
    ["a stream", () => new Blob(["Blob\r\n--x\0ü"]).stream()],
  ])("of %s keeps every byte and the type", async (_, body) => {
    const path = `${folder}/${crypto.randomUUID()}.md`;

    const { error } = await buckets.owner.upload(path, body(), { contentType: "text/markdown" });

    expect(error).toBeNull();
    const { data } = await buckets.owner.download(path);
    expect(await data?.text()).toBe("Blob\r\n--x\0ü");
    expect(data?.type).toMatch(/^text\/markdown/);
  });

  test("of three megabytes of all bytes comes back the same", async () => {
    const content = new Uint8Array(3 * 1024 * 1024).map((_, index) => (index * 31) % 256);
    const path = `${folder}/${crypto.randomUUID()}.md`;

    await buckets.owner.upload(path, new Blob([content]));

    const { data } = await buckets.owner.download(path);
    expect(await hash(await data!.arrayBuffer())).toBe(await hash(content.buffer));
  });

  test("of one byte more than the bucket takes is refused, in either form", async () => {
    const path = `${folder}/${crypto.randomUUID()}.md`;
    const content = new Uint8Array(50 * 1024 * 1024 + 1);

    for (const body of [content, new Blob([content])]) {
      const { error } = await buckets.owner.upload(path, body);

      expect(error).toMatchObject({ statusCode: "413" });
    }

    expect(await read(path)).toBeUndefined();
  });

  test.each([
    ["multipart/form-data", "no boundary"],
    ["multipart/form-data; boundary=x", "no parts"],
    ["multipart/form-data; boundary=x", "--x\r\n\r\nhalf a part"],
    [
      "multipart/form-data; boundary=x",
      '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
    ],
  ])("that is not the multipart it says is refused: %s, %s", async (type, body) => {
    const path = `${folder}/${crypto.randomUUID()}.md`;

    const answer = await fetch(`${owner.stack.url}/storage/v1/object/documents/${path}`, {
      method: "POST",
      headers: {
        ...credentialsOf(owner),
        "content-type": type,
      },
      body,
    });

    expect(answer.status).toBe(400);
    expect(await answer.json()).toHaveProperty("message");
    expect(await read(path)).toBeUndefined();
  });
});

describe("a signed address", () => {
  async function sign(path: string): Promise<{ signedURL: string }> {
    const answer = await fetch(`${owner.stack.url}/storage/v1/object/sign/documents/${path}`, {
      method: "POST",
      headers: {
        ...credentialsOf(owner),
        "content-type": "application/json",
      },
      body: JSON.stringify({ expiresIn: 60 }),
    });
    return await answer.json();
  }

  test("has the hosted shape: a path below /storage/v1", async () => {
    const path = await put();

    const answer = await sign(path);

    expect(Object.keys(answer)).toEqual(["signedURL"]);
    expect(answer.signedURL).toMatch(`/object/sign/documents/${path}?token=`);
  });

  test("opens one object and no other", async () => {
    const [path, other] = [await put("this"), await put("other")];
    const { signedURL } = await sign(path);

    const right = await fetch(`${owner.stack.url}/storage/v1${signedURL}`);
    const wrong = await fetch(`${owner.stack.url}/storage/v1${signedURL.replace(path, other)}`);
    const forged = await fetch(`${owner.stack.url}/storage/v1${signedURL.slice(0, -3)}AAA`);

    expect(await right.text()).toBe("this");
    for (const answer of [wrong, forged]) {
      expect(answer.ok).toBe(false);
      expect(await answer.text()).not.toMatch(/^(this|other)$/);
    }
  });
});

describe("a bucket", () => {
  test("is not made, opened or emptied by users", async () => {
    const path = await put();
    const { storage } = owner.client;

    const answers = [
      await storage.createBucket("mine", { public: true }),
      await storage.updateBucket("documents", { public: true }),
      await storage.emptyBucket("documents"),
      await storage.deleteBucket("documents"),
    ];

    for (const { error } of answers) expect(error).not.toBeNull();
    expect(await read(path)).toBe("ours");
  });
});
