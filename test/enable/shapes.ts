/**
 * Whole sites of the shapes whose diffs stand in the runner's tests (packages/runner/test/postfix/shapes), made to run: what
 * a shape leaves out is filled in as Debian has it, and every address becomes one of this host's own.
 */
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const DIRECTORY = join(import.meta.dirname, '../../packages/runner/test/postfix/shapes')

/** Parts of the recorded files that cannot run in a test, and what replaces them. */
const INSTEAD: Readonly<Record<string, readonly (readonly [RegExp, string])[]>> = {
  odd: [
    // It would log a megabyte a second.
    [/^\t-v$/m, '\t-o syslog_name=postfix/odd'],
    // A fifo and a socket of one name do not go together; master(8) takes the last of two sockets.
    [/^pickup fifo/m, 'pickup unix'],
  ],
}

/** The master.cf of a site of this shape whose SMTP port is `port` of 127.0.0.1. Latin-1. */
export function masterOf(shape: string, port: number): string {
  const text = readFileSync(join(DIRECTORY, `${shape}.master.cf`), 'latin1')
  const own = (INSTEAD[shape] ?? []).reduce((now, [what, instead]) => now.replace(what, instead), text)
  return atAddresses(`${missing(own)}${own}`, port)
}

/** Debian's services that the text lacks, but no further service that receives mail. */
function missing(text: string): string {
  const others = readFileSync(join(DIRECTORY, 'debian.master.cf'), 'latin1')
  const present = new Set(text.split('\n').map(nameOf))
  const entries = others.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  let takes = false
  return entries
    .filter((line) => {
      if (!/^\s/.test(line)) takes = !present.has(nameOf(line)) && !/\sinet\s/.test(line)
      return takes
    })
    .map((line) => `${line}\n`)
    .join('')
}

function nameOf(line: string): string {
  return /^(\S+\s+(?:inet|unix|pass|fifo|unix-dgram))\s/.exec(line)?.[1]?.replace(/\s+/, ' ') ?? ''
}

/** Of several sites at once each has an address of its own; the first service for `smtp` is where the tests connect. */
function atAddresses(text: string, port: number): string {
  const host = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
  let first = true
  return text.replace(/^(\S+:)?([\w-]+)(\s+inet\s)/gm, (_, __, service: string, rest: string) => {
    if (service !== 'smtp' || !first) return `${host}:${service}${rest}`
    first = false
    return `127.0.0.1:${port}${rest}`
  })
}
