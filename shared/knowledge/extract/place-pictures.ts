/** What a page of a PDF paints, as pdf.js lists it. */
export interface OperatorList {
  fnArray: ArrayLike<number>;
  // deno-lint-ignore no-explicit-any -- each operator has arguments of its own
  argsArray: ArrayLike<any>;
}

/** A picture on a page. */
export interface PlacedPicture {
  /** Under which pdf.js keeps it. */
  id: string;
  pixels: number;
  /** In square points. */
  area: number;
}

/** What there is on a page besides text. */
export interface PageContent {
  pictures: PlacedPicture[];
  /** Lines, areas and small pictures. One area alone may be the colour of the paper. */
  drawingCount: number;
  /** Whether something is put somewhere, be it missing. */
  hasPlaces: boolean;
}

type Matrix = [number, number, number, number, number, number];

/** Smaller ones, stretched over a page, are its colour. */
const SMALLEST = 10_000;

/** Pictures of a page with the areas that they cover, through all nested frames of reference. */
export function placePictures(
  { fnArray, argsArray }: OperatorList,
  operators: Readonly<Record<string, number>>,
): PageContent {
  const content: PageContent = { pictures: [], drawingCount: 0, hasPlaces: false };
  const names = new Map(Object.entries(operators).map(([name, code]) => [code, name]));
  let matrix: Matrix = [1, 0, 0, 1, 0, 0];
  const saved: Matrix[] = [];
  const add = (id: string, width: number, height: number) => {
    if (width * height < SMALLEST) return void content.drawingCount++;
    const [a, b, c, d] = matrix;
    content.pictures.push({ id, pixels: width * height, area: Math.abs(a * d - b * c) });
  };
  for (let at = 0; at < fnArray.length; at++) {
    const values = argsArray[at];
    switch (names.get(fnArray[at]!)) {
      case "paintFormXObjectBegin":
        saved.push(matrix);
        if (values[0]) matrix = multiply(matrix, values[0]);
        break;
      case "save":
        saved.push(matrix);
        break;
      case "restore":
      case "paintFormXObjectEnd":
        matrix = saved.pop() ?? matrix;
        break;
      case "transform":
        matrix = multiply(matrix, values);
        content.hasPlaces = true;
        break;
      case "paintImageXObject":
        add(values[0], values[1], values[2]);
        break;
      case "paintImageMaskXObject":
        add(values[0].data, values[0].width, values[0].height);
        break;
      case "constructPath":
        if (values[0] !== operators.endPath) content.drawingCount++;
        break;
      case "shadingFill":
      case "paintInlineImageXObject":
      case "paintSolidColorImageMask":
        content.drawingCount++;
    }
  }
  return content;
}

/** The frame of reference of `inner` within `outer`. */
function multiply(outer: Matrix, inner: Matrix): Matrix {
  const [a, b, c, d, e, f] = outer;
  const [g, h, i, j, k, l] = inner;
  return [
    a * g + c * h,
    b * g + d * h,
    a * i + c * j,
    b * i + d * j,
    a * k + c * l + e,
    b * k + d * l + f,
  ];
}
