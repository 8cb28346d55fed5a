/**
 * The runner's log: one line for each event. In pipe mode it is never standard output or error, which pipe(8) reads as the answer.
 *
 * open.ts opens the log that candy.toml names: syslog.ts, file-log.ts, or stream-log.ts, which is for a person at a terminal, too. line.ts prints
 * an event as one line, and filter-log.ts is the log that a filter gets.
 */
import type { LogFields } from '@candy/sdk'

export type { LogFields }
export type LogLevel = 'info' | 'warn' | 'error'

export interface Log {
  /** Logs one event. Does not throw: a log line must not cost a message. */
  write(level: LogLevel, event: string, fields?: LogFields): void
  /** Waits until what was written has left the process, then closes the log. Called once. */
  close(): Promise<void>
}
