import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textLanguages } from "../../shared/knowledge/text-languages.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { sqlStateOf } from "./support/rejection.ts";
import {
  chunk,
  createDocument,
  liftTrainingCap,
  type NewChunk,
  train,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

const texts: [string | undefined, string][] = [
  ["german", "Die Häuser wurden verkauft."],
  ["english", "The houses were sold."],
  ["french", "Les maisons étaient vendues."],
  ["simple", "Domy zostały sprzedane."],
  ["simple", "请在周五之前预订会议室。茶水间在三楼。"],
  ["simple", "会議室の予約は前日までに総務部へ申し込む。ロッカーは別。"],
  ["english", "Korean staff: 회의실에서는 음식을 먹을 수 없습니다."],
  ["english", "The part 𠮷野 is spelled with a rare letter."],
  ["german", "Die Ku\u0308ndigungs\u00adfrist gilt."],
  ["simple", "\u1112\u1162\u110c\u1175 통지"],
  ["simple", "ﾌﾟﾛｼﾞｪｸﾄの型番はＡＢ１２です。"],
  ["english", "An eﬃcient CO₂ valve."],
  ["english", "The kitchen/bathroom wall of 3/S-501, and/or HVAC/plumbing."],
  [undefined, "A chunk from an older worker mentions bridges."],
];

beforeAll(async () => {
  await liftTrainingCap(db);
  for (const [language, content] of texts) {
    const document = await createDocument(db, cast.orgId);
    const own: Partial<NewChunk> & { language?: string } = {
      content,
      ...(language && { language }),
    };
    await train(db, cast.editor, document, [chunk(0, own)]);
  }
});

async function find(query: string): Promise<string[]> {
  const rows = await db.as(cast.viewer, (client) =>
    client.query<{ content: string }>(
      "select content from public.search_knowledge($1, $2, p_mode => 'text')",
      [cast.orgId, query],
    ));
  return rows.map(({ content }) => content);
}

describe("search_knowledge by words", () => {
  test.each([
    ["Hausverkauf eines Hauses", "Die Häuser wurden verkauft."],
    ["selling a house", "The houses were sold."],
    ["une maison à vendre", "Les maisons étaient vendues."],
    ["sprzedane", "Domy zostały sprzedane."],
    ["a bridge", "A chunk from an older worker mentions bridges."],
  ])("finds for %j what is written in its language", async (query, content) => {
    expect(await find(query)).toContain(content);
  });

  test.each([
    ["预订", "请在周五之前预订会议室。茶水间在三楼。"],
    ["会议室怎么预订？", "请在周五之前预订会议室。茶水间在三楼。"],
    ["茶", "请在周五之前预订会议室。茶水间在三楼。"],
    ["総務部", "会議室の予約は前日までに総務部へ申し込む。ロッカーは別。"],
    ["ロッカーはどこ", "会議室の予約は前日までに総務部へ申し込む。ロッカーは別。"],
    ["회의실", "Korean staff: 회의실에서는 음식을 먹을 수 없습니다."],
    ["the Korean staff", "Korean staff: 회의실에서는 음식을 먹을 수 없습니다."],
    ["𠮷野", "The part 𠮷野 is spelled with a rare letter."],
  ])("finds %j first where no space parts the words", async (query, content) => {
    const [first] = await find(query);

    expect(first).toBe(content);
  });

  test.each([
    ["Kündigungsfrist", "Die Ku\u0308ndigungs\u00adfrist gilt."],
    ["Ku\u0308ndigungsfrist", "Die Ku\u0308ndigungs\u00adfrist gilt."],
    ["해지", "\u1112\u1162\u110c\u1175 통지"],
    ["プロジェクト", "ﾌﾟﾛｼﾞｪｸﾄの型番はＡＢ１２です。"],
    ["ab12", "ﾌﾟﾛｼﾞｪｸﾄの型番はＡＢ１２です。"],
    ["efficient", "An eﬃcient CO₂ valve."],
    ["CO2", "An eﬃcient CO₂ valve."],
    ["bathroom", "The kitchen/bathroom wall of 3/S-501, and/or HVAC/plumbing."],
    ["plumbing/electrical", "The kitchen/bathroom wall of 3/S-501, and/or HVAC/plumbing."],
    ["3/S-501", "The kitchen/bathroom wall of 3/S-501, and/or HVAC/plumbing."],
  ])("finds %j first as people type it, however it is written", async (query, content) => {
    const [first] = await find(query);

    expect(first).toBe(content);
  });

  test("joins no letters over a mark between them", async () => {
    const words = await db.query<{ word: string }>(
      "select unnest(tsvector_to_array(private.get_search_vector('simple', '楼。茶・x水'))) as word",
    );

    expect(words.map(({ word }) => word).sort()).toEqual(["x", "楼", "水", "茶"]);
  });

  test("knows no stems where it does not know the language", async () => {
    expect(await find("sprzedany")).toEqual([]);
  });

  test("finds nothing by the stop words of any language", async () => {
    expect(await find("die und the of et")).toEqual([]);
  });
});

describe("vault_documents.language", () => {
  test("takes the languages that workers know, and no other", async () => {
    const document = await createDocument(db, cast.orgId);
    const set = (language: string | null) =>
      db.as(
        cast.editor,
        (client) =>
          client.query("update public.vault_documents set language = $1 where id = $2", [
            language,
            document,
          ]),
      );

    for (const language of [...textLanguages, null]) await set(language);
    for (const language of ["klingon", "", "German", "pg_catalog.german"]) {
      expect(await sqlStateOf(set(language))).toBe("23514");
    }
    const names = await db.query<{ name: string }>(
      "select cfgname::text as name from pg_ts_config where cfgnamespace = 'pg_catalog'::regnamespace",
    );
    expect(names.map(({ name }) => name).sort()).toEqual([...textLanguages].sort());
  });

  test("is an announcement that the document has to be trained again", async () => {
    const document = await createDocument(db, cast.orgId);

    await db.as(
      cast.editor,
      (client) =>
        client.query("update public.vault_documents set language = 'german' where id = $1", [
          document,
        ]),
    );

    const { revision } = only(
      await db.query<{ revision: number }>(
        "select revision from public.vault_documents where id = $1",
        [document],
      ),
    );
    expect(revision).toBe(2);
  });
});
