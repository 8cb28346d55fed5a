/** What DataReader does, byte by byte: the property tests compare the two. */

const LF = 10
const CR = 13
const DOT = 46
const SPACE = 32

type State = 'line-start' | 'text' | 'cr' | 'dot' | 'dot-cr' | 'end'

export class ByteReader {
  #state: State = 'line-start'
  bareLineEnds = 0
  readonly #content: number[] = []

  get ended(): boolean {
    return this.#state === 'end'
  }

  get content(): string {
    return Buffer.from(this.#content).toString('latin1')
  }

  /** Returns how many bytes were read. */
  read(chunk: Uint8Array): number {
    let at = 0
    while (at < chunk.length && !this.ended) this.#readByte(chunk[at++] as number)
    return at
  }

  #readByte(byte: number): void {
    const state = this.#state
    if (state === 'line-start' && byte === DOT) this.#state = 'dot'
    else if (state === 'dot' && byte === CR) this.#state = 'dot-cr'
    else if (state === 'dot-cr' && byte === LF) this.#state = 'end'
    else if (state === 'cr' && byte === LF) this.#endLine()
    else {
      if (state === 'cr' || state === 'dot-cr') this.#replace(SPACE)
      this.#state = byte === CR ? 'cr' : 'text'
      if (byte === LF) this.#replace(CR, LF)
      else if (byte !== CR) this.#content.push(byte)
    }
  }

  #endLine(): void {
    this.#content.push(CR, LF)
    this.#state = 'line-start'
  }

  #replace(...bytes: readonly number[]): void {
    this.bareLineEnds++
    this.#content.push(...bytes)
  }
}
