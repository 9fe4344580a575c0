import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only, type Persona } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";
import { createPage, createPointer, createProject } from "./support/drawings.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

const projectId = await createProject(db, cast.editor, cast.orgId);
await db.as(
  cast.editor,
  (client) =>
    client.query("insert into public.disciplines (project_id, name) values ($1, 'Plumbing')", [
      projectId,
    ]),
);
const pageId = await createPage(db, cast.editor, projectId);
await createPointer(db, cast.editor, pageId);

const tables = ["projects", "disciplines", "pages", "pointers", "experience_files"];

describe.each(tables)("%s", (table) => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see the rows of the organisation",
    async (verdict, role) => {
      const rows = await rowsFor(
        db,
        cast[role],
        `select 1 from public.${table} where org_id = $1`,
        [cast.orgId],
      );

      expect(rows > 0).toBe(verdict === "lets");
    },
  );
});

describe("a project", () => {
  test.each(eachRole("owner", "admin", "editor"))(
    "%s %s make one",
    async (verdict, role) => {
      const made = await createProject(db, cast[role], cast.orgId).then(() => true, () => false);

      expect(made).toBe(verdict === "lets");
    },
  );

  test.each(eachRole("owner", "admin"))("%s %s delete one", async (verdict, role) => {
    const id = await createProject(db, cast.editor, cast.orgId);

    const deleted = await rowsFor(
      db,
      cast[role],
      "delete from public.projects where id = $1 returning 1",
      [id],
    );

    expect(deleted).toBe(verdict === "lets" ? 1 : 0);
  });

  test("takes everything that is in it along", async () => {
    const id = await createProject(db, cast.editor, cast.orgId);
    const pointerId = await createPointer(
      db,
      cast.editor,
      await createPage(db, cast.editor, id),
    );

    await db.query("delete from public.projects where id = $1", [id]);

    expect(await db.query("select from public.pointers where id = $1", [pointerId])).toEqual([]);
    expect(await db.query("select from public.experience_files where project_id = $1", [id]))
      .toEqual([]);
  });

  test("gives its organisation to what is put into it, whatever the caller's is", async () => {
    const [page] = await db.query("select org_id from public.pages where id = $1", [pageId]);

    expect(page).toEqual({ org_id: cast.orgId });
    expect(
      await sqlStateOf(db.as(cast.editor, (client) =>
        client.query(
          "insert into public.pages (org_id, project_id, page_name) values ($1, $2, 'A')",
          [cast.strangerOrgId, projectId],
        ))),
    ).toBe("42501");
  });

  test.each([
    ["page", "insert into public.pages (project_id, page_name) values ($1, 'A')"],
    ["discipline", "insert into public.disciplines (project_id, name) values ($1, 'A')"],
    ["file", "insert into public.experience_files (project_id, path) values ($1, 'a.md')"],
    [
      "session",
      "insert into public.sessions (project_id, session_type) values ($1, 'workspace')",
    ],
  ])("takes no %s from a stranger, and does not say that it is there", async (_, statement) => {
    const work = db.as(cast.stranger, (client) => client.query(statement, [projectId]));

    expect(await raisedBy(work)).toMatchObject({ code: "PROJECT_NOT_FOUND", status: 404 });
  });

  test("does not lend its disciplines to another project's pages", async () => {
    const other = await createProject(db, cast.editor, cast.orgId);
    const [discipline] = await db.query<{ id: string }>(
      "select id from public.disciplines where project_id = $1",
      [projectId],
    );

    const work = db.as(cast.editor, (client) =>
      client.query(
        "insert into public.pages (project_id, discipline_id, page_name) values ($1, $2, 'A')",
        [other, discipline!.id],
      ));

    expect(await sqlStateOf(work)).toBe("23503");
  });
});

describe("the Experience files of a project", () => {
  const list = (id: string) =>
    db.query<{ path: string; content: string }>(
      "select path, content from public.experience_files where project_id = $1 order by path",
      [id],
    );
  const add = (persona: Persona, id: string) =>
    db.as(
      persona,
      (client) =>
        client.query<{ added: number }>(
          "select public.add_default_experience($1)::integer as added",
          [
            id,
          ],
        ),
    );

  test("are there from its first moment, each with its headings", async () => {
    const files = await list(await createProject(db, cast.editor, cast.orgId));

    expect(files.map(({ path }) => path)).toEqual([
      "corrections.md",
      "gaps.md",
      "preferences.md",
      "routing_rules.md",
      "schedule.md",
    ]);
    for (const { content } of files) expect(content).toMatch(/^# \w+/);
    expect(files[3]!.content.match(/^## .*$/gm)).toEqual([
      "## Default Routes",
      "## Extended Knowledge",
      "## Learned Patterns",
    ]);
  });

  test("are added again where one is missing, and none that was changed is touched", async () => {
    const id = await createProject(db, cast.editor, cast.orgId);
    await db.as(cast.editor, (client) =>
      client.query(
        `update public.experience_files set content = 'ours'
         where project_id = $1 and path = 'gaps.md'`,
        [id],
      ));
    await db.as(cast.editor, (client) =>
      client.query(
        "delete from public.experience_files where project_id = $1 and path = 'schedule.md'",
        [id],
      ));

    expect(only(await add(cast.editor, id)).added).toBe(1);
    expect(only(await add(cast.editor, id)).added).toBe(0);
    expect(await list(id)).toHaveLength(5);
    expect((await list(id))[1]!.content).toBe("ours");
  });

  test("are added by no viewer and by no stranger", async () => {
    expect(await raisedBy(add(cast.viewer, projectId))).toMatchObject({ code: "ROLE_TOO_LOW" });
    expect(await raisedBy(add(cast.stranger, projectId))).toMatchObject({
      code: "PROJECT_NOT_FOUND",
    });
  });

  test.each(["", "/a", "a/../b", "a//b", "a b", "../a", ".a"])(
    "have no path such as %j",
    async (path) => {
      const work = db.as(
        cast.editor,
        (client) =>
          client.query("insert into public.experience_files (project_id, path) values ($1, $2)", [
            projectId,
            path,
          ]),
      );

      expect(await sqlStateOf(work)).toBe("23514");
    },
  );
});

describe("a session", () => {
  test("is seen by its user alone, not by others of the organisation", async () => {
    await db.as(cast.viewer, (client) =>
      client.query(
        "insert into public.sessions (project_id, session_type) values ($1, 'workspace')",
        [projectId],
      ));
    const seen = (persona: Persona) =>
      rowsFor(db, persona, "select 1 from public.sessions where project_id = $1", [projectId]);

    expect(await seen(cast.viewer)).toBe(1);
    expect(await seen(cast.owner)).toBe(0);
    expect(await seen(cast.stranger)).toBe(0);
  });

  test("begins as the seed has it", async () => {
    const [row] = await db.as(cast.editor, (client) =>
      client.query(
        `insert into public.sessions (project_id, session_type) values ($1, 'telegram')
         returning status, maestro_messages, learning_messages, workspace_state, user_id`,
        [projectId],
      ));

    expect(row).toEqual({
      status: "active",
      maestro_messages: [],
      learning_messages: [],
      workspace_state: { displayed_pages: [], highlighted_pointers: [], pinned_pages: [] },
      user_id: (cast.editor as { userId: string }).userId,
    });
  });

  test("is made in nobody else's name", async () => {
    const work = db.as(cast.editor, (client) =>
      client.query(
        `insert into public.sessions (project_id, session_type, user_id)
         values ($1, 'workspace', 'somebody')`,
        [projectId],
      ));

    expect(await sqlStateOf(work)).toBe("42501");
  });
});
