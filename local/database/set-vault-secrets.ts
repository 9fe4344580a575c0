import type { SqlClient } from "./sql-client.ts";

/** Sets secrets in Vault by name, replacing those that are there. */
export async function setVaultSecrets(
  client: SqlClient,
  secrets: Record<string, string>,
): Promise<void> {
  for (const [name, secret] of Object.entries(secrets)) {
    await client.query(
      `select case when stored.id is null then vault.create_secret($2, $1)::text
         else vault.update_secret(stored.id, $2)::text end
       from (select 1) as one
       left join vault.secrets as stored on stored.name = $1`,
      [name, secret],
    );
  }
}
