// The words of `npm run replay -- --help`.
export const replayHelp = `npm run replay -- (--target URL | --stack) [--file FILE] [options]

Replays traffic against a real deployment, open loop: each request is sent at its own moment, whatever became of the earlier ones. With
--stack it starts the Worker, the agent and emulated models on this machine for the run, records what the planner heard and answered
and what the pools commanded, and compares both with the simulator.

  --target URL         a running deployment, for instance http://127.0.0.1:8787 of npm run dev
  --stack              a deployment of its own, with one emulated model for each pool of the trace
  --write-models FILE  only writes these models: PILOTLIGHT_MODELS=FILE PILOTLIGHT_CRON_MS=1000 npm run dev
  --recorded FILE      only compares a run that --record has kept

  --file FILE[.gz]     traffic (CSV t_s,function_or_model,tenant,exec_s); more files are laid end to end. Without it: made-up traffic
  --seed N             of made-up traffic (default 1)
  --speed X            seconds of the trace that pass in one second (default 60)
  --from S|busiest     where to begin, in seconds from the trace's first midnight (default: the busiest stretch)
  --minutes M          how much of the trace (default 30)
  --pools N            only the N pools with the most requests in it (default: all)

  --key KEY            API key; tenants of the trace share out the keys (default, on this machine: the two of npm run dev)
  --admin-token T      to read the pools at the end (default, on this machine: that of npm run dev)
  --model NAME         ask for this model, whatever the pool (default: the pool's name in the trace)
  --load S, --wake S   what a start and a wake of the emulated models take, in seconds of the trace (default 23 and 2)
  --in-flight N        most requests at once (default 256); beyond them requests are late, which the table says
  --allow-remote       the target may be another machine

  --json FILE          checks with their bars
  --record FILE[.gz]   keeps all that was seen of the run

Ends with 0, with 1 when a check has failed, with 2 on bad input.`;
