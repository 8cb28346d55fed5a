/** Test beds for tests that run at the same time: each test has one for itself, and waits until one is free. */

export class Pool<T> {
  readonly all: readonly T[]
  readonly #free: T[]
  readonly #waiting: ((one: T) => void)[] = []

  constructor(all: readonly T[]) {
    this.all = all
    this.#free = [...all]
  }

  async use(act: (one: T) => Promise<void>): Promise<void> {
    const one = this.#free.pop() ?? (await new Promise<T>((resolve) => this.#waiting.push(resolve)))
    try {
      await act(one)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free.push(one)
      else next(one)
    }
  }
}
