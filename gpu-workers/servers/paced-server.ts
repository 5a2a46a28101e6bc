// The emulated GPU: a model server whose load time, wake time, time to first token and time per token are given figures, whose tokens
// follow from the prompt, and that has faults on command. Nothing it measures is a GPU's, and every reply says so.
//
//   PORT, PILOTLIGHT_SLOTS, PILOTLIGHT_VERSION, PILOTLIGHT_PARENT_WATCH   as in settings.ts
//   PILOTLIGHT_PACE      JSON of `Pace` (src/core/registry/model.ts); what is left out is 0, and 16 tokens
//   PILOTLIGHT_FAULTS    JSON of `StartFaults` (faults.ts): {"start":"fail"|"hang","slowLoadMs","requests":{...}}
//
//   POST /control/faults    JSON of `Faults` (faults.ts): replaces all faults; {} clears them
//   GET /control/counters   {"requests","inFlight","inFlightMax","aborted","tokensSent","attempts":{"<x-request-id>":n}}
import { parseStartFaults } from './faults.ts';
import { parsePace } from './pace.ts';
import { PacedEngine } from './paced-engine.ts';
import { exitWith, runServerProcess } from './server-process.ts';
import { parseSettings } from './settings.ts';

const settings = parseSettings(process.env, 'paced');
if (!settings.ok) exitWith('misconfigured', settings.error);
const pace = parsePace(process.env['PILOTLIGHT_PACE']);
if (!pace.ok) exitWith('misconfigured', pace.error);
const startFaults = parseStartFaults(process.env['PILOTLIGHT_FAULTS']);
if (!startFaults.ok) exitWith('misconfigured', startFaults.error);
const engine = new PacedEngine(settings.value.version, pace.value, startFaults.value);
await runServerProcess(engine, settings.value);
