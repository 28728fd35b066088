/**
 * Rows of a `.json` file as a stream: a list, a sequence of values, or a list in a field of one
 * object.
 */
import { FormatError } from "../errors.js";
import { messageOf } from "./atomic.js";
import { endOfString, parseJson } from "./parse-json.js";
import { MOST_CHARACTERS, textBlocks } from "./text-blocks.js";

/**
 * Fields that can contain the rows: `data` in SQuAD and pandas, `rows` in responses of the Hub's
 * dataset viewer.
 */
const ROW_FIELDS = ["data", "rows"];

/** Maximal number of characters before such a field, and after its list. */
const MOST_AROUND = 1 << 20;

/** A problem of the text that is being split. */
class Fault extends Error {}

/**
 * The rows of a file: the elements of its list, or a sequence of values (JSON Lines, or objects
 * over several lines), or the elements of the list in the field `data` or `rows` of its only
 * object. NaN and Infinity are read as null.
 * @param column the required column: an object with this field before any such list is itself a row
 * @throws FormatError when the file is not text or is truncated, a row is not JSON, or two lists
 *   could be the rows; `offset` is the line
 */
export async function* readJsonRows(path: string, column: string): AsyncGenerator<unknown> {
  const blocks = textBlocks(path);
  /** Number of rows read. */
  let number = 0;
  let cutter: RowCutter | undefined;
  try {
    let head = "";
    while (head.length < MOST_AROUND) {
      const { value, done } = await blocks.next();
      if (done) break;
      head += value;
    }
    const { begin, field, isList } = layoutOf(head, column);
    cutter = new RowCutter(isList, head.slice(0, begin).split("\n").length);
    for (let block: string | undefined = head.slice(begin); block !== undefined; block = (await blocks.next()).value) {
      for (const text of cutter.push(block)) {
        const value = parseJson(text, { nanIsNull: true });
        const row = field === "rows" ? rowOfViewer(value) : value;
        number++;
        yield row;
      }
    }
    const last = cutter.finish();
    if (last !== undefined) yield parseJson(last, { nanIsNull: true });
    checkRest(cutter.rest, column, field);
  } catch (cause) {
    if (!(cause instanceof Fault || cause instanceof SyntaxError)) throw cause;
    const line = cutter?.line;
    throw new FormatError(path, `line ${line}, row ${number + 1}: ${messageOf(cause)}`, { offset: line, cause });
  } finally {
    await blocks.return(undefined);
  }
}

/**
 * Where the rows begin, the field that contains them if any, and whether they are elements of a
 * list.
 */
interface Layout {
  begin: number;
  field?: string;
  isList: boolean;
}

