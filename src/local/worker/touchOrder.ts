/**
 * The places of keys (plan/keyIndex.ts) in the order in which they were touched, so that those that have been idle for too long are
 * found without looking at others. What a batch has touched and dropped can be put back.
 *
 * A ring of links, in which place 0 stands behind the newest and before the oldest. A place that is not in the ring is linked with
 * itself.
 */
export class TouchOrder {
  /** Two for each place: the one that was touched before it, and the one after it. */
  #links = new Int32Array(2 * smallest);
  #times = new Float64Array(smallest);
  /** The places that the batch has touched or dropped, and what they had: the time, and the older neighbour. */
  readonly #moved: number[] = [];
  readonly #timesBefore: number[] = [];
  readonly #olderBefore: number[] = [];
  #sorted = true;

  /** The places that the batch has touched or dropped. */
  get moved(): readonly number[] {
    return this.#moved;
  }

  timeOf(place: number): number {
    return this.#times[place]!;
  }

  /** What came before is not to be put back any more. */
  begin(): void {
    this.#moved.length = 0;
    this.#timesBefore.length = 0;
    this.#olderBefore.length = 0;
  }

  /** Adds a place as the newest. */
  add(place: number, time: number): void {
    if (place >= this.#times.length) this.#extend(place);
    this.#times[place] = time;
    this.#append(place);
  }

  /** Takes a place out, for ever. */
  remove(place: number): void {
    this.#unlink(place);
  }

  /** Makes a place the newest, for ever. */
  move(place: number, time: number): void {
    this.#unlink(place);
    this.#times[place] = time;
    this.#append(place);
  }

  /** Makes a place the newest, unless this batch has. */
  touch(place: number, time: number): void {
    if (this.#times[place] === time) return;
    this.#note(place);
    this.move(place, time);
  }

  /** Takes a place out. */
  drop(place: number): void {
    this.#note(place);
    this.#unlink(place);
  }

  /** Undoes `touch` and `drop` in reverse order: so each older neighbour is where it was. What was added is to be removed then. */
  takeBack(): void {
    for (let i = this.#moved.length - 1; i >= 0; i--) {
      const place = this.#moved[i]!;
      this.#unlink(place);
      this.#times[place] = this.#timesBefore[i]!;
      this.#link(place, this.#olderBefore[i]!);
    }
    this.begin();
  }

  /** Those that were last touched before a time, the longest idle first. The one given may be dropped meanwhile. */
  *before(time: number): Generator<number, void, undefined> {
    for (let place = this.#links[1]!; place !== 0 && this.#times[place]! < time; ) {
      const next = this.#links[2 * place + 1]!;
      yield place;
      place = next;
    }
  }

  /** Brings the places into order that were not added in the order of their times, of which there are few. */
  sort(): void {
    if (this.#sorted) return;
    const byTime = new Map<number, number[]>();
    for (const place of this.before(Number.POSITIVE_INFINITY)) {
      const known = byTime.get(this.#times[place]!);
      if (known) known.push(place);
      else byTime.set(this.#times[place]!, [place]);
    }
    this.#links.fill(0, 0, 2);
    for (const time of [...byTime.keys()].sort((a, b) => a - b))
      for (const place of byTime.get(time)!) this.#append(place);
    this.#sorted = true;
  }

  #note(place: number): void {
    this.#moved.push(place);
    this.#timesBefore.push(this.#times[place]!);
    this.#olderBefore.push(this.#links[2 * place]!);
  }

  #append(place: number): void {
    const newest = this.#links[0]!;
    if (newest !== 0 && this.#times[newest]! > this.#times[place]!) this.#sorted = false;
    this.#link(place, newest);
  }

  #link(place: number, older: number): void {
    const links = this.#links;
    const newer = links[2 * older + 1]!;
    links[2 * place] = older;
    links[2 * place + 1] = newer;
    links[2 * older + 1] = place;
    links[2 * newer] = place;
  }

  #unlink(place: number): void {
    const links = this.#links;
    const [older, newer] = [links[2 * place]!, links[2 * place + 1]!];
    links[2 * older + 1] = newer;
    links[2 * newer] = older;
    links[2 * place] = place;
    links[2 * place + 1] = place;
  }

  #extend(place: number): void {
    const [links, times] = [this.#links, this.#times];
    const places = 2 * Math.max(times.length, place);
    this.#links = new Int32Array(2 * places);
    this.#links.set(links);
    this.#times = new Float64Array(places);
    this.#times.set(times);
  }
}

const smallest = 64;
