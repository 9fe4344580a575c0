/** What a file is called and dated. Clock and ids are the caller's. */
export interface FileInfo {
  /** `training_files.name`. */
  readonly name: string;
  /** 1, 2, 3 … */
  readonly version: number;
  /** ISO 8601: when version 1 was made. */
  readonly created_date: string;
  /** ISO 8601: when this version was made. */
  readonly last_updated: string;
}
