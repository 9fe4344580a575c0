import { type Actor, ask, pick, tell } from "./actor.ts";

/** Searches in some mode, with a context for a model. */
export async function search(actor: Actor): Promise<void> {
  await ask(actor, "search", {
    body: {
      orgId: actor.user.orgId,
      query: `What does paragraph ${Math.floor(actor.random() * 20)} say?`,
      mode: pick(actor, ["hybrid", "vector", "text"]),
      max_context_tokens: 500 + Math.floor(actor.random() * 2000),
    },
  });
}

/** Invites the guest, who joins, looks at the documents and leaves. */
export async function receiveGuest(actor: Actor): Promise<void> {
  const { user, guest } = actor;
  let token = "";
  await tell(actor, "invite", async () => {
    const { data } = await guest.client.auth.getUser(guest.accessToken);
    const answer = await user.client.rpc("invite_member", {
      org_id: user.orgId,
      email: data.user?.email ?? "",
      role: "viewer",
    });
    token = answer.data?.[0]?.token ?? "";
    return answer;
  });
  if (!token) return;
  await tell(actor, "accept", () => guest.client.rpc("accept_invitation", { token }));
  await tell(
    actor,
    "read as guest",
    () => guest.client.from("vault_documents").select("id").limit(5),
  );
  await tell(actor, "leave", () => guest.client.rpc("leave_organization", { org_id: user.orgId }));
}
