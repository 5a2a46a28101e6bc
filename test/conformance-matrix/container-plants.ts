// Bugs to plant in the door before the agent's container: one change of the source each, and the test that must catch it.
import type { ServerPlant } from './server-plants.ts';

const door = 'gpu-workers/container/forward-call.ts';
const suite = 'test/unit/agent/container-door.test.ts';

export const containerPlants: readonly ServerPlant[] = [
  {
    name: 'strangers-wake-the-container',
    what: "whoever asks the agent's Worker starts its container",
    file: door,
    find: "  if (!(await showsToken(request, token))) return refuse(401, 'unauthorized', 'wrong or missing token');\n",
    replace: '  void showsToken;\n',
    suite,
    caughtBy: 'without a token are refused as the agent would',
  },
  {
    name: 'callers-headers-go-on',
    what: 'the headers of a caller reach the container, where one of them chooses the port',
    file: door,
    find: 'const answer = await agent.fetch(makeCall({ url, method: request.method, token, body }));',
    replace:
      'const call = makeCall({ url, method: request.method, token, body });\n    for (const [name, value] of request.headers) call.headers.set(name, value);\n    const answer = await agent.fetch(call);',
    suite,
    caughtBy: "takes none of the caller's headers along",
  },
  {
    name: 'health-wakes-the-container',
    what: 'a question for health that needs no token is passed on',
    file: door,
    find: 'return Response.json({ ok: true });',
    replace: 'return container().fetch(request);',
    suite,
    caughtBy: 'may ask whether the Worker is there',
  },
  {
    name: 'old-token-stays',
    what: 'a container that was started with an older token is left running, and refuses everything',
    file: door,
    find: '    await agent.stop();\n',
    replace: '',
    suite,
    caughtBy: 'is ended, so that the next call starts it',
  },
  {
    name: 'words-of-the-platform-pass',
    what: 'what the platform says in the place of the agent is passed on as if the agent had said it',
    file: door,
    find: '  return unreachable(`${answer.status} ${reason}`);',
    replace: '  return new Response(reason, { status: answer.status });',
    suite,
    caughtBy: 'no machine for it',
  },
  {
    name: 'headers-of-the-container-pass',
    what: "the container's own headers reach the caller",
    file: door,
    find: 'return new Response(answer.body, { status: answer.status, headers: json });',
    replace: 'return new Response(answer.body, answer);',
    suite,
    caughtBy: 'with no header but its type',
  },
];
