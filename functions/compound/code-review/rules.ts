// The anti-patterns that are looked for: what each is called, how bad it is, why, and what to do instead. Owns the words; where each is
// found is decided by the scanners. Pure.

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface RuleText {
  readonly title: string;
  readonly severity: Severity;
  readonly why: string;
  readonly fix: string;
}

export const rules = {
  'apex/soql-in-loop': {
    title: 'Query in a loop',
    severity: 'critical',
    why: 'Each pass runs a query; a transaction may run 100, so the code fails as soon as it is given more records than that.',
    fix: 'Collect the ids first, query once with WHERE ... IN :ids before the loop, and look records up in a Map by id.',
  },
  'apex/dml-in-loop': {
    title: 'DML in a loop',
    severity: 'critical',
    why: 'Each pass writes on its own; a transaction may hold 150 DML statements, and each fires all triggers again.',
    fix: 'Add the records to a List in the loop and write the list once after it.',
  },
  'apex/async-in-loop': {
    title: 'Asynchronous work, a callout or an e-mail per record',
    severity: 'high',
    why: 'Jobs, callouts and e-mails have limits per transaction (50 future calls, 100 callouts, 10 e-mails) and daily limits per organisation.',
    fix: 'Gather the ids and start one Queueable or one batch for all of them.',
  },
  'apex/describe-in-loop': {
    title: 'Schema description in a loop',
    severity: 'high',
    why: 'Describe calls build large maps; repeated for each record they use up the CPU limit.',
    fix: 'Call it once before the loop, or name the type directly (Schema.SObjectType.Account).',
  },
  'apex/soql-injection': {
    title: 'Query text put together from values',
    severity: 'critical',
    why: 'Whoever controls the value controls the query: records become visible that should not be.',
    fix: 'Use bind variables (Database.queryWithBinds), or String.escapeSingleQuotes where that is not possible.',
  },
  'apex/unbounded-soql': {
    title: 'Query without WHERE and LIMIT',
    severity: 'high',
    why: 'It reads the whole object; a transaction may read 50,000 rows, and fails when the object has grown past that.',
    fix: 'Filter on an indexed field, set a LIMIT, or use Batch Apex for work on all rows.',
  },
  'apex/hard-coded-id': {
    title: 'Hard-coded record id',
    severity: 'medium',
    why: 'Ids differ between organisations: the code works in the sandbox where it was written and nowhere else.',
    fix: 'Look the record up by developer name, or keep the id in custom metadata.',
  },
  'apex/no-sharing': {
    title: 'Class without a sharing declaration',
    severity: 'medium',
    why: 'What it reads and writes depends on who calls it; called from outside it sees all records of the organisation.',
    fix: 'Declare "with sharing", or "without sharing" where that is meant.',
  },
  'apex/empty-catch': {
    title: 'Exception swallowed',
    severity: 'medium',
    why: 'The failure is gone: nobody hears of it, and the code goes on with a state that it does not expect.',
    fix: 'Handle it, log it where somebody reads it, or let it through.',
  },
  'apex/nested-loop': {
    title: 'Search by loops inside loops',
    severity: 'medium',
    why: 'The work grows with the product of both lists; two lists of 1,000 are a million comparisons against the CPU limit.',
    fix: 'Put one list into a Map by the compared field, and look up in it.',
  },
  'apex/debug-left': {
    title: 'Debug statement left in',
    severity: 'low',
    why: 'The argument is put together even when nobody reads the log, and logs may hold personal data.',
    fix: 'Remove it, or give it a level (System.debug(LoggingLevel.FINE, ...)) and keep data out.',
  },
  'ts/await-in-loop': {
    title: 'Await in a loop',
    severity: 'high',
    why: 'Each pass waits for the one before: a hundred requests of 50 ms take five seconds.',
    fix: 'Start them together with Promise.all over a bounded number at once, or ask for many in one request.',
  },
  'ts/floating-promise': {
    title: 'Promise that nobody waits for',
    severity: 'high',
    why: 'Its failure is an unhandled rejection, and the caller goes on before the work is done.',
    fix: 'Await it, return it, or handle its failure with .catch().',
  },
  'ts/async-callback': {
    title: 'Async callback where none is awaited',
    severity: 'high',
    why: 'forEach, filter and the like do not wait for promises: the loop is over before its work is, and failures are lost.',
    fix: 'Use for ... of with await, or await Promise.all(items.map(...)).',
  },
  'ts/eval': {
    title: 'Text run as code',
    severity: 'critical',
    why: 'Whoever controls the text controls the program.',
    fix: 'Parse the value and act on what it says; JSON.parse for data.',
  },
  'ts/nested-loop': {
    title: 'Search inside a loop',
    severity: 'medium',
    why: 'A list is searched from its start on each pass: the work grows with the product of both lengths.',
    fix: 'Build a Map or a Set before the loop and look up in it.',
  },
  'ts/spread-accumulator': {
    title: 'Accumulator copied on each pass',
    severity: 'medium',
    why: 'Spreading the accumulator copies all that was gathered so far: the work grows with the square of the list.',
    fix: 'Write into one object or array, or use Object.fromEntries.',
  },
  'ts/empty-catch': {
    title: 'Error swallowed',
    severity: 'medium',
    why: 'The failure is gone: nobody hears of it, and the code goes on with a state that it does not expect.',
    fix: 'Handle it, log it where somebody reads it, or let it through.',
  },
  'ts/any': {
    title: 'Type any',
    severity: 'low',
    why: 'It turns the type checker off for everything that it touches.',
    fix: 'Say the type, or take unknown and narrow it.',
  },
  'ts/loose-equality': {
    title: 'Loose comparison',
    severity: 'low',
    why: '== converts before it compares: 0, an empty string and an empty list are all equal to false.',
    fix: 'Use === and !==.',
  },
  'ts/console-left': {
    title: 'Console statement left in',
    severity: 'low',
    why: 'It ends up in production logs without level, time or request, maybe with personal data.',
    fix: 'Remove it, or use the logger of the program.',
  },
  'syntax-error': {
    title: 'The file does not parse',
    severity: 'high',
    why: 'What stands behind this place may not have been understood, so the review of this file is incomplete.',
    fix: 'Correct the syntax and ask again.',
  },
} as const satisfies Readonly<Record<string, RuleText>>;

export type RuleId = keyof typeof rules;

export function textOf(rule: RuleId): RuleText {
  return rules[rule];
}
