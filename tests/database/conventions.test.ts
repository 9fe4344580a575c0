import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const brokenConventions = await Deno.readTextFile(
  new URL("./support/broken-conventions.sql", import.meta.url),
);

type Broken = { rule: string; object: string };

class RollBack extends Error {}

/** What the query reports about `offender`, which is gone again afterwards. */
async function brokenBy(offender: string): Promise<Broken[]> {
  let broken: Broken[] = [];
  try {
    await db.transaction(async (client) => {
      await client.exec(offender);
      broken = await client.query<Broken>(brokenConventions);
      throw new RollBack();
    });
  } catch (error) {
    if (!(error instanceof RollBack)) throw error;
  }
  return broken;
}

/** A function that keeps every rule but those that `override` breaks. */
function functionLike({
  name = "public.get_thing",
  returns = "integer",
  options = "set search_path = ''",
  language = "sql",
  body = "select 1",
  comment = "'Gets a thing.'",
  revoke = "revoke all on function public.get_thing() from public, anon, authenticated",
} = {}): string {
  return `
    create function ${name}() returns ${returns} language ${language} ${options} as $$ ${body} $$;
    comment on function ${name}() is ${comment};
    ${revoke.replaceAll("public.get_thing", name)};
  `;
}

const trigger = {
  returns: "trigger",
  language: "plpgsql",
  body: "begin return new; end",
};

/** A table that keeps every rule, with further columns and statements. */
function tableLike(columns = "", further = ""): string {
  return `
    create table public.things (id integer constraint things_pkey primary key ${columns});
    comment on table public.things is 'Things.';
    alter table public.things enable row level security;
    revoke all on table public.things from public, anon, authenticated;
    ${further};
  `;
}

const policy = (name: string, rest: string) =>
  `create policy ${name} on public.things ${rest} using (true)`;

describe("the conventions query", () => {
  test("finds no broken rule", async () => {
    expect(await db.query(brokenConventions)).toEqual([]);
  });

  test("finds none in a table and a function that keep the rules", async () => {
    const broken = await brokenBy(
      functionLike() + tableLike(
        ", made_at timestamptz, paused_until timestamptz, parent_id integer " +
          "constraint things_parent_id_fkey references public.things (id) on delete cascade",
        `create index things_parent_id_idx on public.things (parent_id);
         ${policy("things_select_member", "for select to authenticated")};
         create view public.thing_names with (security_invoker = true) as select 1 as name;
         comment on view public.thing_names is 'Names.';
         revoke all on public.thing_names from anon, authenticated`,
      ),
    );

    expect(broken).toEqual([]);
  });

  test.each<[string, string]>([
    ["function without comment", functionLike({ comment: "null" })],
    ["function without an empty search_path", functionLike({ options: "" })],
    [
      "function without an empty search_path",
      functionLike({ options: "set search_path = public" }),
    ],
    [
      "function without sequential scans that is compiled",
      functionLike({ options: "set search_path = '' set enable_seqscan = off" }),
    ],
    [
      "security definer outside private",
      functionLike({
        options: "security definer set search_path = ''",
        comment: "'Gets. Definer: may.'",
      }),
    ],
    [
      "definer without the reason in its comment",
      functionLike({
        name: "private.get_thing",
        options: "security definer set search_path = ''",
      }),
    ],
    [
      "function that anon may execute",
      functionLike({
        revoke: "revoke all on function public.get_thing() from public; " +
          "grant execute on function public.get_thing() to anon",
      }),
    ],
    [
      "function that everybody may execute",
      functionLike({ name: "private.get_thing", revoke: "select 1" }),
    ],
    ["function name without a verb of the list", functionLike({ name: "public.thing" })],
    ["function name without a verb of the list", functionLike({ name: "public.make_thing" })],
    [
      "trigger function not named tg_<table>__<what>",
      functionLike({ name: "private.set_thing", ...trigger }),
    ],
    [
      "trigger function not named tg_<table>__<what>",
      functionLike({ name: "private.tg_nothings__set_thing", ...trigger }),
    ],
    ["table without comment", tableLike("", "comment on table public.things is null")],
    ["view without comment", "create view public.names with (security_invoker) as select 1"],
    [
      "table without row-level security",
      tableLike("", "alter table public.things disable row level security"),
    ],
    ["view without security_invoker", "create view public.names as select 1 as one"],
    [
      "view without security_invoker",
      "create view public.names with (security_invoker = false) as select 1 as one",
    ],
    [
      "materialised view, which ignores row-level security",
      "create materialized view public.names as select 1 as one; " +
      "grant select on public.names to authenticated",
    ],
    ["policy for everybody", tableLike("", policy("things_select_all", "for select"))],
    [
      "two permissive policies for one role and command",
      tableLike(
        "",
        `${policy("things_select_a", "for select to authenticated")};
         ${policy("things_all_b", "for all to authenticated")}`,
      ),
    ],
    [
      "policy not named <table>_<command>_<who>",
      tableLike("", policy("members_read", "for select to authenticated")),
    ],
    [
      "policy not named <table>_<command>_<who>",
      tableLike("", policy("things_update_a", "for select to authenticated")),
    ],
    ["TRUNCATE held by anon", tableLike("", "grant truncate on public.things to anon")],
    [
      "REFERENCES held by authenticated",
      tableLike("", "grant references on public.things to authenticated"),
    ],
    ["TRIGGER held by authenticated", tableLike("", "grant trigger on public.things to public")],
    [
      "foreign key without an index",
      tableLike(
        ", a integer, parent_id integer constraint things_parent_id_fkey " +
          "references public.things (id) on delete cascade",
        "create index things_a_parent_id_idx on public.things (a, parent_id)",
      ),
    ],
    [
      "foreign key without an index",
      tableLike(
        ", parent_id integer constraint things_parent_id_fkey " +
          "references public.things (id) on delete cascade",
        "create index things_parent_id_idx on public.things (parent_id) where id > 0",
      ),
    ],
    [
      "foreign key without on delete",
      tableLike(
        ", parent_id integer constraint things_parent_id_fkey references public.things (id)",
        "create index things_parent_id_idx on public.things (parent_id)",
      ),
    ],
    ["constraint name", tableLike(", a integer constraint a_is_positive check (a > 0)")],
    ["constraint name", tableLike(", a integer constraint things_a_check unique")],
    ["index name", tableLike("", "create index by_id on public.things (id)")],
    ["index name", tableLike("", "create unique index things_id_key on public.things (id)")],
    [
      "trigger not named _<order>_<what>",
      tableLike(
        "",
        `create trigger set_updated_at before update on public.things
         for each row execute function private.tg_any__set_updated_at()`,
      ),
    ],
    ["timestamptz not named _at", tableLike(", made timestamptz")],
    ["timestamp without time zone", tableLike(", made_at timestamp")],
    [
      "enum, where the house has text with a check",
      "create type public.state as enum ('on', 'off')",
    ],
    [
      "bucket that everybody may read",
      "insert into storage.buckets (id, name, public) values ('open', 'open', true)",
    ],
  ])("reports: %s", async (rule, offender) => {
    const broken = await brokenBy(offender);

    expect(broken.map((row) => row.rule)).toContain(rule);
  });

  test("knows no rule that has not been seen to be broken", async () => {
    const rules = [...brokenConventions.matchAll(/^select '([^']+)'/gm)].map((match) => match[1]);

    const source = await Deno.readTextFile(new URL(import.meta.url));
    for (const rule of rules) expect(source).toContain(`"${rule}"`);
    expect(rules.length).toBeGreaterThan(20);
  });
});
