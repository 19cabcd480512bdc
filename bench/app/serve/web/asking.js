// SPDX-License-Identifier: MIT
// Asks the server: only the newest question is answered, and an area that waits for its answer says so.

/** What the server refuses, in the parts of the program's errors. */
export class Refusal extends Error {
  constructor({problem, reason = '', remedy = ''}) {
    super(problem);
    Object.assign(this, {problem, reason, remedy});
  }
}

const isUnreachable = {problem: 'the server does not answer', reason: '', remedy: 'start "calibram serve" again'};

/** The document at an address. @throws Refusal, or AbortError where the signal ends the question */
export async function fetchDocument(address, options = {}) {
  let response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refusal(isUnreachable);
  }
  const body = await response.json().catch((error) => {
    if (error.name === 'AbortError') throw error;
    return null;
  });
  if (response.ok && body !== null) return body;
  throw new Refusal(body?.error ?? {problem: `the server answers ${response.status}`});
}

/** Asks for one kind of answer. @param patience  milliseconds that an answer may take while a newer question waits */
export class Asker {
  #place; #delay; #patience; #onAnswer; #onRefusal;
  #address = null; #sent = null; #sentAt = 0; #controller = null; #timer = null;

  constructor(place, {delay = 0, patience = 0, onAnswer, onRefusal}) {
    this.#place = place;
    this.#delay = delay;
    this.#patience = patience;
    this.#onAnswer = onAnswer;
    this.#onRefusal = onRefusal;
  }

  ask(address) {
    if (address === this.#address) return;
    this.#address = address;
    this.#place.setAttribute('aria-busy', 'true');
    if (this.#delay > 0) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#send(), this.#delay);
    } else if (this.#timer === null) {
      this.#timer = requestAnimationFrame(() => this.#send());
    }
  }

  /** Nothing is asked any more. */
  stop() {
    clearTimeout(this.#timer);
    this.#controller?.abort();
    this.#address = this.#sent = null;
    this.#place.removeAttribute('aria-busy');
  }

  async #send() {
    this.#timer = null;
    if (this.#controller !== null) {
      if (performance.now() - this.#sentAt < this.#patience) return;  // asked when that answer is there
      this.#controller.abort();
    }
    const controller = this.#controller = new AbortController();
    this.#sent = this.#address;
    this.#sentAt = performance.now();
    try {
      const answer = await fetchDocument(this.#sent, {signal: controller.signal});
      if (this.#controller === controller) this.#onAnswer(answer);
    } catch (error) {
      if (this.#controller !== controller || error.name === 'AbortError') return;
      if (!(error instanceof Refusal)) throw error;
      this.#onRefusal(error);
    } finally {
      if (this.#controller === controller) this.#settle();
    }
  }

  #settle() {
    this.#controller = null;
    if (this.#address === this.#sent) this.#place.removeAttribute('aria-busy');
    else if (this.#delay === 0) this.#send();
  }
}
