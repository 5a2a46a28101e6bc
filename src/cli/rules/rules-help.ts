// The words of `npm run rules -- --help`.

export const rulesHelp = `npm run rules -- COMMAND [arguments] [options]

Routing rules of tenants as files, applied to a deployment in versions.

  check FILE...                 reads tenant files and says what is wrong where; asks nobody
  apply FILE... [--dry-run]     prints what would change, and publishes it; all files are checked before the first is applied
  diff FILE...                  the same as apply --dry-run
  diff TENANT                   what the newest version changed, or --from N --to N
  show TENANT [--version N]     the rules that hold, or those of a version
  list TENANT                   the versions that are kept, newest first; 0 is the file of the deployment
  rollback TENANT VERSION       makes a new version that says what the old one said
  explain TENANT QUESTION       what the rules that hold would do with a request, and why
  dry-run TENANT FILE QUESTION  the same by the rules of a file, which are stored nowhere
  status [TENANT]               how the isolate that answers follows publications

QUESTION is JSON, or the name of a file with JSON: {"model": "assistant", "country": "DE", "tools": true, ...}, or {"request": {...}} with a
whole request. docs/rules-api.md lists its fields. FILE of dry-run may be a tenant file or rules alone.

  --url URL         the deployment (default $PILOTLIGHT_URL, else http://127.0.0.1:8787)
  --token TOKEN     its admin token (default $PILOTLIGHT_ADMIN_TOKEN; on this machine the well-known token of development)
  --comment TEXT    goes into the version's record
  --by NAME         who did it (default the name of the user who runs this)
  --json            one JSON document instead of lines

Exit codes: 0 done or nothing to do; 1 the deployment refused or could not be reached; 2 options, files or rules that are wrong;
3 diff and apply --dry-run found changes.`;
