/** Test files for the health check (health.ts): clamd has no command that returns its limits, so these files are scanned to see. */
import { gzipSync } from 'node:zlib'

/** More levels than any clamd unpacks: MaxRecursion is at most 100 (clamd.conf(5)). */
const LEVELS = 120

/** Bytes of a chunk of the message. */
const CHUNK = 65_536

/**
 * A file in so many layers of gzip that no clamd unpacks it whole. clamd reports `Heuristics.Limits.Exceeded` with
 * AlertExceedsMax yes, and calls the file clean without (clamd.conf(5)).
 */
export async function* deeplyNestedGzip(): AsyncGenerator<Uint8Array, void, void> {
  let content = new Uint8Array([0x78])
  for (let level = 0; level < LEVELS; level++) content = new Uint8Array(gzipSync(content))
  yield content
}

/**
 * A message of `size` bytes. Nearly all of it is an attachment in base64 (RFC 2045 section 6.8), as in the largest messages:
 * clamd counts what it decodes towards MaxScanSize, too.
 */
export async function* messageOfSize(size: number): AsyncGenerator<Uint8Array, void, void> {
  const head = Buffer.from(
    'Subject: probe\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n' +
      'Content-Transfer-Encoding: base64\r\n\r\n',
  )
  yield head.subarray(0, size)
  const line = `${'A'.repeat(76)}\r\n`
  const lines = Buffer.from(line.repeat(Math.ceil(CHUNK / line.length)))
  for (let left = size - head.length; left > 0; left -= lines.length) yield lines.subarray(0, left)
}
