/** Why a document can never become chunks, however often it is tried. Stable: callers store them. */
export type DocumentErrorCode =
  | "DOCUMENT_EMPTY"
  | "DOCUMENT_NOT_TEXT"
  | "DOCUMENT_TOO_LARGE"
  | "DOCUMENT_TYPE_UNSUPPORTED";

/** A permanent fault of the document itself: retrying cannot help. `message` is for its owner. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
  readonly code: DocumentErrorCode;

  constructor(code: DocumentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
