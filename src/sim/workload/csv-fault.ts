// What is wrong with a line of a CSV file, as evidence and as words. Shared by every reader of workload files. Pure.

/** `line` counts from 1 (the header); 0 stands for the file as a whole, `field` is then 'file'. */
export interface CsvFault {
  readonly line: number;
  /** Name of the column, or 'file', 'header', 'row'. */
  readonly field: string;
  /** What is wrong, as a clause: "is negative". */
  readonly problem: string;
  /** The offending text, cut to a length that fits a terminal. */
  readonly found: string;
  /** What whoever made the file can do about it. */
  readonly advice: string;
}

/** A longer excerpt would hide the words around it. */
const foundCharsMax = 60;

export function csvFault(fault: CsvFault): CsvFault {
  const { found } = fault;
  return found.length <= foundCharsMax ? fault : { ...fault, found: `${found.slice(0, foundCharsMax)}...` };
}

/** One line of text: `trace.csv line 7, exec_s: is negative, found "-3": ...`. */
export function describeCsvFault(fault: CsvFault, fileName: string): string {
  const where = fault.line === 0 ? fileName : `${fileName} line ${fault.line}, ${fault.field}`;
  const found = fault.found === '' ? '' : `, found ${JSON.stringify(fault.found)}`;
  return `${where}: ${fault.problem}${found}: ${fault.advice}`;
}
