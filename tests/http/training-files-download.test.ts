import { beforeAll, describe, expect, test } from "vitest";
import { unzipSync } from "fflate";
import { addConversation, addConversations } from "../support/conversations.ts";
import {
  callFiles,
  change,
  createFile,
  download,
  linesOf,
  objectsOf,
  sha256Of,
  type TrainingFile,
} from "../support/training-files.ts";
import { createMember, createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

const formats = [
  ["json", "json"],
  ["jsonl", "jsonl"],
  ["openai", "jsonl"],
  ["messages", "jsonl"],
  ["sharegpt", "jsonl"],
  ["alpaca", "jsonl"],
  ["trl", "jsonl"],
  ["llamafactory", "zip"],
  ["axolotl", "zip"],
] as const;
const exportFormats = formats.slice(2).map(([format]) => format);

let user: User;
let ids: string[];
let file: TrainingFile;

/** Two targets and one open pair in each conversation. */
const rowsOf = { conversation: 6, pair: 12 };

beforeAll(async () => {
  user = await createUser();
  ids = await addConversations(user, 6, { pairs: 2, openPairs: 1 });
  file = await createFile(user, ids, { name: "Spring clients" });
});

/** The path that a signed URL leads to. */
const pathOf = (url: string) => new URL(url).pathname;

/** The rows of a JSONL export, or of the data file in a zip. */
function rowsIn(bytes: Uint8Array, text: string): Record<string, unknown>[] {
  if (bytes[0] !== 0x50) return linesOf(text);
  const entries = Object.entries(unzipSync(bytes)).filter(([name]) => name.endsWith(".jsonl"));
  return entries.flatMap(([, data]) => linesOf(new TextDecoder().decode(data)));
}

describe("GET /training-files/:id/download", () => {
  test.each(formats)("gives %s with its true size and hash", async (format, extension) => {
    const got = await download(user, file.id, { format });

    expect(got.filename).toBe(`Spring clients.${extension}`);
    expect(got.expires_in_seconds).toBe(3600);
    expect(got.size_bytes).toBe(got.bytes.byteLength);
    expect(got.sha256).toBe(await sha256Of(got.bytes));
  });

  test.each(formats)("gives %s again from the object that is there", async (format) => {
    const first = await download(user, file.id, { format });
    const objects = await objectsOf(user.stack, file.id);

    const second = await download(user, file.id, { format });

    expect(pathOf(second.download_url)).toBe(pathOf(first.download_url));
    expect(second.sha256).toBe(first.sha256);
    expect(await objectsOf(user.stack, file.id)).toEqual(objects);
  });

  test.each(exportFormats)("gives %s by conversation and by pair", async (format) => {
    for (const granularity of ["conversation", "pair"] as const) {
      const { bytes, text } = await download(user, file.id, { format, granularity });

      expect(rowsIn(bytes, text)).toHaveLength(rowsOf[granularity]);
    }
  });

  test("gives one object to requests that come at once", async () => {
    const { id } = await createFile(user, ids.slice(0, 2));

    const got = await Promise.all(
      Array.from({ length: 8 }, () => download(user, id, { format: "llamafactory" })),
    );

    expect(new Set(got.map(({ sha256 }) => sha256)).size).toBe(1);
    for (const { bytes, sha256 } of got) expect(await sha256Of(bytes)).toBe(sha256);
    expect(await objectsOf(user.stack, id)).toHaveLength(4);
  });

  test("writes the mask in the target's words", async () => {
    const query = { format: "openai", granularity: "conversation" };

    const last = linesOf((await download(user, file.id, { ...query, loss: "last" })).text);
    const all = linesOf((await download(user, file.id, { ...query, loss: "all" })).text);

    const weights = (rows: Record<string, unknown>[]) =>
      (rows[0]!.messages as { role: string; weight?: number }[])
        .filter(({ role }) => role === "assistant").map(({ weight }) => weight);
    expect(weights(last)).toEqual([0, 1]);
    expect(weights(all)).toEqual([undefined, undefined]);
  });

  test("gives messages a dataset card that names its file and counts its rows", async () => {
    const query = { format: "messages", file: "card" };

    const card = await download(user, file.id, query);
    const again = await download(user, file.id, query);
    const data = await download(user, file.id, { format: "messages", file: "data" });

    expect(card.filename).toBe("README.md");
    expect(card.size_bytes).toBe(card.bytes.byteLength);
    expect(card.sha256).toBe(await sha256Of(card.bytes));
    expect(pathOf(again.download_url)).toBe(pathOf(card.download_url));
    expect(card.text).toMatch(/^---\nconfigs:\n- config_name: default\n/);
    expect(card.text).toContain("    path: spring-clients-v1.jsonl\n");
    expect(card.text).toContain(`| spring-clients-v1.jsonl | ${linesOf(data.text).length} |`);
    expect(data.filename).toBe("Spring clients.jsonl");
    expect(pathOf(data.download_url)).not.toBe(pathOf(card.download_url));
  });

  test("gives both parts of a split one card, with the rows that each has", async () => {
    const split = { format: "messages", granularity: "pair", validation_percent: "50" };
    const of = (part: string, which: string) =>
      download(user, file.id, { ...split, split: part, file: which });

    const [train, validation] = [await of("train", "card"), await of("validation", "card")];

    expect(pathOf(train.download_url)).toBe(pathOf(validation.download_url));
    for (const part of ["train", "validation"]) {
      const rows = linesOf((await of(part, "data")).text).length;
      const isNamed = train.text.includes(
        `| ${part} | spring-clients-v1-${part}.jsonl | ${rows} |`,
      );
      expect(isNamed).toBe(rows > 0);
    }
  });

  test.each(["json", "jsonl", "openai", "axolotl"])("has no card for %s", async (format) => {
    const answer = await callFiles(user, `/${file.id}/download?format=${format}&file=card`);

    expectError(answer, 400, "INVALID_REQUEST");
  });

  test("leaves the header of the JSONL out with meta=false", async () => {
    const with_ = await download(user, file.id, { format: "jsonl", meta: "true" });
    const without = await download(user, file.id, { format: "jsonl", meta: "false" });

    expect(without.text).toBe(with_.text.slice(with_.text.indexOf("\n") + 1));
    expect(linesOf(without.text)).toHaveLength(12);
  });

  test("passes pairs through with the letters of their numbers and other scripts", async () => {
    const { text } = await download(user, file.id, { format: "json" });

    expect(text).toContain("好");
    expect(text).toContain("“gut”");
    expect(text).not.toContain("\\u");
  });

  test("gives an older version as it was", async () => {
    const { id } = await createFile(user, ids.slice(0, 2));
    const before = await download(user, id, { format: "json" });
    await change(user, id, "add", [ids[2]!]);

    const old = await download(user, id, { format: "json", version: "1" });
    const live = await download(user, id, { format: "json" });
    const oldExport = await download(user, id, { format: "openai", version: "1" });

    expect(old.text).toBe(before.text);
    expect(JSON.parse(live.text).conversations).toHaveLength(3);
    expect(linesOf(oldExport.text)).toHaveLength(2);
  });

  test("does not find a version that is not there", async () => {
    const answer = await callFiles(user, `/${file.id}/download?format=json&version=9`);

    expectError(answer, 404, "VERSION_NOT_FOUND");
  });

  test("keeps near-duplicates in one part, whatever the seed", async () => {
    const words = crypto.randomUUID();
    const twins = [await addConversation(user, { words }), await addConversation(user, { words })];
    const { id } = await createFile(user, [...twins, ids[0]!, ids[1]!]);

    for (const seed of ["a", "b", "c", "d", "e", "f"]) {
      const { text } = await download(user, id, {
        format: "openai",
        split: "validation",
        validation_percent: "50",
        seed,
      });

      expect([0, 2]).toContain(
        linesOf(text).filter((row) => JSON.stringify(row).includes(words)).length,
      );
    }
  });

  test("signs a URL that ends in an hour", async () => {
    const { download_url } = await download(user, file.id, { format: "json" });

    const token = new URL(download_url).searchParams.get("token")!;
    const { exp } = JSON.parse(
      atob(token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/")),
    );
    expect(Math.abs(exp - Date.now() / 1000 - 3600)).toBeLessThan(60);
  });

  test("splits into parts that share nothing and lack nothing", async () => {
    const query = { format: "openai", granularity: "pair", validation_percent: "40", seed: "7" };

    const train = await download(user, file.id, { ...query, split: "train" });
    const validation = await download(user, file.id, { ...query, split: "validation" });
    const whole = await download(user, file.id, { format: "openai", granularity: "pair" });

    const parts = [...train.text.split("\n"), ...validation.text.split("\n")].filter(Boolean);
    expect(parts.toSorted()).toEqual(whole.text.split("\n").filter(Boolean).toSorted());
    expect(new Set(parts).size).toBe(rowsOf.pair);
    // Both pairs of a conversation are in one part.
    expect(linesOf(train.text).length % 2).toBe(0);
  });

  test("gives a part without rows as an empty file", async () => {
    const query = { format: "openai", split: "validation", validation_percent: "0" };

    const got = await download(user, file.id, query);

    expect(got.size_bytes).toBe(0);
    expect(got.sha256).toBe(await sha256Of(new Uint8Array()));
  });

  test("gives the same part for the same seed and others for others", async () => {
    const part = async (seed: string) =>
      (await download(user, file.id, {
        format: "openai",
        split: "train",
        validation_percent: "50",
        seed,
      })).text;

    const [first, again] = [await part("a"), await part("a")];
    const others = await Promise.all(["b", "c", "d", "e"].map(part));

    expect(again).toBe(first);
    expect(others.some((other) => other !== first)).toBe(true);
  });

  test("builds an export of a renamed file with the name that its version was made with", async () => {
    const { id } = await createFile(user, ids.slice(0, 2), {
      name: `Before ${crypto.randomUUID()}`,
    });
    const early = await download(user, id, { format: "axolotl" });
    const name = `After ${crypto.randomUUID()}`;
    await callFiles(user, `/${id}`, { method: "PATCH", body: { name } });

    const late = await download(user, id, { format: "llamafactory" });

    expect(late.filename).toBe(`${name}.zip`);
    const dataOf = ({ bytes }: typeof late) =>
      Object.keys(unzipSync(bytes)).find((member) => member.endsWith(".jsonl"));
    expect(dataOf(late)).toMatch(/^before-/);
    expect(dataOf(late)).toBe(dataOf(early));
    expect((await download(user, id, { format: "json" })).text).toContain('"file_name":"Before ');
  });

  test("gives a viewer what an owner gets", async () => {
    const viewer = await createMember(user, "viewer");

    const got = await download(viewer, file.id, { format: "trl" });

    expect(linesOf(got.text)).toHaveLength(rowsOf.pair);
  });

  test.each([
    "Rücklagen – „Frühling“",
    "a/b\\c",
    'say "hi"; filename=x',
    "line\u2028end %41 #1?x&y",
    "家計",
  ])("gives the file %j under its name", async (name) => {
    const { id } = await createFile(user, ids.slice(0, 1), {
      name: `${name} ${crypto.randomUUID()}`,
    });

    for (const format of ["json", "openai", "axolotl"]) {
      const got = await download(user, id, { format });

      expect(got.filename.startsWith(name)).toBe(true);
      expect(got.sha256).toBe(await sha256Of(got.bytes));
      expect(new URL(got.download_url).searchParams.get("download")).toBe(got.filename);
    }
  });

  test.each([
    "",
    "format=xml",
    "format=JSON",
    "format=json&meta=false",
    "format=openai&meta=true",
    "format=json&granularity=pair",
    "format=jsonl&loss=last",
    "format=json&split=train",
    "format=openai&granularity=turn",
    "format=openai&loss=first",
    "format=openai&split=test",
    "format=openai&seed=1",
    "format=openai&validation_percent=10",
    "format=openai&split=train&validation_percent=101",
    "format=openai&split=train&validation_percent=-1",
    "format=json&version=0",
    "format=json&version=x",
    "format=json&page=1",
    "format=openai&split=train&seed=%00",
  ])("refuses ?%s", async (query) => {
    const answer = await callFiles(user, `/${file.id}/download?${query}`);

    expectError(answer, 400, "INVALID_REQUEST");
  });

  test("refuses a new export when a source has changed, and keeps what there is", async () => {
    const id = await addConversation(user, { pairs: 1 });
    const own = await createFile(user, [id]);
    const before = await download(user, own.id, { format: "json" });
    const upload = await user.client.storage.from("conversation-files").upload(
      `${user.id}/${id}/enriched.json`,
      new TextEncoder().encode(before.text.slice(0, 10)),
      { contentType: "application/json", upsert: true },
    );
    expect(upload.error).toBeNull();

    const fresh = await callFiles(user, `/${own.id}/download?format=openai`);

    expect(fresh.status, fresh.text).toBeLessThan(500);
    expect(fresh.status).toBeGreaterThanOrEqual(400);
    expect((await download(user, own.id, { format: "json" })).text).toBe(before.text);
  });
});
