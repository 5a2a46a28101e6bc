// Compares what a follower received with the log as it is in the end: whole frames, and what was cut off of them.
import type { CutFollower } from './cut-follower.ts';
import { isContinuation } from './cut-follower.ts';
import type { Findings } from './findings.ts';

export interface CutPlaces {
  inCharacter: number;
  inLine: number;
}

/** Frames without a place of their own, of which a cut may leave a piece. */
const placeless = ['data: [DONE]\n\n', ': keep-alive\n\n', ': open\n\n'].map((text) => Buffer.from(text));

/** `frames` is the log, its entry with seq n at place n - 1; `whole` = the follower was there until the end. */
export function judgeFollower(
  follower: CutFollower,
  frames: readonly Buffer[],
  { name, whole, findings, places }: { name: string; whole: boolean; findings: Findings; places: CutPlaces },
): void {
  findings.looked('streams.bytesWrong', 1);
  findings.looked('kills.notDurable', follower.frames.length);
  findings.looked('streams.resumesWrong', follower.tails.length);
  let strange = 0;
  for (const { id, bytes } of follower.frames) {
    if (id === null || frames[id - 1]?.equals(bytes) === true) continue;
    strange += 1;
    findings.broken('kills.notDurable', `${name}: frame ${id} is not in the log: ${bytes.toString().trim()}`);
  }
  const got = Buffer.concat(follower.frames.flatMap(({ id, bytes }) => (id === null ? [] : [bytes])));
  const want = Buffer.concat(frames.slice(0, whole ? frames.length : follower.lastId));
  if (!got.equals(want)) {
    const ids = follower.frames.map(({ id }) => id);
    const jump = ids.findIndex((id, at) => id !== at + 1);
    const where = jump < 0 ? '' : `, ${String(ids[jump])} came where ${jump + 1} was due`;
    const what = `${got.length} bytes instead of ${want.length}, ${strange} frames that are not in the log${where}`;
    findings.broken('streams.bytesWrong', `${name}: ${what}`);
  }
  for (const { afterId, bytes } of follower.tails) {
    const due = frames[afterId] ?? Buffer.alloc(0);
    if (due[bytes.length] !== undefined && begins(due, bytes)) {
      if (isContinuation(due[bytes.length] ?? 0)) places.inCharacter += 1;
      places.inLine += 1;
    } else if (!placeless.some((frame) => begins(frame, bytes))) {
      const line = `${name}: after ${afterId} came ${JSON.stringify(bytes.toString())}`;
      findings.broken('streams.resumesWrong', line);
    }
  }
}

function begins(whole: Buffer, part: Buffer): boolean {
  return whole.subarray(0, part.length).equals(part);
}
