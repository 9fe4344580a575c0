import "./lite-environment.ts";
import { App } from "@supabase/lite";
import { joinSettings } from "./database/join-settings.ts";
import type { Database } from "./database/open-database.ts";
import type { Keys } from "./keys.ts";
import { quietLite } from "./quiet-lite.ts";
import { FileSystemAdapter } from "./storage/file-system-adapter.ts";

quietLite();

/** Auth, REST and storage of @supabase/lite over the database, with its objects in a folder. */
export async function serveLite(
  database: Database,
  keys: Keys,
  objectsFolder: string,
): Promise<(request: Request) => Promise<Response>> {
  const { connection } = database as { connection: object };
  // Left to find out by itself, lite grants every table of every schema to every role.
  Object.assign(connection, { rlsState: "active" });
  joinSettings(connection);
  const app = new App({
    connection: database.connection as ConstructorParameters<typeof App>[0]["connection"],
    auth: {
      jwt_secret: new TextDecoder().decode(keys.sharedSecret),
      publishable_key: keys.publishableKey,
      secret_key: keys.secretKey,
      email: { enable_confirmations: false },
    },
    storage: { enabled: true },
    options: { server: { admin: false } },
  });
  app._storageAdapter = new FileSystemAdapter(objectsFolder);
  await app.init();
  await app.ensureSystemSchema();
  return (request) => database.exclusive(async () => await app.fetch(request));
}
