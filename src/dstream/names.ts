import { StreamjobError } from '../base/errors.ts';

/** The names of a context's streams and sinks. What is given twice throws StreamjobError `duplicate-name`. */
export class Names {
  readonly #streams = new Set<string>();
  readonly #sinks = new Set<string>();

  /** Streams that nobody named are called by what makes them, and their number. */
  ofStream(component: string, given: string | undefined): string {
    const name = given ?? `${component}-${this.#streams.size + 1}`;
    if (this.#streams.has(name)) throw twice('streams', name);
    return name;
  }

  /** There is a stream of this name. */
  addStream(name: string): void {
    this.#streams.add(name);
  }

  /** What a sink has sent is known by its name, here and where it sends to: a second one that nobody named has a number. */
  ofSink(stream: string, component: string, given: string | undefined): string {
    if (given !== undefined && this.#sinks.has(given)) throw twice('sinks', given);
    const wanted = given ?? `${stream}-${component}`;
    let name = wanted;
    for (let number = 2; this.#sinks.has(name); number++) name = `${wanted}-${number}`;
    this.#sinks.add(name);
    return name;
  }
}

const twice = (what: string, name: string): StreamjobError =>
  new StreamjobError('duplicate-name', `Two ${what} are called ${name}.`, { remedy: 'Rename one.' });
