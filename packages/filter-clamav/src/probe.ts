/** Files that show what a clamd does at its limits: its settings cannot be asked for. */
import { gzipSync } from 'node:zlib'

/** clamd unpacks at most 100 levels (MaxRecursion, clamd.conf(5)). */
const LEVELS = 120

/** Bytes that are made at a time. */
const CHUNK = 65_536

/** A file packed so often that no clamd unpacks it whole: it answers `Heuristics.Limits.Exceeded`, or lies. */
export async function* nested(): AsyncGenerator<Uint8Array, void, void> {
  let content = new Uint8Array([0x78])
  for (let level = 0; level < LEVELS; level++) content = new Uint8Array(gzipSync(content))
  yield content
}

/**
 * A message of so many bytes, nearly all of them one attachment in base64 (RFC 2045 section 6.8), as the largest messages
 * are: what clamd decodes counts for its limits, too.
 */
export async function* largest(size: number): AsyncGenerator<Uint8Array, void, void> {
  const head = Buffer.from(
    'Subject: probe\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n' +
      'Content-Transfer-Encoding: base64\r\n\r\n',
  )
  yield head.subarray(0, size)
  const line = `${'A'.repeat(76)}\r\n`
  const lines = Buffer.from(line.repeat(Math.ceil(CHUNK / line.length)))
  for (let left = size - head.length; left > 0; left -= lines.length) yield lines.subarray(0, left)
}
