// An object that does not answer in time must not hide the others: null stands for its silence.

/** Long enough for an object that starts, short enough for a page that asks every second. */
const answerMsMax = 3_000;

export async function withinAnswerTime<T>(answer: Promise<T>): Promise<T | null> {
  const answered = new AbortController();
  const timeout = scheduler.wait(answerMsMax, { signal: answered.signal }).then(
    () => null,
    () => null,
  );
  const first = await Promise.race([answer.catch(() => null), timeout]);
  answered.abort();
  return first;
}
