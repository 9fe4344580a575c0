import { beforeAll, describe, expect, test, vi } from "vitest";
import { addCrop, createDrawing, waitForCrop } from "../support/crops.ts";
import { pngAttacks } from "../support/png-attacks.ts";
import { adminOf, createUser, type User } from "../support/user.ts";

vi.setConfig({ testTimeout: 60_000 });

let user: User;
let drawing: { projectId: string; pageId: string };

beforeAll(async () => {
  user = await createUser();
  drawing = await createDrawing(user);
});

const gif = new TextEncoder().encode(`GIF89a${"\x01\0".repeat(100)}`);
const webp = new TextEncoder().encode(`RIFF\x40\0\0\0WEBPVP8X${"\0".repeat(100)}`);
const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, ...Array(100).fill(0)]);
const attacks = [
  ...pngAttacks(),
  { name: "an animated GIF", bytes: gif },
  { name: "an animated WebP", bytes: webp },
  { name: "a JPEG with EXIF", bytes: jpeg },
];

describe("a crop", () => {
  test.each(attacks.map(({ name, bytes }) => [name, bytes] as const))(
    "with %s has failed for good, with a code and a reason",
    async (_, bytes) => {
      const id = await addCrop(user, drawing, { bytes });

      const crop = await waitForCrop(user, id);

      expect(crop).toMatchObject({ enrichment_status: "failed", attempts: 1, description: null });
      expect(crop.error_message).toMatch(/^The crop('s)? /);
      const { data } = await adminOf(user.stack).from("job_dead").select("code")
        .eq("dedupe_key", id).single().throwOnError();
      expect(data.code).toMatch(/^CROP_(INVALID|TOO_LARGE)$/);
    },
  );
});