function layoutOf(head: string, column: string): Layout {
  const start = head.search(/\S/);
  if (head[start] === "[") return { begin: start + 1, isList: true };
  for (const { name, at } of head[start] === "{" ? outerFields(head) : []) {
    if (name === column) break;
    const list = ROW_FIELDS.includes(name) ? /^\s*\[(?=\s*\{)/.exec(head.slice(at, at + 1000)) : null;
    if (list) return { begin: at + list[0].length, field: name, isList: true };
  }
  return { begin: 0, isList: false };
}

/**
 * Names of the fields of the first object in a text, as written there, and the positions where
 * their values begin.
 */
function* outerFields(text: string): Generator<{ name: string; at: number }> {
  let depth = 0;
  let name = "";
  let at = text.indexOf("{");
  do {
    const sign = text[at];
    if (sign === '"') {
      const end = endOfString(text, at + 1);
      if (depth === 1) name = text.slice(at + 1, end - 1);
      at = end - 1;
    } else if (sign === "{" || sign === "[") depth++;
    else if (sign === "}" || sign === "]") depth--;
    else if (sign === ":" && depth === 1) yield { name, at: at + 1 };
  } while (depth > 0 && ++at < text.length);
}

/**
 * In a response of the Hub's dataset viewer, an element has a row, its number, and the names of
 * truncated cells.
 */
function rowOfViewer(element: unknown): unknown {
  const { row = element, truncated_cells: cut } = (element ?? {}) as { row?: unknown; truncated_cells?: unknown };
  if (Array.isArray(cut) && cut.length > 0)
    throw new Fault(`its cells ${cut.join(", ")} are cut short (truncated_cells)`);
  return row;
}

/**
 * @throws Fault when the text after the rows does not complete the enclosing value, or another
 *   field could contain the rows
 */
function checkRest(rest: string, column: string, field: string | undefined): void {
  if (field === undefined) {
    if (rest.trim() !== "") throw new Fault("the file goes on behind the end of its list");
    return;
  }
  const fields = Object.keys(parseJson(`{"":0${rest}`, { nanIsNull: true }) as object);
  const other = [column, ...ROW_FIELDS].find((name) => fields.includes(name));
  if (other !== undefined) throw new Fault(`the file has the fields ${field} and ${other}: which holds its rows?`);
}

/**
 * Splits blocks of text into the texts of rows. It finds where a row ends without validating its
 * content.
 */
class RowCutter {
  /** The text after the list. */
  rest = "";
  private ended = false;
  private depth = 0;
  private inString = false;
  private escaped = false;
  /** The beginning of an incomplete row, from earlier blocks; undefined between rows. */
  private row: string | undefined;
  /** The last token between rows. */
  private last: "bracket" | "comma" | "row" = "bracket";

  /**
   * @param isList rows are separated by commas and end with a bracket; otherwise white space
   *   separates them
   * @param line the line number at the beginning of the first block
   */
  constructor(
    private readonly isList: boolean,
    public line: number,
  ) {}

  /** The rows that end in this block. @throws Fault when there is other text between them */
  *push(block: string): Generator<string> {
    let from = 0;
    const end = (to: number): string => {
      const text = (this.row as string) + block.slice(from, to);
      this.row = undefined;
      this.last = "row";
      return text;
    };
    for (let i = 0; i < block.length; i++) {
      if (this.ended) {
        this.rest += block.slice(i);
        if (this.rest.length > MOST_AROUND) throw new Fault(`more than ${MOST_AROUND} characters follow the rows`);
        return;
      }
      const sign = block[i];
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (sign === "\\") this.escaped = true;
        else if (sign === '"') this.inString = false;
        continue;
      }
      if (sign === "\n") this.line++;
      const divides = sign === "," || sign === " " || sign === "\n" || sign === "\r" || sign === "\t";
      const closes = sign === "}" || sign === "]";
      if (this.row !== undefined && this.depth === 0 && (divides || closes)) yield end(i);
      if (this.row === undefined) {
        if (divides) this.divide(sign);
        else if (closes) this.close(sign);
        else {
          if (this.isList && this.last === "row") throw new Fault("expected a comma after the row before");
          this.row = "";
          from = i;
        }
      }
      if (sign === '"') this.inString = true;
      else if (sign === "{" || sign === "[") this.depth++;
      else if (closes && !this.ended && --this.depth === 0) yield end(i + 1);
    }
    if (this.row === undefined) return;
    this.row += block.slice(from);
    if (this.row.length > MOST_CHARACTERS) throw new Fault(`it has more than ${MOST_CHARACTERS} characters`);
  }

  /** The row that ends with the file. @throws Fault when it is truncated */
  finish(): string | undefined {
    if (this.depth > 0 || this.inString || (this.isList && !this.ended))
      throw new Fault("the file ends before its rows do: it is perhaps incomplete");
    return this.row;
  }

  private divide(sign: string): void {
    if (sign !== ",") return;
    if (!this.isList || this.last !== "row") throw new Fault("expected a row, received a comma");
    this.last = "comma";
  }

  private close(sign: string): void {
    if (!this.isList || sign !== "]" || this.last === "comma") throw new Fault(`expected a row, received ${sign}`);
    this.ended = true;
  }
}
