/** What a program has started and must stop again, also what is still starting when it is interrupted. */

type Stoppable = AsyncDisposable | { stop(): Promise<void> }

export class Started {
  readonly #things: Promise<Stoppable>[] = []

  own<T extends Stoppable>(thing: Promise<T>): Promise<T> {
    this.#things.push(thing)
    return thing
  }

  /** The last one first; one that cannot be stopped keeps no other from it. */
  async stop(): Promise<void> {
    for (const thing of this.#things.splice(0).reverse()) {
      await thing.then((one) => ('stop' in one ? one.stop() : one[Symbol.asyncDispose]())).catch(() => undefined)
    }
  }
}
