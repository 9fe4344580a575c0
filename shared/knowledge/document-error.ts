import { PermanentError } from "../permanent-error.ts";

/** Why a document can never become chunks. Stable: stored with the job, shown to callers. */
export type DocumentErrorCode =
  | "DOCUMENT_CORRUPT"
  | "DOCUMENT_EMPTY"
  | "DOCUMENT_ENCRYPTED"
  | "DOCUMENT_NOT_TEXT"
  | "DOCUMENT_SCANNED"
  | "DOCUMENT_TOO_LARGE"
  | "DOCUMENT_TYPE_UNSUPPORTED";

/** A fault of the document itself: another attempt would meet it again. */
export class DocumentError extends PermanentError {
  declare readonly code: DocumentErrorCode;

  constructor(code: DocumentErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = "DocumentError";
  }
}
