// Figures for people. Pure.
import { farMs } from '../core/warming/pool-plan.ts';

/** `850 ms`, `12.3 s`, `4 min 5 s`, `2 h 3 min`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

const spanUnits = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** A length that somebody chose, in at most two units and without zeros: `0 s`, `60 s`, `2 min`, `1 h 30 min`, `2 d`, `for ever`. */
export function formatSpan(ms: number): string {
  if (ms >= farMs) return 'for ever';
  if (ms < 120_000) return `${Number((ms / 1_000).toPrecision(ms < 10_000 ? 2 : 3))} s`;
  const at = spanUnits.findIndex(([unit]) => ms >= unit);
  const [unit, name] = spanUnits[at] ?? spanUnits[3];
  const [smaller, smallerName] = spanUnits[at + 1] ?? [unit, name];
  const whole = Math.floor(ms / unit);
  const rest = Math.floor((ms % unit) / smaller);
  return rest === 0 || smaller === unit ? `${whole} ${name}` : `${whole} ${name} ${rest} ${smallerName}`;
}

/** Below this the figure is rounding, not money. */
const microsMin = 0.5;

/** Micro-dollars as dollars, with as many digits as it takes to see something: `$0`, `$0.0004`, `$0.12`, `$1,234.50`, `-$0.0203`. */
export function formatCost(micros: number): string {
  if (Math.abs(micros) < microsMin) return '$0';
  const dollars = Math.abs(micros) / 1_000_000;
  const sign = micros < 0 ? '-' : '';
  // Three significant digits; a micro-dollar is the smallest coin.
  const digits = dollars >= 0.0995 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(dollars)));
  const least = dollars >= 0.0995 ? 2 : 0;
  return `${sign}$${inEnglish(dollars, least, digits)}`;
}

function inEnglish(value: number, digitsMin: number, digitsMax: number): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digitsMin,
    maximumFractionDigits: digitsMax,
  });
}

export function formatShare(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(0)} %`;
}

/** A probability: `0 %`, `0.4 %`, `37 %`, `> 99.9 %`. */
export function formatChance(chance: number): string {
  const percent = 100 * chance;
  if (percent <= 0) return '0 %';
  if (percent < 0.1) return '< 0.1 %';
  if (percent > 99.9) return chance >= 1 ? '100 %' : '> 99.9 %';
  return percent < 9.95 || percent > 99 ? `${Number(percent.toFixed(1))} %` : `${percent.toFixed(0)} %`;
}

/** A count that need not be whole: `0`, `0.04`, `1.3`, `27`, `1,204`. */
export function formatCount(count: number): string {
  if (count === 0) return '0';
  if (count < 0.01) return '< 0.01';
  if (count < 10) return String(Number(count.toPrecision(2)));
  return inEnglish(count, 0, 0);
}

/** A term of fewer GPU-seconds is shown as nothing. */
export const termMin = 0.0001;

/** GPU-seconds with their sign: `+375`, `+12.3`, `−0.04`, `+0.0064`, `0`. The minus is as wide as the plus. */
export function formatSigned(value: number): string {
  const size = Math.abs(value);
  if (size < termMin) return '0';
  const small = String(Number(size.toPrecision(size < 0.01 ? 1 : 2)));
  const digits = size >= 100 ? size.toFixed(0) : size >= 1 ? size.toFixed(1) : small;
  return `${value < 0 ? '−' : '+'}${digits}`;
}

/** The span of a tick as in "the next …": `minute`, `2 s`. */
export function formatTick(seconds: number): string {
  return seconds === 60 ? 'minute' : formatSpan(1_000 * seconds);
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** A moment of this week in UTC, as the planner's weeks are: `Mon 00:00`. */
export function formatWeekMoment(ms: number): string {
  const date = new Date(ms);
  return `${weekdays[date.getUTCDay()] ?? ''} ${date.toISOString().slice(11, 16)} UTC`;
}
