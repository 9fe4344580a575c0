import { decodeJwt } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { addConversation } from "../support/conversations.ts";
import { callFiles, createFile, type Download } from "../support/training-files.ts";
import { createMember, createUser, type User } from "../support/user.ts";

let owner: User;

beforeAll(async () => {
  owner = await createUser();
});

describe("a signed address of a training file", () => {
  async function signed() {
    const file = await createFile(owner, [await addConversation(owner)]);
    const member = await createMember(owner, "viewer");
    const { body } = await callFiles(member, `/${file.id}/download?format=json`);
    const { download_url } = body as unknown as Download;
    const status = async () => {
      const answer = await fetch(download_url);
      await answer.body?.cancel();
      return answer.status;
    };
    return { file, member, url: new URL(download_url), status };
  }

  test("is good for an hour and not longer", async () => {
    const { url } = await signed();

    const { exp = Infinity } = decodeJwt(url.searchParams.get("token")!);

    expect(exp - Date.now() / 1000).toBeLessThanOrEqual(3600);
    expect(exp - Date.now() / 1000).toBeGreaterThan(3500);
  });

  test("outlives the membership of who asked for it, as docs/security.md says", async () => {
    const { member, status } = await signed();
    expect(await status()).toBe(200);

    await owner.client.rpc("remove_member", {
      org_id: owner.orgId,
      user_id: member.id,
    }).throwOnError();

    expect(await status()).toBe(200);
  });

  test("opens nothing once the file is deleted", async () => {
    const { file, status } = await signed();
    expect(await status()).toBe(200);

    await callFiles(owner, `/${file.id}`, { method: "DELETE" });

    expect(await status()).toBeGreaterThanOrEqual(400);
  });

  test("opens no other object", async () => {
    const [first, second] = [await signed(), await signed()];
    const stolen = new URL(second.url);
    stolen.search = first.url.search;

    const answer = await fetch(stolen);
    await answer.body?.cancel();

    expect(answer.ok).toBe(false);
    expect(await first.status()).toBe(200);
  });
});
