import { afterAll, describe, expect, test } from "vitest";
import { readSet, SetError } from "../../../eval/retrieval/read-set.ts";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => Deno.remove(folder, { recursive: true }))));

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "maestro-set-" });
  folders.push(folder);
  const whole = {
    "docs.jsonl": '{"id":"d1","title":"One","text":"First."}\n{"id":"d2","text":"Second."}\n',
    "queries.jsonl": '{"id":"q1","text":"first?"}\n{"id":"q2","text":"second?"}',
    "qrels.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td2\t1\n",
    ...files,
  };
  for (const [name, text] of Object.entries(whole)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  return folder;
}

describe("readSet", () => {
  test("reads documents, questions and grades", async () => {
    expect(await readSet(await folderOf({}))).toEqual({
      documents: [{ id: "d1", title: "One", text: "First." }, {
        id: "d2",
        title: "",
        text: "Second.",
      }],
      queries: [{ id: "q1", text: "first?" }, { id: "q2", text: "second?" }],
      grades: new Map([["q1", new Map([["d1", 2]])], ["q2", new Map([["d2", 1]])]]),
    });
  });

  test("takes the files as BEIR has them, with _id, numbers, CRLF and no head", async () => {
    const { documents, queries, grades } = await readSet(
      await folderOf({
        "docs.jsonl": '{"_id":7,"title":"","text":"x","metadata":{}}\r\n',
        "queries.jsonl": '\ufeff{"_id":"1","text":"x","metadata":{}}\r\n\r\n',
        "qrels.tsv": "1\t7\t1\r\n",
      }),
    );

    expect(documents[0]!.id).toBe("7");
    expect(queries[0]!.id).toBe("1");
    expect(grades).toEqual(new Map([["1", new Map([["7", 1]])]]));
  });

  test("leaves out questions that nothing answers, before it counts", async () => {
    const folder = await folderOf({ "qrels.tsv": "q1\td1\t0\nq2\td2\t1\n" });

    expect((await readSet(folder, 1)).queries.map(({ id }) => id)).toEqual(["q2"]);
  });

  test("has nothing that a search refuses, nor a database", async () => {
    const { documents, queries } = await readSet(
      await folderOf({
        "docs.jsonl": String.raw`{"id":"d1","title":"One\u0000","text":"First \ud800 one"}`,
        "queries.jsonl": `{"id":"q1","text":"${"a".repeat(1999)}😀"}`,
      }),
    );

    expect(documents).toEqual([{ id: "d1", title: "One ", text: "First \ufffd one" }]);
    expect(queries[0]!.text).toBe(`${"a".repeat(1999)}\ufffd`);
  });

  test.each([
    ["docs.jsonl", "{}", "docs.jsonl line 1"],
    ["docs.jsonl", '{"id":"a","text":"x"}\n{"id":"a","text":"y"}', "docs.jsonl line 2"],
    ["docs.jsonl", "", "no documents"],
    ["queries.jsonl", '{"id":"q1"}', "queries.jsonl line 1"],
    ["queries.jsonl", "q1 first?", "queries.jsonl line 1"],
    ["qrels.tsv", "q1\td1\t1\nq1 d2 1", "qrels.tsv line 2"],
    ["qrels.tsv", "q1\t0\td1\t1\n", "qrels.tsv line 1"],
    ["qrels.tsv", "", "no question"],
  ])("says where %s %j is wrong", async (name, text, where) => {
    const reading = readSet(await folderOf({ [name]: text }));

    await expect(reading).rejects.toThrow(SetError);
    await expect(reading).rejects.toThrow(where);
  });

  test("names the file that is not there", async () => {
    await expect(readSet("/nowhere")).rejects.toThrow("/nowhere/docs.jsonl");
  });
});
