// The bounds of a rule set, in one place because the parser, the published schema and the documents all name them. Pure data.

/** Of one list: the tenant's, the platform's, or those of one key. Each is tried in order on every request. */
export const rulesMax = 100;
/** Lists for single keys, in one set. */
export const keyListsMax = 20;
/** Rules of a whole set, key lists included: what an isolate holds for one tenant. */
export const rulesPerSetMax = 200;
/** Levels of `all`, `any` and `not` below a rule's own match: deeper, nobody reads it. */
export const nestingMax = 6;
/** Conditions of one rule, nested ones included. */
export const conditionsMax = 64;
/** Conditions of a set, and globs among them, which cost microseconds each: together they bound what one request can cost, below a
 * millisecond (`npm run bench:rules`). */
export const conditionsPerSetMax = 1_000;
export const globsPerSetMax = 200;
/** Parts of one `all` or `any`. */
export const partsMax = 32;
/** Names in one `labels`, `metadata` or `headers`. */
export const namesMax = 16;
/** Texts of one `in`. */
export const textsMax = 64;
/** Characters of a text to compare with, and of a glob. */
export const patternCharsMax = 128;
/** Stars in one glob. */
export const starsMax = 8;
/** A text that is longer meets no glob; linear as the matching is, it is paid for every rule. */
export const globTextCharsMax = 256;
/** Time zones of a set: the first look at one costs tens of microseconds. */
export const zonesMax = 8;
/** Names that a set gives to others, and how many may follow each other from the first to a model. */
export const aliasesMax = 100;
export const aliasHopsMax = 4;
/** Targets of one choice. */
export const choicesMax = 16;
/** Steps of a fallback chain, and targets of a spill-over. */
export const fallbacksMax = 8;
export const spillsMax = 4;
/** Targets of one rule, all acts together. */
export const targetsMax = 20;
/** Attempts of one plan: a request that failed this often is not saved by another one. */
export const attemptsMax = 8;
export const weightMax = 10_000;
/** As long as the longest that a request may wait for its slot. */
export const afterWaitMsMin = 50;
export const afterWaitMsMax = 120_000;
export const timeoutMsMax = 600_000;
export const systemPromptCharsMax = 4_000;
export const reasonCharsMax = 200;
/** Nested values and values in all that a set may hold as JSON, before anything else looks at it. */
export const shapeDepthMax = 24;
export const shapeNodesMax = 20_000;
/** Reasons that a refusal lists: enough to work with, and no way to make us write a megabyte. */
export const issuesMax = 20;
