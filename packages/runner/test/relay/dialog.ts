/**
 * Dialogs as text. `C:` is a line of the client, `B:` bytes without CRLF behind them; `S:` is a line of the server, and
 * `...` at its end stands for anything, `OWN-ID` for an id of candy's own. `\r`, `\n`, `\0`, `\xHH` and `\\` are bytes. Before the dialog: `relay:` says
 * the mode, and the protocol where it is not that of the mode, `fault:` where the next hop does what (`rcpt 550 5.1.1 no such user`). After it: `next:` is what the
 * next hop heard, over all messages it took, and `message:` the content of each.
 */

import type { Fault, Stage } from '../../../../test/ground/sink.js'
import { MODES, type SmtpMode } from '../../src/postfix/mode.js'

export interface Dialog {
  readonly mode: SmtpMode
  readonly protocol: 'lmtp' | 'smtp'
  readonly faults: readonly { readonly at: Stage; readonly answer: Fault; readonly times?: number }[]
  /** What the client says in one go, and what it must hear then. */
  readonly turns: readonly { readonly say: Buffer; readonly hear: readonly string[] }[]
  readonly next: readonly string[]
  readonly messages: readonly string[]
}

export function parseDialog(text: string): Dialog {
  const lines = text.split('\n').flatMap((line) => /^(relay|fault|C|B|S|next|message): ?(.*)$/.exec(line) ?? [])
  const rows = Array.from({ length: lines.length / 3 }, (_, n) => ({
    key: lines[3 * n + 1],
    value: lines[3 * n + 2] ?? '',
  }))
  const turns: { say: Buffer; hear: string[] }[] = [{ say: Buffer.alloc(0), hear: [] }]
  for (const { key, value } of rows) {
    const last = turns.at(-1)
    if (key === 'S') last?.hear.push(value)
    else if (key === 'C' || key === 'B') {
      const say = bytes(key === 'C' ? `${value}\\r\\n` : value)
      if (last !== undefined && last.hear.length === 0) last.say = Buffer.concat([last.say, say])
      else turns.push({ say, hear: [] })
    }
  }
  const valuesOf = (wanted: string): string[] => rows.filter(({ key }) => key === wanted).map(({ value }) => value)
  const [relay = 'smtp'] = valuesOf('relay')
  const mode = relay.startsWith('smtp-before') ? 'smtp-before' : 'smtp'
  return {
    mode,
    protocol: relay.endsWith(' smtp') ? 'smtp' : MODES[mode].protocol,
    faults: valuesOf('fault').map(parseFault),
    turns,
    next: valuesOf('next').map((line) => bytes(line).toString('latin1')),
    messages: valuesOf('message').map((line) => bytes(line).toString('latin1')),
  }
}

/** Compares, giving back the expected line where what was heard fits its `...`. */
export function fitted(heard: readonly string[], expected: readonly string[]): readonly string[] {
  return heard.map((said, index) => {
    const pattern = expected[index]
    const line = said.replace(/candy-[0-9a-f]{12}/, 'OWN-ID')
    return pattern?.endsWith('...') && line.startsWith(pattern.slice(0, -3)) ? pattern : line
  })
}

function parseFault(text: string): Dialog['faults'][number] {
  const [, at, answer, once] = /^(\w+) (.*?)( \(once\))?$/.exec(text) ?? []
  return { at: at as Stage, answer: answer as Fault, ...(once !== undefined && { times: 1 }) }
}

function bytes(text: string): Buffer {
  const plain = Buffer.from(text, 'utf8').toString('latin1')
  const escapes: Readonly<Record<string, string>> = { r: '\r', n: '\n', 0: '\0', '\\': '\\' }
  const unescaped = plain.replace(/\\(?:x([0-9a-f]{2})|([rn0\\]))/g, (_, hex?: string, letter?: string) =>
    hex === undefined ? (escapes[letter ?? ''] ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(unescaped, 'latin1')
}
