/** The runner's log: one line an event. Never standard output or error: pipe(8) reads those as the filter's answer. */

export type LogFields = Readonly<Record<string, string | number | boolean>>
export type LogLevel = 'info' | 'warn' | 'error'

export interface Log {
  /** Notes one event. Must not throw: mail is worth more than a log line. */
  write(level: LogLevel, event: string, fields?: LogFields): void
  /** Waits until what was written has left the process, then gives the log up. Called once. */
  close(): Promise<void>
}
