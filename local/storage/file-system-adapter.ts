import { dirname, join } from "node:path";
import type { App } from "@supabase/lite";

type StorageAdapter = NonNullable<App["_storageAdapter"]>;
type Metadata = Awaited<ReturnType<StorageAdapter["headObject"]>>;

const newline = 10;

/**
 * Keeps objects as files for @supabase/lite, which ships no adapter. A file's name is the hash of
 * bucket and key, so no object name can reach outside the folder. A file begins with one line of
 * metadata and is written beside its place and renamed, so an object is there whole or not at all.
 * lite writes and reads one object under different versions; they are not part of the name.
 */
export class FileSystemAdapter implements StorageAdapter {
  readonly driver = null;
  #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async getObject(bucket: string, key: string) {
    const { metadata, bytes } = await this.#read(bucket, key);
    return { metadata, httpStatusCode: 200, body: new Blob([bytes]) };
  }

  async uploadObject(
    bucket: string,
    key: string,
    _version: string | undefined,
    body: Parameters<StorageAdapter["uploadObject"]>[3],
    contentType: string,
    cacheControl: string,
  ): Promise<Metadata> {
    const bytes = new Uint8Array(await new Response(body as BodyInit).arrayBuffer());
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    const metadata: Metadata = {
      cacheControl,
      contentLength: bytes.byteLength,
      size: bytes.byteLength,
      mimetype: contentType,
      lastModified: new Date(),
      eTag: `"${new Uint8Array(digest).toHex()}"`,
      httpStatusCode: 200,
    };
    await writeWhole(await this.#path(bucket, key), metadata, bytes);
    return metadata;
  }

  async deleteObject(bucket: string, key: string): Promise<void> {
    await Deno.remove(await this.#path(bucket, key)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  async deleteObjects(bucket: string, keys: string[]): Promise<void> {
    for (const key of keys) await this.deleteObject(bucket, key);
  }

  async copyObject(
    sourceBucket: string,
    source: string,
    _version: string | undefined,
    bucket: string,
    key: string,
  ) {
    const { metadata, bytes } = await this.#read(sourceBucket, source);
    const { mimetype, cacheControl } = metadata;
    return await this.uploadObject(bucket, key, undefined, bytes, mimetype, cacheControl);
  }

  async headObject(bucket: string, key: string): Promise<Metadata> {
    return (await this.#read(bucket, key)).metadata;
  }

  async privateAssetUrl(bucket: string, key: string): Promise<string> {
    return `file://${await this.#path(bucket, key)}`;
  }

  async #read(bucket: string, key: string) {
    const content = await Deno.readFile(await this.#path(bucket, key));
    const headerEnd = content.indexOf(newline);
    const stored = JSON.parse(new TextDecoder().decode(content.subarray(0, headerEnd)));
    const metadata: Metadata = { ...stored, lastModified: new Date(stored.lastModified) };
    return { metadata, bytes: content.subarray(headerEnd + 1) };
  }

  async #path(bucket: string, key: string): Promise<string> {
    const name = new TextEncoder().encode(JSON.stringify([bucket, key]));
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", name)).toHex();
    return join(this.#folder, hash.slice(0, 2), hash);
  }
}

async function writeWhole(path: string, metadata: Metadata, bytes: Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${crypto.randomUUID()}`;
  const header = new TextEncoder().encode(`${JSON.stringify(metadata)}\n`);
  await Deno.writeFile(temporary, new Blob([header, bytes as BlobPart]).stream());
  await Deno.rename(temporary, path);
}
