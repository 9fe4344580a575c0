import { initWasm, Resvg } from "@resvg/resvg-wasm";

const packages = new URL("../../node_modules/", import.meta.url);
let fonts: Promise<Uint8Array[]> | undefined;

async function load(): Promise<Uint8Array[]> {
  await initWasm(await Deno.readFile(new URL("@resvg/resvg-wasm/index_bg.wasm", packages)));
  return await Promise.all(
    ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) =>
      Deno.readFile(new URL(`dejavu-fonts-ttf/ttf/${name}`, packages))
    ),
  );
}

/** A drawing of samples/drawings as a PNG image; text in DejaVu Sans, whatever the machine has. */
export async function renderDrawing(svg: string): Promise<Uint8Array> {
  const fontBuffers = await (fonts ??= load());
  const image = new Resvg(svg, {
    font: { fontBuffers, loadSystemFonts: false, defaultFontFamily: "DejaVu Sans" },
  });
  return image.render().asPng();
}
