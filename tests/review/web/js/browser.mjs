// What of a browser the modules ask for that talk to the server: nothing is drawn here.

globalThis.window = globalThis;
globalThis.requestAnimationFrame = (then) => setTimeout(then, 0);

const kept = new Map();
globalThis.sessionStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, text) => { kept.set(name, text); },
  clear: () => kept.clear(),
};

// Answer requests by `answer(path, options)`, which returns [status, json]; the requests made so far.
export function serve(answer) {
  const requests = [];
  globalThis.fetch = async (path, options = {}) => {
    requests.push({ path, ...options });
    const [status, json] = await answer(path, options);
    return new Response(status === 204 ? null : JSON.stringify(json), { status, headers: { "content-type": "application/json" } });
  };
  return requests;
}
