import type { OwnStack } from "../../support/own-stack.ts";

/**
 * Has a statement on a table do something else too, as to fail or to last; `repair` is given the
 * statements that end that.
 */
export async function sabotage(
  { stack }: OwnStack,
  repair: string[],
  table: string,
  event: string,
  condition: string,
  body: string,
): Promise<void> {
  await stack.database.exec(`
    create function private.sabotage() returns trigger language plpgsql as $$
    begin ${body} end $$;
    grant execute on function private.sabotage() to public;
    create trigger sabotage ${event} on ${table} for each row when (${condition})
      execute function private.sabotage();`);
  repair.push(`drop trigger sabotage on ${table}; drop function private.sabotage();`);
}
