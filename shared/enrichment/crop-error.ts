import { PermanentError } from "../permanent-error.ts";

/** A crop that can never be read as it is. */
export class CropError extends PermanentError {
  constructor(code: "CROP_MISSING" | "CROP_INVALID" | "CROP_TOO_LARGE", message: string) {
    super(code, message);
    this.name = "CropError";
  }
}
