// What the development program says: one line at a time, with the name of the part that says it.
import { stripVTControlCharacters } from 'node:util';

export type Print = (name: string, line: string) => void;

const tints: Readonly<Record<string, number>> = { agent: 33, worker: 36, dev: 35 };

export function makePrinter(tinted: boolean): Print {
  return (name, line) => {
    const label = name.padEnd(7);
    console.log(
      `${tinted ? `\u001B[${tints[name] ?? 0}m${label}\u001B[0m` : label}${stripVTControlCharacters(line)}`,
    );
  };
}
