// Speaks to the server: questions with one answer, and a run's events from any point.
import { at, complain } from "./dom.js";

const EVENTS = ["queued", "started", "loaded", "image", "chosen", "round", "preferred", "note",
  "finished", "cancelled", "failed", "state"];
const PATIENCE = 2000;

export async function ask(path, body) {
  const sent = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  let reply;
  try {
    reply = await fetch(path, sent);
  } catch {
    throw new Error("The server does not answer. Is it running?");
  }
  if (reply.status === 401 && path !== "/api/session") {
    await signIn();
    return ask(path, body);
  }
  if (reply.status === 204) return null;
  const said = await reply.json().catch(() => null);
  if (!reply.ok) throw new Error(said?.error?.message ?? `The server answered ${reply.status}.`);
  return said;
}

let signingIn = null;

function signIn() {
  signingIn ??= new Promise((resolve) => {
    at("sign-in").showModal();
    at("token-form").onsubmit = async (event) => {
      event.preventDefault();
      try {
        await ask("/api/session", { token: at("token").value });
      } catch (error) {
        complain(at("token-trouble"), error.message);
        return;
      }
      complain(at("token-trouble"), "");
      at("token").value = "";
      at("sign-in").close();
      signingIn = null;
      resolve();
    };
  });
  return signingIn;
}

// Follows a run until nobody works on it. A browser asks again by itself with Last-Event-ID; where
// it gives up, as when the server is away, it is asked again from the last event that was told.
export class Follower {
  constructor(run, tell, ended) {
    Object.assign(this, { run, tell, ended, last: 0, source: null, timer: 0 });
    this.open();
  }

  get idle() {
    return this.source === null && this.timer === 0;
  }

  open() {
    this.timer = 0;
    this.source = new EventSource(`/api/runs/${this.run}/events?after=${this.last}`);
    for (const name of EVENTS) {
      this.source.addEventListener(name, (event) => {
        const id = Number(event.lastEventId);
        // What has no number of its own says that nobody works on the run: there is no more.
        if (name === "state") this.close();
        else if (id <= this.last) return;
        this.last = id;
        this.tell(name, JSON.parse(event.data));
      });
    }
    this.source.onerror = () => {
      if (this.source?.readyState === EventSource.CLOSED) this.pause();
    };
  }

  async pause() {
    this.source = null;
    this.timer = setTimeout(() => this.open(), PATIENCE);
    const away = await this.ended().catch(() => true);
    if (!away) this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    this.timer = 0;
  }
}
