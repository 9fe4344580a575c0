// What is used of mammoth's parts. Each of these declarations is in a file of its own there.

/** A zip, opened. */
interface DocxFile {
  exists(name: string): boolean;
  read(name: string): Promise<string>;
}
interface Result<T> {
  value: T;
}
interface Style {
  from: unknown;
  to: unknown;
}
interface Options {
  styleMap: Style[];
  convertImage: unknown;
}

// lib/docx/docx-reader.js
export function read(file: DocxFile, input: object, options: object): Promise<Result<unknown>>;
// lib/document-to-html.js
export class DocumentConverter {
  constructor(options: Options);
  convertToHtml(document: unknown): Promise<Result<string>>;
}
// lib/images.js
export function imgElement(toAttributes: () => Promise<{ src: string }>): unknown;
// lib/options-reader.js
export function readOptions(options: { styleMap: string[] }): { readStyleMap(): string[] };
// lib/style-reader.js
export function readStyle(style: string): Result<Style | null>;
