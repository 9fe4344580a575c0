import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addConversation } from "../support/conversations.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { callFunction, type FunctionAnswer, type User } from "../support/user.ts";
import { expectError } from "../http/support/expect-error.ts";
import { type Call, callsWithIds } from "./support/calls-with-ids.ts";
import {
  createTeam,
  createThings,
  type Member,
  missingThings,
  type Team,
  type Things,
} from "./support/team.ts";

let own: OwnStack;
let team: Team;
let things: Things;

beforeAll(async () => {
  own = await startOwnStack({ cron: false, ownDatabase: true });
  team = await createTeam(own.address);
  things = await createThings(team.owner);
});
afterAll(() => own[Symbol.asyncDispose]());

function send(call: Call, user: User | null, ids = things, headers: Record<string, string> = {}) {
  return callFunction(call.path(ids), {
    ...(user && { user }),
    stack: own.address,
    method: call.method,
    ...(call.body && { body: call.body(ids) }),
    headers,
  });
}

/** The body, with every id that was asked for under one name. */
function withoutIds({ text }: FunctionAnswer, ids: Things): string {
  return Object.values(ids).reduce((all, id) => all.replaceAll(id, "ID"), text);
}

const ranks: Member[] = ["viewer", "editor", "admin", "owner"];

describe.each(callsWithIds)("$name", (call) => {
  const [lowest, status] = call.rightful;

  test("is closed to whoever has no token, or a key alone", async () => {
    const keys: Record<string, string>[] = [{}, { apikey: own.address.publishableKey }, {
      apikey: own.address.cronKey,
    }];

    for (const headers of keys) {
      expect((await send(call, null, things, headers)).status).toBe(401);
    }
  });

  test("is to a stranger what is not there, to the letter", async () => {
    const missing = missingThings(things);

    const foreign = await send(call, team.stranger);
    const none = await send(call, team.stranger, missing);

    const [hiddenStatus, code] = call.hidden;
    if (code) expectError(foreign, hiddenStatus, code);
    expect(foreign.status).toBe(hiddenStatus);
    expect(none.status).toBe(hiddenStatus);
    expect(withoutIds(foreign, things)).toBe(withoutIds(none, missing));
  });

  test("is refused below its role, also to who has a higher one elsewhere", async () => {
    const { viewer, editor, memberOfTwo } = team;
    const members = { viewer, editor, memberOfTwo };
    const tooLow = ranks.slice(0, ranks.indexOf(lowest)) as ("viewer" | "editor")[];

    for (const role of tooLow) {
      expectError(await send(call, members[role]), 403, "ROLE_TOO_LOW");
    }
    if (tooLow.length > 0 && !call.needsOrg) {
      expectError(await send(call, memberOfTwo), 403, "ROLE_TOO_LOW");
    }
    if (call.needsOrg) expectError(await send(call, memberOfTwo), 400, "ORG_REQUIRED");
  });

  test("is open to its role", async () => {
    const answer = await send(call, team[lowest]);

    expect(answer.status, answer.text).toBe(status);
  });
});

describe("a list with one's own conversations and a foreign one", () => {
  const ask = (path: string, ids: string[]) =>
    callFunction(path, {
      user: team.stranger,
      body: { conversation_ids: ids, ...(path === "training-files" && { name: "Mixed" }) },
    });

  test.each(["training-files", "training-files/preview"])(
    "is refused as a whole by POST %s, which names what is missing",
    async (path) => {
      const mine = await addConversation(team.stranger);

      const foreign = await ask(path, [mine, things.otherConversationId]);

      expectError(foreign, 404, "CONVERSATION_NOT_FOUND");
      const missing = crypto.randomUUID();
      const none = await ask(path, [mine, missing]);
      expect(none.text.replaceAll(missing, things.otherConversationId)).toBe(foreign.text);
      const files = await callFunction("training-files", { user: team.stranger, method: "GET" });
      expect(files.body.files).toEqual([]);
    },
  );

  test("is taken without the foreign one", async () => {
    const { status } = await ask("training-files", [await addConversation(team.stranger)]);

    expect(status).toBe(201);
  });
});

describe("a body that says who is asking", () => {
  test.each(["user_id", "userId", "org_id", "role", "created_by", "is_admin", "auth"])(
    "with %s is refused, whoever it names",
    async (field) => {
      const call = (more: object) =>
        callFunction("search", {
          user: team.viewer,
          body: { query: "roof", mode: "text", ...more },
        });

      expectError(await call({ [field]: team.stranger.id }), 400, "INVALID_REQUEST");
      expect((await call({})).status).toBe(200);
    },
  );
});
