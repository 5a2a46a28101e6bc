// The words of `npm run backtest -- --help`.
import { forecasterNames } from '../../core/demand/forecasters/forecaster-of.ts';
import { poolsDefault } from './backtest-options.ts';

export const backtestHelp = `npm run backtest -- [options]

Lets forecasters walk through traffic: at every origin (each minute for the next minute, each 10 minutes for the
next 10, each hour for the next hour) they say how many requests will come, and are scored by what comes.
Nothing after an origin is known to them. They learn from the history first, which is not scored.

  --replay FILE[.gz]     CSV t_s,function_or_model,tenant,exec_s; may be given several times, laid end to end
                         (default: made-up traffic, 10 days of history and 4 that are scored)
  --history FILE[.gz]    earlier traffic, likewise; without it the first day only teaches
  --counts FILE[.gz]     instead: CSV t_s,requests, counts per interval; the second half is scored
  --forecaster NAME      ${forecasterNames.join(', ')};
                         may be given several times (default: all)
  --pools N              how many pools are forecast one by one, the busiest of the history (default ${poolsDefault}; 0 = only the total)
  --json FILE            checks and scores
  --svg FOLDER           calibration-SCOPE-HORIZON.svg, and bands-HORIZON.svg: the last day with bands
  --seed N               of the made-up traffic (default 1)

WAPE       sum |came - middle| / sum came ("of mean": with the mean instead)
bias       sum of means / sum came
pinball    mean pinball loss at 10, 50, 90 % over the mean count: the fair measure of a band
skill      share of last-value's pinball loss that is saved
coverage   share of counts within the 80 % band, ends included; where counts are few it must be more than 80 %
cal. error mean |chance of any arrival - how often any came| over ten bins`;
