/**
 * Dialogs as text. `C:` is a line of the client, `B:` are bytes of the client without CRLF; `S:` is a line of the server, where
 * `...` at the end stands for anything, and `OWN-ID` for an id of candy's own. `\r`, `\n`, `\0`, `\xHH` and `\\` are bytes. Before
 * the dialog, `relay:` has the mode, and the protocol where it is not that of the mode; `fault:` has what the next hop does at
 * which step (`rcpt 550 5.1.1 no such user`). After it, `next:` are the lines that the next hop received for all messages, and
 * `message:` is the content of each.
 */

import type { Fault, Stage } from '../../../../test/kit/sink.js'
import { MODES, type SmtpMode } from '../../src/postfix/mode.js'

export interface Dialog {
  readonly mode: SmtpMode
  readonly protocol: 'lmtp' | 'smtp'
  readonly faults: readonly { readonly at: Stage; readonly answer: Fault; readonly times?: number }[]
  /** What the client sends at once, and the lines that must follow. */
  readonly turns: readonly { readonly say: Buffer; readonly replies: readonly string[] }[]
  readonly next: readonly string[]
  readonly messages: readonly string[]
}

export function parseDialog(text: string): Dialog {
  const lines = text.split('\n').flatMap((line) => /^(relay|fault|C|B|S|next|message): ?(.*)$/.exec(line) ?? [])
  const rows = Array.from({ length: lines.length / 3 }, (_, n) => ({
    key: lines[3 * n + 1],
    value: lines[3 * n + 2] ?? '',
  }))
  const turns: { say: Buffer; replies: string[] }[] = [{ say: Buffer.alloc(0), replies: [] }]
  for (const { key, value } of rows) {
    const last = turns.at(-1)
    if (key === 'S') last?.replies.push(value)
    else if (key === 'C' || key === 'B') {
      const say = bytes(key === 'C' ? `${value}\\r\\n` : value)
      if (last !== undefined && last.replies.length === 0) last.say = Buffer.concat([last.say, say])
      else turns.push({ say, replies: [] })
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

/** The lines, with the expected line where a line fits its `...`, for comparing. */
export function fitted(lines: readonly string[], expected: readonly string[]): readonly string[] {
  return lines.map((received, index) => {
    const pattern = expected[index]
    const line = received.replace(/candy-[0-9a-f]{12}/, 'OWN-ID')
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
  const unescaped = plain.replace(/\\(?:x([0-9a-f]{2})|([rn0\\]))/g, (_, hex?: string, name?: string) =>
    hex === undefined ? (escapes[name ?? ''] ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(unescaped, 'latin1')
}
