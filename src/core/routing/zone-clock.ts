// What time it is in a zone. Owns the only use of the runtime's time zone tables; the time itself is an argument. Pure: what is
// remembered is a function of zone and time, kept because a formatter costs tens of microseconds.
import { weekdays, type Weekday } from './rule-set.ts';

export interface LocalTime {
  readonly day: Weekday;
  readonly yesterday: Weekday;
  /** Minutes since the local midnight. */
  readonly minute: number;
}

const minuteMs = 60_000;
const dayMinutes = 1_440;
const dayMs = dayMinutes * minuteMs;
/** Zones change their offset at whole quarters of an hour. */
const slotMs = 15 * minuteMs;
/** Formatters weigh some ten kilobytes each. */
const formattersMax = 32;
/** Zones whose offset is remembered: more than the world has in use. */
const offsetsMax = 600;
/** The last millisecond that a date can hold. */
const epochMsMax = 8.64e15;

const formatters = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, { readonly slot: number; readonly offsetMs: number }>();

/** Whether the runtime knows a zone of this name. Offsets such as `+02:00` are refused: they know no summer time. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z][\w+/-]*$/.test(zone)) return false;
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** Null when `nowMs` is no time after 1970. `zone` is one that `isZone` accepts. */
export function localTime(zone: string, nowMs: number): LocalTime | null {
  if (!(nowMs >= dayMs && nowMs < epochMsMax - dayMs)) return null;
  const minutes = Math.floor((nowMs + offsetOf(zone, nowMs)) / minuteMs);
  // The epoch began on a Thursday.
  const day = (Math.floor(minutes / dayMinutes) + 3) % 7;
  return {
    day: weekdays[day] ?? 'mon',
    yesterday: weekdays[(day + 6) % 7] ?? 'sun',
    minute: minutes % dayMinutes,
  };
}

function offsetOf(zone: string, nowMs: number): number {
  const slot = Math.floor(nowMs / slotMs);
  const known = offsets.get(zone);
  if (known?.slot === slot) return known.offsetMs;
  const fields: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(slot * slotMs)) fields[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  const offsetMs = Date.UTC(year, month - 1, day, hour, minute, second) - slot * slotMs;
  if (offsets.size >= offsetsMax) offsets.clear();
  offsets.set(zone, { slot, offsetMs });
  return offsetMs;
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formatters.size >= formattersMax) formatters.clear();
  formatters.set(zone, made);
  return made;
}
