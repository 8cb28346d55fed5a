/**
 * When the last digest of the quarantine was sent, and up to when it told what was new: a file, so that a restart sends no second one.
 * It is written before a digest is sent, so that a process that is killed meanwhile sends none twice on one day.
 */
import { readFileSync } from 'node:fs'
import { writeAtomically } from './state-directory.js'

/** Milliseconds since 1970. */
export interface DigestStamp {
  /** When a digest was sent, or may have been. */
  readonly sent: number
  /** What came up to then has been told. */
  readonly until: number
}

/** Undefined where no digest has been sent, or where the file cannot be read. */
export function readStamp(path: string): DigestStamp | undefined {
  try {
    const { sent, until } = JSON.parse(readFileSync(path, 'utf8')) as Partial<DigestStamp>
    if (!Number.isSafeInteger(sent) || !Number.isSafeInteger(until)) return undefined
    return { sent: Number(sent), until: Number(until) }
  } catch {
    return undefined
  }
}

/** Throws the error of the system call. */
export function writeStamp(path: string, { sent, until }: DigestStamp): void {
  writeAtomically(path, `${JSON.stringify({ version: 1, sent, until })}\n`, 0o600)
}
