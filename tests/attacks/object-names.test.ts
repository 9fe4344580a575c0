import { beforeAll, describe, expect, test } from "vitest";
import { adminOf, createUser, type User } from "../support/user.ts";
import { rawRequest } from "../http/support/raw-request.ts";

const id = crypto.randomUUID();
let user: User;
let victim: User;

beforeAll(async () => {
  [user, victim] = await Promise.all([createUser(), createUser()]);
  const { error } = await victim.client.storage.from("documents")
    .upload(`${victim.orgId}/${id}/a.md`, new TextEncoder().encode("theirs"));
  if (error) throw error;
});

/** Sends the path as it is written, which `fetch` would not. */
function send(method: string, path: string, body = "planted") {
  return rawRequest(user.stack.url, [
    `${method} /storage/v1/object/documents/${path} HTTP/1.1`,
    `apikey: ${user.stack.publishableKey}`,
    `Authorization: Bearer ${user.accessToken}`,
    "Content-Type: text/markdown",
    "x-upsert: true",
    `Content-Length: ${new TextEncoder().encode(body).length}`,
  ], body);
}

async function namesOf({ client, orgId }: User): Promise<string[]> {
  const { data } = await client.storage.from("documents").list(`${orgId}/${id}`);
  return (data ?? []).map(({ name }) => name.split("/").at(-1)!).sort();
}

/** OWN and THEIRS stand for the folders of the two organisations. */
const badNames = [
  ["another organisation's folder", "THEIRS/DOC/x.md"],
  ["another organisation's object", "THEIRS/DOC/a.md"],
  ["the root", "x.md"],
  ["a leading slash", "/OWN/DOC/x.md"],
  ["no document", "OWN/x.md"],
  ["a folder in the document", "OWN/DOC/more/x.md"],
  ["no name", "OWN/DOC/"],
  ["dots that lead out", "OWN/DOC/../../THEIRS/DOC/x.md"],
  ["encoded dots", "OWN/%2e%2e/THEIRS/DOC/x.md"],
  ["dots with an encoded slash", "OWN/DOC/..%2f..%2fTHEIRS%2fDOC%2fx.md"],
  ["doubly encoded dots", "OWN/DOC/%252e%252e%252fx.md"],
  ["a name of dots", "OWN/DOC/..."],
  ["a back-slash", "OWN/DOC/a%5cb.md"],
  ["dots and back-slashes", "OWN/DOC/..%5c..%5cTHEIRS%5cDOC%5cx.md"],
  ["two slashes", "OWN/DOC//x.md"],
  ["a hidden name", "OWN/DOC/.env"],
  ["a final dot", "OWN/DOC/x."],
  ["a final space", "OWN/DOC/x.md%20"],
  ["a NUL", "OWN/DOC/x.md%00.png"],
  ["a line break", "OWN/DOC/x%0a.md"],
  ["an emoji", "OWN/DOC/%F0%9F%98%80.md"],
  ["a composed letter", "OWN/DOC/%C3%A9.md"],
  ["a decomposed letter", "OWN/DOC/e%CC%81.md"],
  ["a right-to-left mark", "OWN/DOC/%E2%80%AEdm.x"],
  ["a broken escape", "OWN/DOC/%zz.md"],
  ["bytes that are not UTF-8", "OWN/DOC/%ff%fe.md"],
  ["a name of 300 characters", `OWN/DOC/${"x".repeat(300)}`],
  ["a name of 3,000 characters", `OWN/DOC/${"x".repeat(3000)}`],
  ["capital ids", "UPPER/DOC/x.md"],
  ["a question mark in the name", "OWN/DOC/x%3f.md"],
] as const;

function fill(name: string): string {
  return name.replace("OWN", user.orgId).replace("UPPER", user.orgId.toUpperCase())
    .replaceAll("THEIRS", victim.orgId).replaceAll("DOC", id);
}

describe("an object name", () => {
  test("of the right form is taken", async () => {
    const names = ["a.md", "A-b_c (1)+2.md", "x", "1".repeat(200)];

    for (const name of names) {
      const { status } = await send("POST", `${user.orgId}/${id}/${encodeURIComponent(name)}`);

      expect(status, name).toBe(200);
    }

    expect(await namesOf(user)).toEqual(names.toSorted());
  });

  test.each(badNames)("with %s is refused, and nothing is there", async (_, name) => {
    const before = [await namesOf(user), await namesOf(victim)];

    for (const method of ["POST", "PUT"]) {
      const answer = await send(method, fill(name));

      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }

    expect([await namesOf(user), await namesOf(victim)]).toEqual(before);
  });

  test("leads a reader to nothing but its own object", async () => {
    const victimPath = `${victim.orgId}/${id}/a.md`;
    for (
      const path of [
        victimPath,
        `${user.orgId}/../${victimPath}`,
        `${user.orgId}/%2e%2e/${victimPath}`,
        `${user.orgId}/..%2f${victimPath.replaceAll("/", "%2f")}`,
        `../documents/${victimPath}`,
        `../public/documents/${victimPath}`,
        `../info/documents/${victimPath}`,
      ]
    ) {
      const answer = await send("GET", path, "");

      expect(answer.status, path).toBeGreaterThanOrEqual(400);
      expect(answer.text, path).not.toContain("theirs");
    }
  });

  test("leaves the victim's object as it was", async () => {
    const { data } = await victim.client.storage.from("documents")
      .download(`${victim.orgId}/${id}/a.md`);

    expect(await data?.text()).toBe("theirs");
    expect(await namesOf(victim)).toEqual(["a.md"]);
  });

  test("outside the folders of organisations has been stored by nobody", async () => {
    const { data } = await adminOf(user.stack).storage.from("documents").list("", { limit: 1000 });

    const names = (data ?? []).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(name).toMatch(/^[0-9a-f-]{36}(\/[0-9a-f-]{36}\/[^/]+)?$/);
  });
});
