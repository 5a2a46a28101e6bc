// Splits the text of a server-sent event stream into events, however the text was cut on its way. Owns line ends, fields and the
// bound on one event; knows nothing of what the events mean. Stricter than a browser: a line that is neither comment nor known
// field is damage, not something to skip over. Pure state machine with a mutable cursor.

/** Called for each whole event; answers whether to read on. */
export type TakeEvent = (name: string, data: string) => boolean;

export interface SseReader {
  /** Takes the next text. False: the text is damaged, an event is too large or `take` said stop; nothing may follow. */
  push(text: string): boolean;
}

/** `eventCharsMax` bounds what is held back for one event; characters, of which a text has never more than bytes. */
export function makeSseReader(eventCharsMax: number, take: TakeEvent): SseReader {
  const event = makeEvent(take);
  let tail = '';
  let afterCarriage = false;

  const push = (text: string): boolean => {
    const hasCarriage = text.includes('\r');
    // A line feed that follows a carriage return over a cut belongs to the line end already seen.
    let from = afterCarriage && text.startsWith('\n') ? 1 : 0;
    if (text !== '') afterCarriage = false;
    for (;;) {
      const end = hasCarriage ? findLineEnd(text, from) : text.indexOf('\n', from);
      if (end === -1) break;
      const line = tail + text.slice(from, end);
      tail = '';
      if (event.size() + line.length > eventCharsMax || !event.addLine(line)) return false;
      from = end + 1;
      if (text[end] !== '\r') continue;
      if (from === text.length) afterCarriage = true;
      else if (text[from] === '\n') from += 1;
    }
    tail += text.slice(from);
    return event.size() + tail.length <= eventCharsMax;
  };
  return { push };
}

function findLineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return at;
  }
  return -1;
}

interface EventInProgress {
  size(): number;
  addLine(line: string): boolean;
}

function makeEvent(take: TakeEvent): EventInProgress {
  let name = '';
  let data: string | null = null;

  const addLine = (line: string): boolean => {
    if (line === '') {
      const complete = data;
      const called = name;
      data = null;
      name = '';
      return complete === null ? true : take(called, complete);
    }
    if (line.startsWith('data:')) {
      const value = fieldValue(line, 5);
      data = data === null ? value : `${data}\n${value}`;
      return true;
    }
    if (line.startsWith(':')) return true;
    if (line.startsWith('event:')) {
      name = fieldValue(line, 6);
      return true;
    }
    return line.startsWith('id:') || line.startsWith('retry:');
  };
  return { size: () => data?.length ?? 0, addLine };
}

function fieldValue(line: string, from: number): string {
  return line.slice(line[from] === ' ' ? from + 1 : from);
}
