import { beforeAll, describe, expect, test } from "vitest";
import { addConversation, addConversations } from "../support/conversations.ts";
import { callFiles, createFile, type TrainingFile } from "../support/training-files.ts";
import { createUser, type User } from "../support/user.ts";

interface Analytics {
  balance: {
    persona: { shares: { key: string; count: number }[]; entropy: number };
    cells: number;
    gaps: { persona: string }[];
  };
  suggestions: {
    conversation_id: string;
    cell: { persona: string | null; emotional_arc: string | null; training_topic: string | null };
  }[];
}

let user: User;
let file: TrainingFile;
const rows = { persona_id: "", emotional_arc_id: "", training_topic_id: "" };

async function analyse(): Promise<Analytics> {
  const { status, body, text } = await callFiles(user, `/${file.id}/analytics`);
  expect(status, text).toBe(200);
  return body.analytics as Analytics;
}

/** The cell of a conversation that is suggested; undefined when it is not. */
async function suggestedCell(id: string) {
  const { suggestions } = await analyse();
  return suggestions.find((one) => one.conversation_id === id)?.cell;
}

/** Says in the row of a conversation where it stands. */
async function place(id: string, columns: Partial<typeof rows>) {
  const { error } = await user.client.from("conversations").update(columns)
    .eq("conversation_id", id);
  expect(error).toBeNull();
}

beforeAll(async () => {
  user = await createUser();
  const { client, orgId: org_id } = user;
  const personas = await client.from("personas")
    .insert({ org_id, persona_key: "late_starter", name: "Late Starter" }).select("id").single();
  const arcs = await client.from("emotional_arcs")
    .insert({ org_id, emotional_arc_key: "anger_to_calm", name: "Anger → Calm" })
    .select("id").single();
  const topics = await client.from("training_topics")
    .insert({ org_id, training_topic_key: "pensions", name: "Pensions" }).select("id").single();
  rows.persona_id = personas.data!.id;
  rows.emotional_arc_id = arcs.data!.id;
  rows.training_topic_id = topics.data!.id;
  file = await createFile(user, await addConversations(user, 2));
});

describe("a suggestion", () => {
  test("may be a conversation that no file ever held, by what its row says", async () => {
    const id = await addConversation(user);
    await place(id, rows);

    expect(await suggestedCell(id)).toEqual({
      persona: "late_starter",
      emotional_arc: "anger_to_calm",
      training_topic: "pensions",
    });
  });

  test("needs one of the three", async () => {
    const unknown = await addConversation(user);
    const known = await addConversation(user);
    await place(known, { training_topic_id: rows.training_topic_id });

    expect(await suggestedCell(unknown)).toBeUndefined();
    expect(await suggestedCell(known)).toEqual({
      persona: null,
      emotional_arc: null,
      training_topic: "pensions",
    });
  });

  test("goes by the content, where a file has held it, and not by the row", async () => {
    const id = await addConversation(user, { persona: "spender" });
    await place(id, rows);
    await createFile(user, [id]);

    expect(await suggestedCell(id)).toMatchObject({ persona: "spender" });
  });

  test("is enriched, and not in the file", async () => {
    const unready = await addConversation(user, { status: "not_started" });
    await place(unready, rows);
    const { body } = await callFiles(user, `/${file.id}/conversations`);
    const members = body.conversation_ids as string[];
    for (const id of members) await place(id, rows);

    const ids = (await analyse()).suggestions.map((one) => one.conversation_id);

    expect(ids).not.toContain(unready);
    for (const id of members) expect(ids).not.toContain(id);
  });
});

describe("near-duplicates", () => {
  test("are in the analytics and in the report", async () => {
    const words = crypto.randomUUID();
    const twins = [await addConversation(user, { words }), await addConversation(user, { words })];
    const { id } = await createFile(user, twins);

    const { body } = await callFiles(user, `/${id}/analytics`);
    const report = await callFiles(user, `/${id}/versions/1/report`);

    expect(body.analytics).toMatchObject({
      near_duplicates: {
        conversations: [{ conversation_id: twins[1], duplicate_of: twins[0], similarity: 1 }],
      },
    });
    expect(report.body.report).toMatchObject({
      rows: expect.arrayContaining([expect.objectContaining({ code: "W18" })]),
    });
  });
});

describe("the balance", () => {
  test("counts the keys that the organisation has and the file lacks", async () => {
    const { balance } = await analyse();

    expect(balance.persona.shares).toMatchObject([{ key: "anxious_planner", count: 2 }, {
      key: "late_starter",
      count: 0,
    }]);
    expect(balance.cells).toBe(8);
    expect(balance.gaps.map((gap) => gap.persona)).toContain("late_starter");
  });

  test("does not know another organisation's", async () => {
    const other = await createUser();
    const { error } = await other.client.from("personas")
      .insert({ org_id: other.orgId, persona_key: "theirs", name: "Theirs" });

    const { balance } = await analyse();

    expect(error).toBeNull();
    expect(balance.persona.shares.map(({ key }) => key)).not.toContain("theirs");
  });
});
