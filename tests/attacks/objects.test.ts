import { createClient } from "@supabase/supabase-js";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { aCrop, createDrawing } from "../support/crops.ts";
import type { User } from "../support/user.ts";
import { rawRequest } from "../http/support/raw-request.ts";
import { createTeam, type Team } from "./support/team.ts";

let team: Team;
let projectId: string;

beforeAll(async () => {
  team = await createTeam(inject("stack"));
  ({ projectId } = await createDrawing(team.owner));
});

interface Bucket {
  name: string;
  /** A new name in the folder that is attacked. */
  make: () => string;
  content: Uint8Array<ArrayBuffer>;
  contentType: string;
}

const id = () => crypto.randomUUID();
const text = (value: string) => new TextEncoder().encode(value);
const buckets: Bucket[] = [
  {
    name: "documents",
    make: () => `${team.owner.orgId}/${id()}/a.md`,
    content: text("ours"),
    contentType: "text/markdown",
  },
  {
    name: "pointer-crops",
    make: () => `${team.owner.orgId}/${projectId}/${id()}.png`,
    content: aCrop(),
    contentType: "image/png",
  },
  {
    name: "conversation-files",
    make: () => `${team.owner.id}/${id()}/enriched.json`,
    content: text("{}"),
    contentType: "application/json",
  },
];

type Storage = ReturnType<User["client"]["storage"]["from"]>;

function storageOf(
  who: "owner" | "viewer" | "memberOfTwo" | "stranger" | "anonymous",
  bucket: string,
) {
  const { url, publishableKey } = inject("stack");
  const client = who === "anonymous" ? createClient(url, publishableKey) : team[who].client;
  return client.storage.from(bucket) as Storage;
}

describe.each(buckets)("an object of $name", ({ name, make, content, contentType }) => {
  const put = async (path = make()) => {
    const { error } = await storageOf("owner", name).upload(path, content, { contentType });
    if (error) throw error;
    return path;
  };
  const sizeOf = async (path: string) => (await storageOf("owner", name).download(path)).data?.size;

  test.each(["stranger", "anonymous"] as const)("is out of reach of the %s", async (who) => {
    const path = await put();
    const storage = storageOf(who, name);

    const answers = [
      await storage.download(path),
      await storage.createSignedUrl(path, 60),
      await storage.createSignedUploadUrl(make()),
      await storage.info(path),
      await storage.copy(path, make()),
      await storage.move(path, make()),
    ];
    const listed = await storage.list(path.split("/").slice(0, -1).join("/"));
    const everything = await storage.list("", { limit: 1000 });

    for (const { data } of answers) expect(data).toBeNull();
    expect(JSON.stringify([listed.data, everything.data])).not.toContain(path.split("/")[0]);
    expect(await sizeOf(path)).toBe(content.length);
  });

  test.each(["stranger", "anonymous", "viewer", "memberOfTwo"] as const)(
    "is not written over, beside, or away by the %s",
    async (who) => {
      const [path, beside] = [await put(), make()];
      const storage = storageOf(who, name);
      const other = text('{"x":1}');

      const answers = [
        await storage.upload(path, other, { contentType }),
        await storage.upload(path, other, { contentType, upsert: true }),
        await storage.update(path, other, { contentType }),
        await storage.upload(beside, other, { contentType }),
        await storage.move(path, beside),
      ];
      await storage.remove([path]);

      for (const { error } of answers) expect(error).not.toBeNull();
      expect(await sizeOf(path)).toBe(content.length);
      expect(await sizeOf(beside)).toBeUndefined();
    },
  );

  test("is read, signed, listed and written over by its owner", async () => {
    const path = await put();
    const storage = storageOf("owner", name);

    const read = await storage.download(path);
    const signed = await storage.createSignedUrl(path, 60);
    const listed = await storage.list(path.split("/").slice(0, -1).join("/"));
    const written = await storage.upload(path, content, { contentType, upsert: true });

    expect([read.error, signed.error, written.error]).toEqual([null, null, null]);
    expect(JSON.stringify(listed.data)).toContain(path.split("/").at(-1));
  });
});

describe("an upload", () => {
  const send = (path: string, length: number, body: string) =>
    rawRequest(inject("stack").url, [
      `POST /storage/v1/object/documents/${path} HTTP/1.1`,
      `apikey: ${inject("stack").publishableKey}`,
      `Authorization: Bearer ${team.owner.accessToken}`,
      "Content-Type: text/markdown",
      `Content-Length: ${length}`,
    ], body);
  const read = async (path: string) =>
    await (await storageOf("owner", "documents").download(path)).data?.text();

  test("of as many bytes as it says is stored", async () => {
    const path = buckets[0]!.make();

    const { status } = await send(path, 5, "12345");

    expect([status, await read(path)]).toEqual([200, "12345"]);
  });

  test("of more bytes than it says ends where it says", async () => {
    const path = buckets[0]!.make();

    await send(path, 5, "12345GET /storage/v1/bucket HTTP/1.1\r\n\r\n");

    expect([undefined, "12345"]).toContain(await read(path));
  });

  test("of fewer bytes than it says is not stored", async () => {
    const path = buckets[0]!.make();
    const { hostname, port } = new URL(inject("stack").url);
    using connection = await Deno.connect({ hostname, port: Number(port) });
    const head = [
      `POST /storage/v1/object/documents/${path} HTTP/1.1`,
      `Host: ${hostname}`,
      `apikey: ${inject("stack").publishableKey}`,
      `Authorization: Bearer ${team.owner.accessToken}`,
      "Content-Length: 100",
    ];

    await connection.write(text(`${head.join("\r\n")}\r\n\r\nhalf`));
    connection.close();
    await send(buckets[0]!.make(), 1, "x");

    expect(await read(path)).toBeUndefined();
  });
});
