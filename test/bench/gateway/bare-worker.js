// The floor of the runtime: hands the request to the upstream and its answer back, and does nothing else.
export default {
  fetch(request, env) {
    return fetch(`${env.UPSTREAM}/v1/chat/completions`, {
      method: 'POST',
      body: request.body,
      headers: { 'content-type': 'application/json' },
    });
  },
};
