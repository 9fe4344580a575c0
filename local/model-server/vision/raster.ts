/** A grey image by rows: 0 is paper, 255 is full ink. */
export interface Raster {
  width: number;
  height: number;
  ink: Uint8Array<ArrayBuffer>;
}
