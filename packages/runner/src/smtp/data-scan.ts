/**
 * Finds the places in mail data that need a closer look: bare CR, bare LF, and a dot that begins a line. All else, and that is almost
 * all of a message, is passed over 16 bytes at a time, by a module of WebAssembly (docs/decisions/0040-mail-data-is-scanned-by-webassembly.md).
 */

/** Bytes that are scanned at a time. */
export const WINDOW: number = 64 * 1024

/** The module of data-scan.wat. */
const MODULE =
  'AGFzbQEAAAABBwFgAn9/AX8DAgEABQMBAAIHEQIGbWVtb3J5AgAEZmluZAAACl4BXAECewJAA0AgAEEQaiABSw0BIAD9AAQAIQIgAEEBa/0ABAAhAyACQQr9D/0j' +
  'IANBDf0P/SP9USACQS79D/0jIANBCv0P/SP9Tv1Q/VMNASAAQRBqIQAMAAsLIAAL'

/** Where the window begins in the module's memory: there is a byte before it. */
const START = 16

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  find(at: number, end: number): number
}

/** As much of it as is used here: its types are those of browsers, which this project does not load. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

interface Scan {
  readonly memory: Uint8Array
  find(at: number, end: number): number
}

let loaded: Scan | undefined

/** Makes these bytes, of which there are no more than WINDOW, the ones in which `nextFind` looks. */
export function setWindow(bytes: Uint8Array): void {
  loaded ??= load()
  loaded.memory.set(bytes, START)
}

/**
 * A position from `at` on, up to which there is nothing to look at between the bytes at `at - 1` and the one before the position.
 * `end` is where the window ends. Where the position is `at` itself, nothing is known.
 */
export function nextFind(at: number, end: number): number {
  return loaded === undefined ? at : loaded.find(START + at, START + end) - START
}

/** Without WebAssembly, or on a processor that has no vectors of 16 bytes, each byte gets its closer look. */
function load(): Scan {
  try {
    const module = new WebAssembly.Module(Buffer.from(MODULE, 'base64'))
    const { memory, find } = new WebAssembly.Instance(module).exports as Exports
    return { memory: new Uint8Array(memory.buffer), find }
  } catch {
    return { memory: new Uint8Array(START + WINDOW), find: (at) => at }
  }
}
